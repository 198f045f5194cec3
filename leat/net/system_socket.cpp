#include <unistd.h>

#include <leat/net/system_socket.hpp>

namespace leat::net {
namespace {

using name_call = int(int, sockaddr*, socklen_t*) noexcept;

result<endpoint> ask_name(int fd, name_call* ask) noexcept {
  socket_address name;
  if (ask(fd, name.data(), &name.size) != 0) return last_system_error();
  const auto found = to_endpoint(name);
  if (!found) return found;
  return unmapped(*found);
}

}  // namespace

result<raw_socket> raw_socket::open(int family, int type) noexcept {
  const int fd = ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return last_system_error();
  return raw_socket(fd);
}

raw_socket::~raw_socket() {
  if (fd_ >= 0) ::close(fd_);
}

result<void> bind_socket(int fd, const socket_address& where) noexcept {
  if (::bind(fd, where.data(), where.size) != 0) return last_system_error();
  return {};
}

result<void> set_option(int fd, int level, int name, int value) noexcept {
  if (::setsockopt(fd, level, name, &value, sizeof(value)) != 0) return last_system_error();
  return {};
}

result<endpoint> local_endpoint(int fd) noexcept {
  return ask_name(fd, ::getsockname);
}

result<endpoint> peer_endpoint(int fd) noexcept {
  return ask_name(fd, ::getpeername);
}

}  // namespace leat::net
