#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <hub/files/resumable_record.hpp>

namespace hub::files {
namespace {

constexpr std::string_view magic = "upload-1";
constexpr std::string_view no_number = "--------------------";
constexpr std::string_view no_boot = "----------------";

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  if (error != std::errc() || end != text.end()) return std::nullopt;
  return number;
}

// Takes what stands before the next `end`, and both from the front of `text`; nothing if there is no `end`.
std::optional<std::string_view> take_until(char end, std::string_view& text) {
  const auto at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const auto taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

bool parse_progress(std::string_view line, resumable_record& into) {
  std::array<std::string_view, 5> words;
  for (auto& word : words) {
    const auto found = take_until(' ', line);
    word = found ? *found : std::exchange(line, {});
  }
  const auto& [first, flushed, total, boot, state] = words;
  const auto flushed_bytes = read_number(flushed);
  const auto total_bytes = total == no_number ? std::nullopt : read_number(total);
  if (!line.empty() || first != magic || !flushed_bytes || (!total_bytes && total != no_number)) return false;
  if (boot.size() != no_boot.size() || (state != "whole" && state != "part.")) return false;
  into.flushed_bytes = *flushed_bytes;
  into.total_bytes = total_bytes;
  into.boot = boot == no_boot ? std::string_view() : boot;
  into.is_published = state == "whole";
  return true;
}

constexpr std::string_view data_suffix = ".data";
constexpr std::string_view record_suffix = ".info";
constexpr std::size_t id_length = 32;

}  // namespace

std::string data_entry(std::string_view id) {
  return std::string(id) + std::string(data_suffix);
}

std::string record_entry(std::string_view id) {
  return std::string(id) + std::string(record_suffix);
}

bool is_resumable_id(std::string_view text) {
  return text.size() == id_length && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_resumable_entry(std::string_view entry) {
  const auto suffix = entry.substr(std::min(id_length, entry.size()));
  return is_resumable_id(entry.substr(0, id_length)) && (suffix == data_suffix || suffix == record_suffix);
}

std::string render_progress(const resumable_record& record) {
  const auto total = record.total_bytes ? fmt::format("{:020}", *record.total_bytes) : std::string(no_number);
  return fmt::format("{} {:020} {} {} {}\n", magic, record.flushed_bytes, total,
                     record.boot.empty() ? no_boot : record.boot, record.is_published ? "whole" : "part.");
}

std::string render(const resumable_record& record) {
  return render_progress(record) +
         fmt::format("{}\n{}\n{}\n{}\n", record.room, record.name, record.client, record.note);
}

std::optional<resumable_record> parse_resumable_record(std::string_view text) {
  resumable_record read;
  const auto progress = take_until('\n', text);
  if (!progress || !parse_progress(*progress, read)) return std::nullopt;
  for (auto* field : {&read.room, &read.name, &read.client, &read.note}) {
    const auto line = take_until('\n', text);
    if (!line) return std::nullopt;
    *field = *line;
  }
  if (!text.empty()) return std::nullopt;
  return read;
}

}  // namespace hub::files
