#include <fcntl.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <span>

#include <leat/blocking.hpp>

#include <hub/http/answer_writer.hpp>

namespace hub::http {
namespace {

// How much a client must take within `send_timeout`.
constexpr std::uint64_t piece_bytes = std::uint64_t{256} << 10;

// How much is read ahead at once when the disk has to be asked.
constexpr std::uint64_t read_ahead_bytes = std::uint64_t{4} << 20;

// sendfile(2) would hold the worker while a disk is read. So whether the end of the piece is in the page
// cache is asked first, and if it is not, a thread that may wait has it read.
void warm(int file, std::uint64_t offset, std::uint64_t count) {
  char last = 0;
  iovec into{.iov_base = &last, .iov_len = 1};
  const auto end = static_cast<off_t>(offset + count - 1);
  if (::preadv2(file, &into, 1, end, RWF_NOWAIT) >= 0) return;
  leat::blocking([&] {
    ::readahead(file, static_cast<off_t>(offset), read_ahead_bytes);
    return ::preadv(file, &into, 1, end);
  });
}

}  // namespace

void answer_writer::prepare(const request& asked) {
  head_only_ = asked.method == "HEAD";
  is_http_1_0_ = asked.is_http_1_0;
  keep_ = asked.keeps_alive && !conn_.is_stopping();
}

afterwards answer_writer::then() const {
  if (!keep_) return afterwards::close;
  return is_http_1_0_ ? afterwards::open_1_0 : afterwards::open;
}

bool answer_writer::write(std::string_view head, std::string_view body) {
  if (!good_) return false;
  const std::array parts{std::as_bytes(std::span(head)), std::as_bytes(std::span(body))};
  return mark(conn_.writev(parts, limits_.send_timeout).has_value());
}

bool answer_writer::send_continue() {
  return write("HTTP/1.1 100 Continue\r\n\r\n", "");
}

bool answer_writer::send(const response& answer, std::string_view body) {
  if (answer.status == 204 || answer.status == 304) {
    return write(render_head(answer, std::nullopt, then(), std::time(nullptr)), "");
  }
  const auto head = render_head(answer, body.size(), then(), std::time(nullptr));
  return write(head, wants_body() ? body : std::string_view());
}

bool answer_writer::send_head(const response& answer, std::uint64_t length) {
  return write(render_head(answer, length, then(), std::time(nullptr)), "");
}

bool answer_writer::send_text(std::string_view text) {
  return write(text, "");
}

bool answer_writer::send_file(int file, std::uint64_t offset, std::uint64_t count) {
  while (good_ && count > 0) {
    const auto piece = std::min(count, piece_bytes);
    warm(file, offset, piece);
    const auto sent = conn_.send_file(file, offset, piece, limits_.send_timeout);
    mark(sent && *sent == piece);
    offset += piece;
    count -= piece;
  }
  return good_;
}

}  // namespace hub::http
