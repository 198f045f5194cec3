// What sockets that listen for connections share, TCP and Unix alike.
//
// The usual loop of accept() never ends by a passing shortage: see tcp_listener::accept().
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include <leat/net/socket_base.hpp>

namespace leat::net {

class pauses;
struct socket_address;

class stream_listener : protected socket_base {
 public:
  /// Stops listening: every accept() returns errc::closed, now and later, connections that nobody has
  /// accepted are reset, and whoever dials is refused. A TCP address can be listened on again at once, unless
  /// without listen_options::reuse_address; an abstract Unix name, and that address, once all who were in
  /// accept() have returned. Whoever shares the socket, as a child that was forked does, loses it, too.
  /// Errors: errc::closed, the second time.
  result<void> close() noexcept;

  /// From then on accept() fails with errc::deadline_exceeded, until the deadline is moved; leat::never lifts
  /// it. Errors: errc::closed.
  result<void> set_deadline(time_point when) noexcept;
  result<void> set_deadline(std::chrono::nanoseconds from_now) noexcept;

  /// Those of the listener; most pass to the connections that it accepts.
  using socket_base::options;

  /// The buffer sizes that accepted connections start with.
  using socket_base::set_read_buffer;
  using socket_base::set_write_buffer;

  /// How often accept() has paused for lack of descriptors or memory: for logs and metrics.
  std::uint64_t pauses() const noexcept;

 protected:
  stream_listener() noexcept = default;
  explicit stream_listener(handle listening);
  stream_listener(stream_listener&&) noexcept = default;
  stream_listener& operator=(stream_listener&& other) noexcept;
  ~stream_listener();

  /// The next connection, whose address is left in `peer`; as tcp_listener::accept() says.
  result<handle> accept_next(socket_address& peer);

 private:
  std::shared_ptr<net::pauses> pauses_;  // null: closed since ever
};

}  // namespace leat::net
