// The options that every TCP connection starts with. Not for users.
#pragma once

#include <netinet/tcp.h>

#include <leat/net/options.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {

inline result<void> apply_keep_alive(int fd, const keep_alive& how) noexcept {
  const int idle = static_cast<int>(how.idle.count());
  const int interval = static_cast<int>(how.interval.count());
  if (auto set = set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle); !set) return set;
  if (auto set = set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval); !set) return set;
  if (auto set = set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, how.count); !set) return set;
  return set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

/// No delay, and keep-alive. On a listening socket they pass to all that it accepts, for no call each.
inline result<void> apply_tcp_defaults(int fd) noexcept {
  if (auto set = set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1); !set) return set;
  return apply_keep_alive(fd, keep_alive{});
}

}  // namespace leat::net
