#include <leat/net/pauses.hpp>
#include <leat/net/system_socket.hpp>
#include <leat/net/unix_conn.hpp>
#include <leat/net/unix_sockaddr.hpp>
#include <leat/time.hpp>

namespace leat::net {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds first_pause = 1ms;
constexpr std::chrono::nanoseconds longest_pause = 50ms;

}  // namespace

unix_address unix_conn::local_address() const noexcept {
  if (!descriptor_) return {};
  return descriptor_->with_fd(unix_sockaddr::local).value_or(unix_address());
}

result<process_credentials> unix_conn::peer_credentials() const noexcept {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd([](int fd) -> result<process_credentials> {
    ucred found{};
    socklen_t size = sizeof(found);
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &found, &size) != 0) return last_system_error();
    return process_credentials{.pid = found.pid, .uid = found.uid, .gid = found.gid};
  });
}

// Makes connections: a friend of unix_conn.
struct unix_dialer {
  static result<unix_conn> connect(const unix_address& remote) {
    auto opened = raw_socket::open(AF_UNIX, SOCK_STREAM);
    if (!opened) return std::unexpected(opened.error());
    const socket_address raw = unix_sockaddr::from(remote);
    if (::connect(opened->fd(), raw.data(), raw.size) != 0) return last_system_error();
    return unix_conn(unix_conn::handle(opened->adopt().release()), remote);
  }
};

result<unix_conn> dial_unix(const unix_address& address, const unix_dial_options& options) {
  if (address.is_unnamed()) return fail(errc::bad_address);
  const time_point deadline = options.timeout ? deadline_after(*options.timeout) : never;
  for (growing_pause length(first_pause, longest_pause);;) {
    auto conn = unix_dialer::connect(address);
    if (conn || conn.error() != std::errc::resource_unavailable_try_again) return conn;
    if (clock::now() >= deadline) return fail(errc::deadline_exceeded);
    sleep_until(std::min(deadline, deadline_after(length.next())));
  }
}

result<unix_conn> dial_unix(std::string_view address, const unix_dial_options& options) {
  const auto parsed = unix_address::parse(address);
  if (!parsed) return std::unexpected(parsed.error());
  return dial_unix(*parsed, options);
}

}  // namespace leat::net
