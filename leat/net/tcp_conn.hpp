// One TCP connection, read and written in straight blocking code that parks the goroutine and never a thread.
//
//   std::array<std::byte, 4096> buffer;
//   while (auto count = conn.read(buffer)) {
//     if (*count == 0) break;                                        // the peer has ended its side
//     if (!conn.write(std::span(buffer).first(*count))) break;
//   }
//
// A peer that vanishes is an error value (ECONNRESET, EPIPE, ETIMEDOUT), never a signal; the rest of what
// every stream promises is in stream.hpp.
#pragma once

#include <utility>

#include <leat/net/address.hpp>
#include <leat/net/options.hpp>
#include <leat/net/stream_socket.hpp>
#include <leat/net/tcp_info.hpp>

namespace leat::net {

class tcp_conn final : public stream_socket {
 public:
  /// A closed connection.
  tcp_conn() noexcept = default;

  using socket_base::local_address;

  /// The peer, also after the connection has failed or was closed.
  const endpoint& remote_address() const noexcept { return remote_; }

  /// Sends small writes at once instead of gathering them (TCP_NODELAY). On unless turned off.
  result<void> set_no_delay(bool on);

  /// On from the start with the defaults of `keep_alive`. Errors: errc::closed, EINVAL for numbers out of
  /// range.
  result<void> set_keep_alive(const keep_alive& how);
  result<void> disable_keep_alive();

  result<void> set_linger(linger mode);

  /// The state of the connection. Errors: errc::closed.
  result<tcp_info> info() const;

 private:
  friend class tcp_listener;
  friend struct tcp_dialer;

  tcp_conn(handle owned, const endpoint& remote) noexcept
      : stream_socket(std::move(owned)), remote_(remote) {}

  endpoint remote_;
};

}  // namespace leat::net
