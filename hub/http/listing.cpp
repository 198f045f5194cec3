#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

#include <hub/http/field.hpp>
#include <hub/http/http_date.hpp>
#include <hub/http/listing.hpp>
#include <hub/http/percent.hpp>

namespace hub::http {
namespace {

// The address of the page behind this one, or nothing.
std::optional<std::string> next_page(const files::area& where, const files::listing& shown) {
  if (!shown.more || shown.files.empty()) return std::nullopt;
  return path_of(where) + "?after=" + percent_encode(shown.files.back().name);
}

}  // namespace

std::string path_of(const files::area& where) {
  if (where.room().empty()) return "/files";
  // Without its sign a room's name needs no encoding in most addresses. It keeps the sign where what remains
  // would be read as something else.
  const auto bare = std::string_view(where.room()).substr(1);
  const bool keeps_sign = bare.starts_with('#') || bare == "." || bare == "..";
  const auto room = keeps_sign ? std::string_view(where.room()) : bare;
  return "/rooms/" + percent_encode(room) + "/files";
}

std::string path_of(const files::area& where, std::string_view file_name) {
  return path_of(where) + '/' + percent_encode(file_name);
}

std::string listing_as_json(const files::area& where, const files::listing& shown) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& each : shown.files) {
    list.push_back({{"name", each.name},
                    {"size", each.size_bytes},
                    {"modified", format_timestamp(each.modified_s)},
                    {"url", path_of(where, each.name)}});
  }
  const auto next = next_page(where, shown);
  nlohmann::ordered_json page;
  page["files"] = std::move(list);
  page["next"] = next ? nlohmann::ordered_json(*next) : nlohmann::ordered_json(nullptr);
  return page.dump() + '\n';
}

std::string listing_as_text(const files::area& where, const files::listing& shown) {
  std::string text;
  for (const auto& each : shown.files) {
    fmt::format_to(std::back_inserter(text), "{:>14}  {}  {}\n", each.size_bytes,
                   format_timestamp(each.modified_s), each.name);
  }
  if (const auto next = next_page(where, shown)) text += fmt::format("There are more: {}\n", *next);
  return text;
}

bool prefers_json(std::string_view accept) {
  unsigned json = 0;
  unsigned text = 0;
  for (const auto element : split_list(accept)) {
    const auto type = without_parameters(element);
    if (same_word(type, "application/json")) json = std::max(json, quality_of(element));
    if (same_word(type, "text/plain")) text = std::max(text, quality_of(element));
  }
  return json > 0 && json >= text;
}

}  // namespace hub::http
