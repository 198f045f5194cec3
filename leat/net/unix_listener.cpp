#include <sys/stat.h>

#include <leat/net/system_socket.hpp>
#include <leat/net/unix_listener.hpp>
#include <leat/net/unix_sockaddr.hpp>

namespace leat::net {

unix_listener& unix_listener::operator=(unix_listener&& other) noexcept {
  if (this == &other) return *this;
  static_cast<void>(close());
  local_ = other.local_;
  file_ = std::move(other.file_);
  stream_listener::operator=(std::move(other));
  return *this;
}

unix_listener::~unix_listener() {
  static_cast<void>(close());
}

result<unix_conn> unix_listener::accept() {
  socket_address peer;
  auto accepted = accept_next(peer);
  if (!accepted) return std::unexpected(accepted.error());
  return unix_conn(std::move(*accepted), unix_sockaddr::to(peer));
}

result<void> unix_listener::close() noexcept {
  auto closed = stream_listener::close();
  if (closed) file_.remove();
  return closed;
}

result<unix_listener> listen_unix(const unix_address& address, const unix_listen_options& options) {
  auto opened = raw_socket::open(AF_UNIX, SOCK_STREAM);
  if (!opened) return std::unexpected(opened.error());
  const int fd = opened->fd();
  // Before the bind, which makes the file with the mode of the socket: no moment in which it is open to all.
  if (options.mode && ::fchmod(fd, *options.mode) != 0) return last_system_error();
  if (auto bound = bind_socket(fd, unix_sockaddr::from(address)); !bound)
    return std::unexpected(bound.error());
  bound_path file;
  if (address.is_path() && options.unlink_on_close) file = bound_path(address.name());
  const auto local = unix_sockaddr::local(fd);
  if (!local || ::listen(fd, options.backlog) != 0) {
    const auto why = local ? last_system_error() : std::unexpected(local.error());
    file.remove();
    return why;
  }
  return unix_listener(unix_listener::handle(opened->adopt().release()), *local, std::move(file));
}

result<unix_listener> listen_unix(std::string_view address, const unix_listen_options& options) {
  const auto parsed = unix_address::parse(address);
  if (!parsed) return std::unexpected(parsed.error());
  return listen_unix(*parsed, options);
}

}  // namespace leat::net
