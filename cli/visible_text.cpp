#include <wchar.h>

#include <algorithm>
#include <array>

#include <cli/visible_text.hpp>
#include <hub/chat/text.hpp>

namespace cli {
namespace {

struct code_range {
  char32_t first;
  char32_t last;
};

constexpr std::array unfit{
    code_range{0x00, 0x1F},     code_range{0x7F, 0x9F},     code_range{0x61C, 0x61C},
    code_range{0x200E, 0x200F}, code_range{0x2028, 0x202E}, code_range{0x2066, 0x2069},
};

bool fits_terminal(char32_t value) {
  return std::ranges::none_of(
      unfit, [value](const code_range& range) { return value >= range.first && value <= range.last; });
}

std::size_t columns_of(char32_t value) {
  const int columns = ::wcwidth(static_cast<wchar_t>(value));
  return columns < 0 ? 1 : static_cast<std::size_t>(columns);
}

}  // namespace

std::string visible(std::string_view text) {
  static constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const auto next = hub::chat::first_code_point(text);
    if (next.bytes == 0) {
      shown += replacement;
      text.remove_prefix(1);
      continue;
    }
    if (next.value == U'\t') {
      shown += ' ';
    } else if (fits_terminal(next.value)) {
      shown += text.substr(0, next.bytes);
    } else {
      shown += replacement;
    }
    text.remove_prefix(next.bytes);
  }
  return shown;
}

std::size_t column_count(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const auto next = hub::chat::first_code_point(text);
    columns += columns_of(next.value);
    text.remove_prefix(std::max<std::size_t>(next.bytes, 1));
  }
  return columns;
}

std::size_t wrapped_rows(std::string_view text, std::size_t width) {
  std::size_t rows = 0;
  std::size_t column = 0;
  while (!text.empty()) {
    const auto next = hub::chat::first_code_point(text);
    text.remove_prefix(std::max<std::size_t>(next.bytes, 1));
    const std::size_t needed = next.value < 0x20 ? 2 : columns_of(next.value);
    if (column + needed > width) {
      ++rows;
      column = 0;
    }
    column += needed;
    if (column == width) {
      ++rows;
      column = 0;
    }
  }
  return rows;
}

std::string fit_columns(std::string_view text, std::size_t columns) {
  if (column_count(text) <= columns) return std::string(text);
  static constexpr std::string_view ellipsis = "...";
  if (columns <= ellipsis.size()) return std::string(ellipsis.substr(0, columns));
  std::size_t room = columns - ellipsis.size();
  std::string shown;
  while (!text.empty()) {
    const auto next = hub::chat::first_code_point(text);
    const std::size_t bytes = std::max<std::size_t>(next.bytes, 1);
    const std::size_t wanted = columns_of(next.value);
    if (wanted > room) break;
    room -= wanted;
    shown += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return shown.append(ellipsis);
}

}  // namespace cli
