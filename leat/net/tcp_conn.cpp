#include <netinet/tcp.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <limits>

#include <leat/net/system_socket.hpp>
#include <leat/net/tcp_conn.hpp>
#include <leat/net/tcp_options.hpp>

namespace leat::net {
namespace {

using runtime::direction;

// What one sendfile(2) may take: longer ones keep the worker from its other goroutines.
constexpr std::uint64_t sendfile_chunk_bytes = 1 << 20;

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

// sendfile(2) knows no MSG_NOSIGNAL: this keeps SIGPIPE from the thread for the time of one call.
class sigpipe_blocked {
 public:
  sigpipe_blocked() noexcept {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~sigpipe_blocked() {
    if (!sigismember(&before_, SIGPIPE)) pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  sigpipe_blocked(const sigpipe_blocked&) = delete;
  sigpipe_blocked& operator=(const sigpipe_blocked&) = delete;

  /// After a call that may have met a peer that is gone: takes the signal that came with it. One that the
  /// thread had blocked by itself stays with the thread.
  void swallow() noexcept {
    if (sigismember(&before_, SIGPIPE)) return;
    constexpr timespec at_once{};
    while (sigtimedwait(&sigpipe_, nullptr, &at_once) < 0 && errno == EINTR)
      continue;
  }

 private:
  sigset_t sigpipe_;
  sigset_t before_;
};

ssize_t sendfile_without_signal(int out, int in, off_t offset, std::size_t count) noexcept {
  sigpipe_blocked guard;
  const ssize_t sent = ::sendfile(out, in, &offset, count);
  const int error = errno;
  // A peer that goes away half-way leaves the signal behind, too, and then the call returns what it had sent
  // before, not EPIPE.
  const bool may_have_signal = sent < 0 ? error == EPIPE : static_cast<std::size_t>(sent) < count;
  if (may_have_signal) guard.swallow();
  errno = error;
  return sent;
}

bool in_range(std::chrono::seconds value, std::int64_t greatest) noexcept {
  return value.count() >= 1 && value.count() <= greatest;
}

}  // namespace

result<std::size_t> tcp_conn::read(std::span<std::byte> buffer) {
  if (buffer.empty()) return read_nothing(descriptor_.get());
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->perform_stream_read(
      buffer.size(), [buffer](int fd) { return ::recv(fd, buffer.data(), buffer.size(), 0); });
}

result<std::size_t> tcp_conn::peek(std::span<std::byte> buffer) {
  if (buffer.empty()) return read_nothing(descriptor_.get());
  if (!descriptor_) return fail(errc::closed);
  // Whatever it returns, something is left behind: no count is less than 0, so the next read tries at once.
  return descriptor_->perform_stream_read(
      0, [buffer](int fd) { return ::recv(fd, buffer.data(), buffer.size(), MSG_PEEK); });
}

result<void> tcp_conn::wait_readable() {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->wait_readable();
}

result<void> tcp_conn::write(std::span<const std::byte> data) {
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

result<void> tcp_conn::writev(std::span<const std::span<const std::byte>> parts) {
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

result<std::uint64_t> tcp_conn::send_file(int file, std::uint64_t offset, std::uint64_t count) {
  constexpr std::uint64_t greatest = std::numeric_limits<off_t>::max();
  if (offset > greatest || count > greatest - offset) return system_error(EOVERFLOW);
  if (!descriptor_) return fail(errc::closed);
  turn own(*descriptor_, direction::write);
  if (!own.begun()) return std::unexpected(own.begun().error());
  std::uint64_t done = 0;
  while (done < count) {
    const off_t from = static_cast<off_t>(offset + done);
    const std::size_t chunk = std::min(count - done, sendfile_chunk_bytes);
    const auto sent = own.attempt([=](int fd) { return sendfile_without_signal(fd, file, from, chunk); });
    if (!sent) return std::unexpected(sent.error());
    if (*sent == 0) break;  // the end of the file
    done += *sent;
  }
  return done;
}

// shutdown(2) wakes the poller, but an operation that counts on being told of data would wait on: hence the
// nudge.
result<void> tcp_conn::close_write() {
  if (!descriptor_) return fail(errc::closed);
  auto ended = descriptor_->with_fd([](int fd) -> result<void> {
    if (::shutdown(fd, SHUT_WR) != 0) return last_system_error();
    return {};
  });
  descriptor_->nudge(direction::write);
  return ended;
}

result<void> tcp_conn::close_read() {
  if (!descriptor_) return fail(errc::closed);
  auto ended = descriptor_->with_fd([](int fd) -> result<void> {
    if (::shutdown(fd, SHUT_RD) != 0) return last_system_error();
    return {};
  });
  descriptor_->nudge(direction::read);
  return ended;
}

result<void> tcp_conn::set_no_delay(bool on) {
  return set_int_option(IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
}

result<void> tcp_conn::set_keep_alive(const keep_alive& how) {
  constexpr std::int64_t greatest_seconds = 32767;
  constexpr int greatest_count = 127;
  if (!in_range(how.idle, greatest_seconds) || !in_range(how.interval, greatest_seconds) || how.count < 1 ||
      how.count > greatest_count) {
    return system_error(EINVAL);
  }
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd([&](int fd) { return apply_keep_alive(fd, how); });
}

result<void> tcp_conn::disable_keep_alive() {
  return set_int_option(SOL_SOCKET, SO_KEEPALIVE, 0);
}

result<void> tcp_conn::set_linger(linger mode) {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd([mode](int fd) -> result<void> {
    // A positive time would make close(2) block the thread, non-blocking socket or not; so it is not on
    // offer.
    const struct ::linger option{.l_onoff = mode == linger::reset ? 1 : 0, .l_linger = 0};
    if (::setsockopt(fd, SOL_SOCKET, SO_LINGER, &option, sizeof(option)) != 0) return last_system_error();
    return {};
  });
}

result<tcp_info> tcp_conn::info() const {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd(read_tcp_info);
}

}  // namespace leat::net
