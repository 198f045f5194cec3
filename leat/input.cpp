#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <leat/blocking.hpp>
#include <leat/go.hpp>
#include <leat/input.hpp>

namespace leat {
namespace {

// At least one byte; nothing at the end, and when the descriptor fails. Blocks the thread.
std::size_t read_some(int fd, std::span<char> buffer) noexcept {
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN) {  // somebody who shares it has made it non-blocking
      pollfd waited{.fd = fd, .events = POLLIN, .revents = 0};
      ::poll(&waited, 1, -1);
    } else if (errno != EINTR) {
      return 0;
    }
  }
}

// Takes from `bytes` what belongs to the line that has begun in `line`. Returns whether that is ready to be
// handed over: complete, or as long as may be.
bool fill(std::string& line, std::string_view& bytes, std::size_t limit_bytes) {
  const std::size_t length = std::min(bytes.find('\n'), limit_bytes - line.size());
  line += bytes.substr(0, length);
  bytes.remove_prefix(std::min(length, bytes.size()));
  if (bytes.empty()) return false;  // also when it has its full length: its end may come next
  if (bytes.front() == '\n') {
    bytes.remove_prefix(1);
    if (line.ends_with('\r')) line.pop_back();
  }
  return true;
}

void send_lines(int fd, std::size_t limit_bytes, const sender<std::string>& lines) {
  std::array<char, 16 * 1024> buffer;
  std::string line;
  while (const std::size_t count = blocking([&] { return read_some(fd, buffer); })) {
    std::string_view bytes(buffer.data(), count);
    while (!bytes.empty()) {
      if (fill(line, bytes, limit_bytes)) lines.send(std::exchange(line, {}));
    }
  }
  if (!line.empty()) lines.send(std::move(line));
  lines.close();
}

}  // namespace

receiver<std::string> input_lines(int fd, std::size_t limit_bytes) {
  if (limit_bytes == 0) throw std::invalid_argument("leat::input_lines: a limit of zero bytes");
  const chan<std::string> lines;
  go([=] { send_lines(fd, limit_bytes, lines); });
  return lines;
}

}  // namespace leat
