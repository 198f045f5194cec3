// What the socket types share inside: raw descriptors until they are adopted, options, and turns. Not for
// users.
#pragma once

#include <cstddef>
#include <utility>

#include <leat/net/sockaddr.hpp>
#include <leat/net/system_error.hpp>
#include <leat/runtime/descriptor.hpp>

namespace leat::net {

/// A descriptor that is closed unless somebody takes it.
class raw_socket {
 public:
  /// A new one, non-blocking and close-on-exec. Errors: those of socket(2).
  static result<raw_socket> open(int family, int type) noexcept;

  explicit raw_socket(int fd) noexcept : fd_(fd) {}
  raw_socket(raw_socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  raw_socket& operator=(raw_socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~raw_socket();

  int fd() const noexcept { return fd_; }

  /// Throws std::bad_alloc.
  runtime::descriptor_handle adopt(runtime::write_events told = runtime::write_events::always) {
    return runtime::adopt_descriptor(std::exchange(fd_, -1), told);
  }

 private:
  int fd_;
};

inline int family_of(const endpoint& where) noexcept {
  return where.address().is_v4() ? AF_INET : AF_INET6;
}

/// bind(2).
result<void> bind_socket(int fd, const socket_address& where) noexcept;
inline result<void> bind_socket(int fd, const endpoint& where) noexcept {
  return bind_socket(fd, to_socket_address(where));
}

/// setsockopt(2) with an int.
result<void> set_option(int fd, int level, int name, int value) noexcept;

/// The endpoint that a socket is bound or connected to, with IPv4-mapped addresses as IPv4: what
/// getsockname(2) and getpeername(2) say.
result<endpoint> local_endpoint(int fd) noexcept;
result<endpoint> peer_endpoint(int fd) noexcept;

/// An endpoint as users see it: IPv4 addresses are IPv4 also when a dual-stack socket maps them.
inline endpoint unmapped(const endpoint& where) noexcept {
  return {where.address().unmapped(), where.port()};
}

/// A turn at one direction of a descriptor, given back at the end of the scope.
class turn {
 public:
  turn(runtime::descriptor& target, runtime::direction which) noexcept
      : target_(target), which_(which), begun_(target.begin_turn(which)) {}
  ~turn() {
    if (begun_) target_.finish_turn(which_);
  }
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

  /// Whether it is ours: errc::closed or errc::deadline_exceeded if not.
  const result<void>& begun() const noexcept { return begun_; }

  template <typename Call>
  result<std::size_t> attempt(Call&& call) {
    return target_.attempt(which_, std::forward<Call>(call));
  }

 private:
  runtime::descriptor& target_;
  const runtime::direction which_;
  const result<void> begun_;
};

}  // namespace leat::net
