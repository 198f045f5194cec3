// The name of a stored file. Names come from strangers and go to disks, terminals, logs, HTTP headers and
// other people's machines: what one of them could take for a command, a path or another name is refused once,
// here.
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace hub::files {

class file_name {
 public:
  // The name, or a sentence that says what is wrong with it (and quotes none of it).
  //
  // A name is 1 to 255 bytes of valid UTF-8 (RFC 3629) and has no `/`, no `\`, no control characters (C0,
  // DEL, C1: neither NUL, line ends nor terminal escapes), no characters that change the direction of writing
  // or show nothing at all, no dot or space at its start, no dot or space at its end. So `.`, `..` and hidden
  // files are out. Names that only some other system finds special (`CON`, `a:b`, `*`) are plain names here.
  static std::expected<file_name, std::string> parse(std::string_view text);

  const std::string& text() const { return text_; }

  // A name for another file of this one's name, as "a (2).txt" for "a.txt": the number stands before the
  // extension, of which "tar.gz" is one. A name that would become too long loses the end of what precedes the
  // number.
  file_name with_number(std::uint64_t number) const;

  auto operator<=>(const file_name&) const = default;

 private:
  explicit file_name(std::string_view text) : text_(text) {}

  std::string text_;
};

}  // namespace hub::files
