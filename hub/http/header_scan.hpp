// Finding the end of a request's header, and refusing line ends that parsers have been at odds about.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace hub::http {

// Looks at a header piece by piece, as it comes.
//
// Lines must end with CR LF. A lone CR or LF, a NUL, and a line that starts with a space or tab (a folded
// one, RFC 9112, section 5.2) are refused: each has been used to make two servers see two different requests
// in the same bytes.
class header_scanner {
 public:
  // `bytes`: all of the request that has come, the earlier pieces included. Returns the length of the header
  // with its empty line once that is there; nothing if more is needed; what is wrong as a sentence.
  std::expected<std::optional<std::size_t>, std::string> look(std::string_view bytes);

 private:
  std::size_t seen_ = 0;        // bytes looked at
  std::size_t line_start_ = 0;  // where the line begins that is being looked at
};

}  // namespace hub::http
