#include <netinet/tcp.h>
#include <sys/uio.h>

#include <array>
#include <cstring>
#include <limits>

#include <leat/net/send_file.hpp>
#include <leat/net/stream_socket.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {
namespace {

using runtime::direction;

// How many parts go into one system call; IOV_MAX is 1024, and this much fits a small stack.
constexpr std::size_t parts_per_call = 64;

result<void> check_open(runtime::descriptor* entry) noexcept {
  if (!entry) return fail(errc::closed);
  return entry->with_fd([](int) -> result<void> { return {}; });
}

result<std::size_t> read_nothing(runtime::descriptor* entry) noexcept {
  if (auto open = check_open(entry); !open) return std::unexpected(open.error());
  return 0;
}

using runtime::stream_rest;

bool tells_what_is_left(int fd, stream_rest& rest) noexcept {
  using enum stream_rest::telling;
  if (rest.socket == not_asked) rest.socket = set_option(fd, IPPROTO_TCP, TCP_INQ, 1) ? told : not_told;
  return rest.socket == told;
}

// As recv(2), where it is known what is left behind (TCP_INQ, since Linux 4.18). A stream that has ended
// always has something left: its end.
ssize_t receive_and_look(int fd, std::span<std::byte> buffer, stream_rest& rest) noexcept {
  int left = 1;
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof left)> control;
  iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t count = ::recvmsg(fd, &message, 0);
  if (count <= 0) return count;
  const cmsghdr* told = CMSG_FIRSTHDR(&message);
  if (told && told->cmsg_level == IPPROTO_TCP && told->cmsg_type == TCP_CM_INQ)
    std::memcpy(&left, CMSG_DATA(told), sizeof left);
  rest.none_left = left == 0;
  return count;
}

// Messages as large as the buffer, one at a time, fill it although nothing is left: the next read would try
// in vain. To know costs less than to try, but more than nothing, so only who has filled a buffer is asked.
ssize_t receive(int fd, std::span<std::byte> buffer, stream_rest& rest) noexcept {
  if (rest.filled && tells_what_is_left(fd, rest)) return receive_and_look(fd, buffer, rest);
  return ::recv(fd, buffer.data(), buffer.size(), 0);
}

// The parts of a gathered write that are still to be sent.
class part_cursor {
 public:
  explicit part_cursor(std::span<const std::span<const std::byte>> parts) noexcept : parts_(parts) {
    skip(0);
  }

  bool done() const noexcept { return parts_.empty(); }

  /// Describes as many of them as fit, and returns how many did.
  std::size_t fill(std::span<iovec> out) const noexcept {
    std::size_t used = 0;
    std::size_t start = sent_of_first_;
    for (const auto& part : parts_) {
      if (used == out.size()) break;
      const auto rest = part.subspan(start);
      start = 0;
      if (rest.empty()) continue;
      out[used++] = {.iov_base = const_cast<std::byte*>(rest.data()), .iov_len = rest.size()};
    }
    return used;
  }

  /// Moves past `count` bytes, and past the empty parts behind them.
  void skip(std::size_t count) noexcept {
    sent_of_first_ += count;
    while (!parts_.empty() && sent_of_first_ >= parts_.front().size()) {
      sent_of_first_ -= parts_.front().size();
      parts_ = parts_.subspan(1);
    }
  }

 private:
  std::span<const std::span<const std::byte>> parts_;
  std::size_t sent_of_first_ = 0;
};

// shutdown(2) wakes the poller, but an operation that counts on being told of data would wait on: hence the
// nudge.
result<void> end_direction(runtime::descriptor* entry, direction which) noexcept {
  if (!entry) return fail(errc::closed);
  const int how = which == direction::read ? SHUT_RD : SHUT_WR;
  auto ended = entry->with_fd([how](int fd) -> result<void> {
    if (::shutdown(fd, how) != 0) return last_system_error();
    return {};
  });
  entry->nudge(which);
  return ended;
}

}  // namespace

result<std::size_t> stream_socket::read(std::span<std::byte> buffer) {
  if (buffer.empty()) return read_nothing(descriptor_.get());
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->perform_stream_read_knowing(
      buffer.size(), [buffer](int fd, stream_rest& rest) { return receive(fd, buffer, rest); });
}

result<std::size_t> stream_socket::peek(std::span<std::byte> buffer) {
  if (buffer.empty()) return read_nothing(descriptor_.get());
  if (!descriptor_) return fail(errc::closed);
  // Whatever it returns, something is left behind: no count is less than 0, so the next read tries at once.
  return descriptor_->perform_stream_read(
      0, [buffer](int fd) { return ::recv(fd, buffer.data(), buffer.size(), MSG_PEEK); });
}

result<void> stream_socket::wait_readable() {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->wait_readable();
}

result<void> stream_socket::write(std::span<const std::byte> data) {
  if (data.empty()) return check_open(descriptor_.get());
  if (!descriptor_) return fail(errc::closed);
  turn own(*descriptor_, direction::write);
  if (!own.begun()) return own.begun();
  do {
    const auto sent =
        own.attempt([data](int fd) { return ::send(fd, data.data(), data.size(), MSG_NOSIGNAL); });
    if (!sent) return std::unexpected(sent.error());
    data = data.subspan(*sent);
  } while (!data.empty());
  return {};
}

result<void> stream_socket::writev(std::span<const std::span<const std::byte>> parts) {
  part_cursor rest(parts);
  if (rest.done()) return check_open(descriptor_.get());
  if (!descriptor_) return fail(errc::closed);
  turn own(*descriptor_, direction::write);
  if (!own.begun()) return own.begun();
  do {
    std::array<iovec, parts_per_call> vector;
    msghdr message{};
    message.msg_iov = vector.data();
    message.msg_iovlen = rest.fill(vector);
    const auto sent = own.attempt([&message](int fd) { return ::sendmsg(fd, &message, MSG_NOSIGNAL); });
    if (!sent) return std::unexpected(sent.error());
    rest.skip(*sent);
  } while (!rest.done());
  return {};
}

result<std::uint64_t> stream_socket::send_file(int file, std::uint64_t offset, std::uint64_t count) {
  constexpr std::uint64_t greatest = std::numeric_limits<off_t>::max();
  if (offset > greatest || count > greatest - offset) return system_error(EOVERFLOW);
  if (!descriptor_) return fail(errc::closed);
  const progress done = net::send_file(*descriptor_, file, offset, count);
  if (done.error) return std::unexpected(done.error);
  return done.bytes;
}

result<void> stream_socket::close_write() {
  return end_direction(descriptor_.get(), direction::write);
}

result<void> stream_socket::close_read() {
  return end_direction(descriptor_.get(), direction::read);
}

}  // namespace leat::net
