#include <algorithm>

#include <hub/http/body_pieces.hpp>

namespace hub::http {
namespace {

// The first pieces are small, so that an upload which brings nothing costs nothing.
constexpr std::size_t first_piece_bytes = std::size_t{16} << 10;
constexpr std::size_t piece_bytes = std::size_t{256} << 10;

}  // namespace

body_pieces::piece body_pieces::next() {
  // What was there is not copied along.
  if (buffer_.size() < piece_bytes)
    buffer_ = std::vector<std::byte>(buffer_.empty() ? first_piece_bytes : buffer_.size() * 4);
  piece filled;
  std::size_t count = 0;
  while (count < buffer_.size()) {
    const auto got = body_.read_body(std::span(buffer_).subspan(count));
    if (!got) filled.broken = got.error();
    filled.last = !got || *got == 0;
    if (filled.last) break;
    count += *got;
  }
  filled.bytes = std::span(buffer_).first(count);
  return filled;
}

}  // namespace hub::http
