#include <sys/sendfile.h>

#include <algorithm>

#include <leat/net/send_file.hpp>
#include <leat/net/sigpipe.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {
namespace {

// What one sendfile(2) may take: longer ones keep the worker from its other goroutines.
constexpr std::uint64_t chunk_bytes = 1 << 20;

ssize_t send_chunk(int out, int in, off_t offset, std::size_t count) noexcept {
  return without_sigpipe(count, [&] { return ::sendfile(out, in, &offset, count); });
}

}  // namespace

progress send_file(runtime::descriptor& to, int file, std::uint64_t offset, std::uint64_t count) {
  progress done;
  turn own(to, runtime::direction::write);
  if (!own.begun()) return {.bytes = 0, .error = own.begun().error()};
  while (done.bytes < count) {
    const off_t from = static_cast<off_t>(offset + done.bytes);
    const std::size_t chunk = std::min(count - done.bytes, chunk_bytes);
    const auto sent = own.attempt([=](int fd) { return send_chunk(fd, file, from, chunk); });
    if (!sent) return {.bytes = done.bytes, .error = sent.error()};
    if (*sent == 0) break;  // the end of the file
    done.bytes += *sent;
  }
  return done;
}

}  // namespace leat::net
