#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>

#include <hub/chat/alphabet.hpp>
#include <hub/chat/text.hpp>

namespace hub::chat {
namespace {

bool in_table(std::span<const alphabet::range> table, char32_t value) {
  const auto after = std::ranges::upper_bound(table, value, {}, &alphabet::range::first);
  return after != table.begin() && value <= std::prev(after)->last;
}

// How a sequence of each length starts, and the least value that is not too short for it.
struct lead_byte {
  unsigned char mask;
  unsigned char bits;
  std::size_t length;
  char32_t least;
};
constexpr lead_byte lead_bytes[] = {{0xE0, 0xC0, 2, 0x80}, {0xF0, 0xE0, 3, 0x800}, {0xF8, 0xF0, 4, 0x10000}};

unsigned char byte_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

bool is_ascii_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}
bool is_ascii_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

// Length of the run of ASCII at the front, in steps of a word while one fits.
std::size_t ascii_run(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::size_t index = 0;
  for (std::uint64_t word = 0; index + sizeof word <= text.size(); index += sizeof word) {
    std::memcpy(&word, text.data() + index, sizeof word);
    if ((word & high_bits) != 0) break;
  }
  while (index < text.size() && byte_at(text, index) < 0x80)
    ++index;
  return index;
}

}  // namespace

code_point first_code_point(std::string_view text) {
  if (text.empty()) return {};
  const unsigned char lead = byte_at(text, 0);
  if (lead < 0x80) return {.value = lead, .bytes = 1};
  const auto shape =
      std::ranges::find_if(lead_bytes, [&](const lead_byte& one) { return (lead & one.mask) == one.bits; });
  if (shape == std::end(lead_bytes) || text.size() < shape->length) return {};
  char32_t value = lead & static_cast<unsigned char>(~shape->mask);
  for (std::size_t index = 1; index < shape->length; ++index) {
    const unsigned char next = byte_at(text, index);
    if ((next & 0xC0) != 0x80) return {};
    value = (value << 6) | (next & 0x3F);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < shape->least || value > 0x10FFFF || surrogate) return {};
  return {.value = value, .bytes = shape->length};
}

bool is_utf8(std::string_view text) {
  for (;;) {
    text.remove_prefix(ascii_run(text));
    if (text.empty()) return true;
    const code_point next = first_code_point(text);
    if (next.bytes == 0) return false;
    text.remove_prefix(next.bytes);
  }
}

std::string_view cut(std::string_view text, std::size_t limit_bytes) {
  if (text.size() <= limit_bytes) return text;
  std::size_t end = limit_bytes;
  while (end > 0 && (byte_at(text, end) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end);
}

bool is_letter_beyond_ascii(char32_t value) {
  return value >= 0x80 && in_table(alphabet::letters, value);
}

bool is_unseen(char32_t value) {
  return value < 0x20 || value == 0x7F || (value >= 0x80 && in_table(alphabet::unseen, value));
}

char fold(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

std::string fold(std::string_view text) {
  std::string folded(text);
  std::ranges::transform(folded, folded.begin(), [](char letter) { return fold(letter); });
  return folded;
}

bool same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(
      left, right, {}, [](char letter) { return fold(letter); }, [](char letter) { return fold(letter); });
}

bool is_nick(std::string_view text, std::size_t limit_bytes) {
  constexpr std::string_view marks = "-[]\\`^{}_|";
  if (text.empty() || text.size() > limit_bytes) return false;
  if (is_ascii_digit(text[0]) || text[0] == '-') return false;
  while (!text.empty()) {
    const code_point next = first_code_point(text);
    if (next.bytes == 0) return false;
    const bool allowed = next.bytes > 1 ? is_letter_beyond_ascii(next.value)
                                        : is_ascii_letter(text[0]) || is_ascii_digit(text[0]) ||
                                              marks.find(text[0]) != std::string_view::npos;
    if (!allowed) return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

bool is_room_name(std::string_view text, std::size_t limit_bytes) {
  if (text.size() < 2 || text.size() > limit_bytes || text[0] != '#') return false;
  text.remove_prefix(1);
  while (!text.empty()) {
    const code_point next = first_code_point(text);
    if (next.bytes == 0 || is_unseen(next.value)) return false;
    if (text[0] == ' ' || text[0] == ',' || text[0] == ':') return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

bool is_line_text(std::string_view text) {
  using namespace std::string_view_literals;
  return text.find_first_of("\0\r\n"sv) == std::string_view::npos && is_utf8(text);
}

std::string clean_user_name(std::string_view text, std::size_t limit_bytes) {
  std::string cleaned;
  for (const char letter : text) {
    if (cleaned.size() == limit_bytes) break;
    if (is_ascii_letter(letter) || is_ascii_digit(letter) || letter == '-' || letter == '_' || letter == '.')
      cleaned += letter;
  }
  return cleaned.empty() ? std::string(cut("user", limit_bytes)) : cleaned;
}

std::size_t name_hash::operator()(std::string_view name) const {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a: short keys, the same value in every build
  for (const char letter : name)
    hash = (hash ^ static_cast<unsigned char>(fold(letter))) * 0x100000001B3;
  return hash;
}

}  // namespace hub::chat
