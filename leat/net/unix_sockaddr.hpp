// Unix addresses as the system's calls want them, and the file that a bind makes. Not for users.
#pragma once

#include <sys/types.h>

#include <leat/net/sockaddr.hpp>
#include <leat/net/unix_address.hpp>

namespace leat::net {

struct unix_sockaddr {
  static socket_address from(const unix_address& where) noexcept;

  /// No name for what is none.
  static unix_address to(const socket_address& raw) noexcept;

  /// What getsockname(2) says. Errors: the system's.
  static result<unix_address> local(int fd) noexcept;
};

}  // namespace leat::net
