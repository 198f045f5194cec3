// multipart/form-data (RFC 7578, on RFC 2046, section 5.1): the form that browsers and `curl -F` send.
//
//   multipart_parser parser(*boundary_of(content_type));
//   while (!parser.is_whole() && bytes come) {
//     while (!bytes.empty()) {
//       const auto next = parser.take(bytes);  // from the front; they become fewer
//       ...
//     }
//   }
//
// The parser keeps nothing of a part's content, and at most the header of one part. It gives the same parts
// however the bytes are cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <hub/http/header_scan.hpp>

namespace hub::http {

// What separates the parts, from a Content-Type field: 1 to 70 characters of those that RFC 2046 allows. What
// is wrong otherwise, as a sentence: another media type, no boundary, two of them.
std::expected<std::string, std::string> boundary_of(std::string_view content_type);

// What the header of a part says that anyone needs.
struct part_header {
  std::string name;                      // of the form's field
  std::optional<std::string> file_name;  // as the client gave it: to be checked before it names anything

  bool operator==(const part_header&) const = default;
};

// Reads the header of a part, with its empty line. Field lines end with CR LF (header_scanner has seen to
// that). Within the quotes, `\"`, `\\`, `%22`, `%0D` and `%0A` stand for what they escape, since curl writes
// the former and browsers the latter; everything else is what it is. `filename*` is ignored, as RFC 7578
// (section 4.2) asks. Errors, as sentences: no Content-Disposition or several, one that is not form-data or
// is malformed, no name, a parameter that comes twice, and a Content-Transfer-Encoding that changes bytes.
std::expected<part_header, std::string> parse_part_header(std::string_view header);

struct multipart_limits {
  std::size_t header_bytes = std::size_t{8} << 10;   // of one part, and of what precedes the first one
  std::size_t parts = 1'000;                         // of one form
  std::size_t padding_bytes = std::size_t{1} << 10;  // behind a boundary, before its line ends
};

struct form_event {
  enum kind : unsigned char {
    more,      // nothing more in these bytes
    begin,     // a part begins: see `header`
    content,   // of the part, some: see `bytes`, which are never empty
    part_end,  // the part is whole
    end,       // the form is whole; what follows means nothing
  };

  kind what = more;
  part_header header = {};
  std::string_view bytes = {};  // valid until the next call, as long as the bytes given to this one
};

class multipart_parser {
 public:
  // `boundary`: as boundary_of gives it.
  explicit multipart_parser(std::string_view boundary, const multipart_limits& bounds = {});

  // Takes the next event from the front of `bytes`. Errors, as sentences: those of parse_part_header, line
  // ends that header_scanner refuses, a limit that is passed. After an error or `end` there is no more to be
  // had.
  std::expected<form_event, std::string> take(std::string_view& bytes);

  // Whether the last boundary has been seen. A form that stops before it was cut off.
  bool is_whole() const { return state_ == state::done; }

 private:
  enum class state : unsigned char { preamble, boundary_end, header, content, done };

  std::expected<form_event, std::string> take_header(std::string_view& bytes);
  std::expected<std::optional<form_event>, std::string> end_boundary(char letter);
  std::optional<std::string_view> take_content(std::string_view& bytes);

  const std::string delimiter_;  // CR LF, two dashes and the boundary
  const multipart_limits limits_;
  state state_ = state::preamble;

  // How much of the delimiter the last bytes were. What they are shows only later; if they are content, they
  // are the front of `delimiter_`, so they need not be kept. No part of a delimiter but its front is CR, so
  // a match that fails never hides another that began within it.
  std::size_t matched_ = 2;  // a form may begin with a boundary: as if a line had ended before it

  std::string line_;  // what follows a boundary, or the header of a part
  header_scanner scanner_;
  std::size_t parts_ = 0;
  std::size_t skipped_bytes_ = 0;  // of the preamble
};

}  // namespace hub::http
