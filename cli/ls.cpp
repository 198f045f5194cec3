#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <cli/chat_view.hpp>
#include <cli/download.hpp>
#include <cli/http_client.hpp>
#include <cli/ls.hpp>
#include <cli/outcome.hpp>
#include <cli/progress.hpp>
#include <cli/url.hpp>
#include <cli/visible_text.hpp>

namespace cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t page_limit_bytes = std::size_t{16} << 20;
constexpr std::size_t most_files = 1'000'000;

std::string text_in(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

struct row {
  std::string name;
  std::optional<std::uint64_t> size;  // nothing: not told
  std::string modified;
  std::string url;
};

row read_row(const ordered_json& file) {
  const auto size = file.find("size");
  const bool has_size = size != file.end() && size->is_number_unsigned();
  return {.name = text_in(file, "name"),
          .size = has_size ? std::optional(size->get<std::uint64_t>()) : std::nullopt,
          .modified = text_in(file, "modified"),
          .url = text_in(file, "url")};
}

// Deeper values than a list of files has are dropped while they are read: copying them would take a stack as
// deep as a server likes.
ordered_json parse_page(const std::string& text) {
  constexpr int deepest = 3;
  const auto keep = [](int depth, ordered_json::parse_event_t, const ordered_json&) {
    return depth <= deepest;
  };
  return ordered_json::parse(text, keep, false);
}

// One page: its files are put to the others. Returns the target of the next page, empty for the last.
outcome<std::string> fetch_page(http_client& client, const std::string& target, std::vector<row>& rows) {
  const auto head = client.request({.target = target, .fields = {{"Accept", "application/json"}}});
  if (!head) return std::unexpected(head.error().text);
  if (head->status != 200) return std::unexpected(refusal_text(client, *head));
  const auto text = client.read_text(page_limit_bytes);
  if (!text) return std::unexpected(text.error().text);
  const auto page = parse_page(*text);
  if (!page.is_object() || !page.contains("files") || !page["files"].is_array()) {
    return std::unexpected(
        fmt::format("{} has not sent a list of files (is it a leat server?)", client.address()));
  }
  for (const auto& file : page["files"]) {
    if (file.is_object()) rows.push_back(read_row(file));
  }
  return text_in(page, "next");
}

outcome<std::vector<row>> fetch_list(const std::string& server, std::string_view room) {
  http_client client(server);
  std::vector<row> rows;
  std::string target = file_path(room, "");
  while (rows.size() <= most_files) {
    const std::size_t before = rows.size();
    auto next = fetch_page(client, target, rows);
    if (!next) return std::unexpected(next.error());
    if (next->empty()) return rows;
    // Its place in a request is no place for anything but a path, and a page without files leads nowhere.
    const bool gets_on = next->starts_with('/') && rows.size() > before;
    const auto checked =
        gets_on ? parse_url(fmt::format("http://{}{}", server, *next)) : outcome<url>(std::unexpected(""));
    if (!checked) return std::unexpected(fmt::format("{} names no sensible next page", client.address()));
    target = checked->path;
  }
  return std::unexpected(fmt::format("{} has more than {} files", client.address(), most_files));
}

// "2026-11-21 10:14" in local time.
std::string time_text(std::string_view told) {
  const time_t seconds = std::chrono::system_clock::to_time_t(parse_server_time(told));
  tm parts{};
  ::localtime_r(&seconds, &parts);
  return fmt::format("{}-{:02}-{:02} {:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min);
}

void print_names(const std::vector<row>& rows) {
  for (const row& file : rows)
    fmt::print("{}\n", visible(file.name));
}

void print_table(const std::vector<row>& rows) {
  for (const row& file : rows) {
    fmt::print("{:>10}  {}  {}\n", file.size ? size_text(*file.size) : "?", time_text(file.modified),
               visible(file.name));
  }
  if (rows.empty() && ::isatty(STDOUT_FILENO) != 0) fmt::print(stderr, "no files\n");
}

void print_json(const std::vector<row>& rows) {
  auto list = ordered_json::array();
  for (const row& file : rows) {
    ordered_json size;
    if (file.size) size = *file.size;
    list.push_back({{"name", file.name}, {"size", size}, {"modified", file.modified}, {"url", file.url}});
  }
  // On a terminal nothing but ASCII: JSON escapes only some of the characters that a terminal obeys.
  const bool only_ascii = ::isatty(STDOUT_FILENO) != 0;
  fmt::print("{}\n", list.dump(2, ' ', only_ascii, ordered_json::error_handler_t::replace));
}

outcome<destination> find_place(const ls_options& options) {
  if (looks_like_url(options.room)) return parse_destination(options.room);
  return destination{.address = options.server, .room = options.room};
}

}  // namespace

int ls(const ls_options& options) {
  const auto place = find_place(options);
  if (!place) {
    fmt::print(stderr, "leat ls: {}\n", place.error());
    return exit_usage;
  }
  const auto rows = fetch_list(place->address, place->room);
  if (!rows) {
    fmt::print(stderr, "leat ls: {}\n", rows.error());
    return exit_failed;
  }
  if (options.json) {
    print_json(*rows);
  } else if (options.names) {
    print_names(*rows);
  } else {
    print_table(*rows);
  }
  return exit_done;
}

}  // namespace cli
