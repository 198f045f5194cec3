#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include <leat/blocking.hpp>

#include <cli/input.hpp>

namespace cli {
namespace {

leat::result<std::size_t> wait_and_read(int fd, int wake_fd, std::span<std::byte> buffer) {
  std::array<pollfd, 2> waited{pollfd{.fd = fd, .events = POLLIN, .revents = 0},
                               pollfd{.fd = wake_fd, .events = POLLIN, .revents = 0}};
  for (;;) {
    if (::poll(waited.data(), waited.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return leat::last_system_error();
    }
    if (waited[1].revents != 0) return leat::fail(leat::errc::canceled);
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    // EAGAIN: another process that shares the descriptor was faster, or made it non-blocking.
    if (errno == EINTR || errno == EAGAIN) continue;
    return leat::last_system_error();
  }
}

leat::result<void> write_blocking(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      pollfd waited{.fd = fd, .events = POLLOUT, .revents = 0};
      ::poll(&waited, 1, -1);
    } else if (errno != EINTR) {
      return leat::last_system_error();
    }
  }
  return {};
}

}  // namespace

input::input(int fd) : fd_(fd), wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_fd_ < 0) throw std::system_error(errno, std::system_category(), "eventfd");
}

input::~input() {
  ::close(wake_fd_);
}

leat::result<std::size_t> input::read(std::span<std::byte> buffer) {
  return leat::blocking([&] { return wait_and_read(fd_, wake_fd_, buffer); });
}

void input::cancel() noexcept {
  const std::uint64_t one = 1;
  // It fails only when the counter is full, and then a reader is woken anyway.
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

leat::result<void> write_all(int fd, std::string_view bytes) {
  return leat::blocking([&] { return write_blocking(fd, bytes); });
}

}  // namespace cli
