// Text as the rules need it: UTF-8 checks, cutting, case folding and the alphabets of nicks and room names.
//
// Everything here is a pure function of its arguments; nothing depends on a locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hub::chat {

// One code point taken from the front of a text: its value and its length in bytes. Length 0: the text is
// empty or does not start with valid UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF).
struct code_point {
  char32_t value = 0;
  std::size_t bytes = 0;
};
code_point first_code_point(std::string_view text);

// Whether the whole text is valid UTF-8.
bool is_utf8(std::string_view text);

// The longest front of a valid UTF-8 text that is at most limit_bytes long and ends between code points.
std::string_view cut(std::string_view text, std::size_t limit_bytes);

// Letters, the marks that sit on them and decimal digits, outside ASCII.
bool is_letter_beyond_ascii(char32_t value);

// Code points that show nothing or change how their neighbours show: controls, spaces, zero-width and
// direction-changing characters, fillers, noncharacters. Two names that differ only in these look the same.
bool is_unseen(char32_t value);

// ASCII case folding: what CASEMAPPING=ascii says, so {}|^ are not lower case of []\~.
char fold(char letter);
std::string fold(std::string_view text);
bool same_name(std::string_view left, std::string_view right);

// A nick is ASCII letters, digits and -[]\`^{}_| and letters of other scripts; it starts with neither digit
// nor '-'.
bool is_nick(std::string_view text, std::size_t limit_bytes);

// A room name is '#' and at least one more character, without space, comma, colon, control or unseen
// characters.
bool is_room_name(std::string_view text, std::size_t limit_bytes);

// Text of a message, topic or reason: valid UTF-8 without NUL, CR or LF.
bool is_line_text(std::string_view text);

// What is left of a user name that a client claims when only letters, digits and -_. stay; "user" if that is
// nothing.
std::string clean_user_name(std::string_view text, std::size_t limit_bytes);

// Hash and equality that see names as the rules do; both take a std::string_view, so look-ups allocate
// nothing.
struct name_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const;
};
struct name_equal {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const { return same_name(left, right); }
};
template <typename Value>
using name_map = std::unordered_map<std::string, Value, name_hash, name_equal>;

}  // namespace hub::chat
