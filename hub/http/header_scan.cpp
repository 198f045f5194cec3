#include <hub/http/header_scan.hpp>

namespace hub::http {

std::expected<std::optional<std::size_t>, std::string> header_scanner::look(std::string_view bytes) {
  for (; seen_ < bytes.size(); ++seen_) {
    const char letter = bytes[seen_];
    const bool after_cr = seen_ > 0 && bytes[seen_ - 1] == '\r';
    if (letter == '\n') {
      if (!after_cr) return std::unexpected("a line of the header ends with LF alone instead of CR LF");
      const auto length = seen_ + 1;
      if (seen_ - 1 == line_start_) return length;
      line_start_ = length;
      continue;
    }
    if (after_cr) return std::unexpected("the header contains a CR without its LF");
    if (letter == '\0') return std::unexpected("the header contains a NUL");
    if (seen_ == line_start_ && (letter == ' ' || letter == '\t')) {
      return std::unexpected("a line of the header starts with a space");
    }
  }
  return std::nullopt;
}

}  // namespace hub::http
