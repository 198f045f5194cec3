// Bytes as they come from a client, cut into lines.
//
// A line ends in LF or CRLF and is at most 512 bytes with its end (RFC 2812, 2.3), not counting the tags that
// may come first (IRCv3 message-tags: at most 4096 bytes from '@' to the space). What is longer is reported
// once, as soon as that is certain, and skipped to its end without being kept: an endless line costs no
// memory and one look per byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hub::irc {

inline constexpr std::size_t line_limit_bytes = 512;  // with CRLF
inline constexpr std::size_t tags_limit_bytes = 4096;

enum class line_fault : std::uint8_t {
  none,
  too_long,        // the line was dropped; its text is not given
  forbidden_byte,  // NUL, or CR anywhere but before LF
  not_utf8,
};

class line_splitter {
 public:
  // Calls `take(text, fault)` for each line that ends in these bytes or a longer one that goes on in them.
  // Texts come without their line end, are valid only during the call, and are never empty when there is no
  // fault. `take` returns whether to go on; after false, the rest of the bytes and all later ones are
  // ignored.
  template <typename Take>
  void feed(std::string_view bytes, Take&& take) {
    while (!stopped_ && !bytes.empty()) {
      const found next = next_line(bytes);
      if (next.report) stopped_ = !take(next.text, next.fault);
      if (!next.goes_on) kept_ = {};  // only now: the text may lie in it
    }
  }

  std::size_t kept_bytes() const { return kept_.size(); }

 private:
  struct found {
    bool goes_on = false;  // the line has not ended: what is kept of it stays
    bool report = false;
    std::string_view text;
    line_fault fault = line_fault::none;
  };
  // Takes the front of the bytes, at least one of them, up to what next is to be reported.
  found next_line(std::string_view& bytes);
  found finish(std::string_view line);

  std::string kept_;       // the start of a line whose end has not come yet
  bool skipping_ = false;  // inside a line that is too long
  bool stopped_ = false;
};

}  // namespace hub::irc
