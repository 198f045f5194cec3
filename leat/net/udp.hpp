// UDP: datagrams, each of which arrives whole, or not at all, or twice, in any order.
//
//   auto socket = leat::net::listen_udp("127.0.0.1:9000").value();
//   std::array<std::byte, leat::net::udp_datagram_limit> buffer;
//   while (auto got = socket.read_from(buffer))
//     static_cast<void>(socket.write_to(std::span(buffer).first(got->size), got->from));
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <leat/net/dial.hpp>
#include <leat/net/socket_base.hpp>

namespace leat::net {

/// A buffer of this size holds any datagram; the greatest that can be sent over IPv4 has 65507 bytes.
inline constexpr std::size_t udp_datagram_limit = 65535;

struct udp_options {
  /// Bind also where another socket that wants the same is bound already (multicast).
  bool reuse_address = false;
  /// Let several sockets share the port; the system spreads datagrams over them by sender.
  bool reuse_port = false;
  /// Keep a socket on "[::]" from serving IPv4 too.
  bool v6_only = false;
};

/// What read_from() received.
struct udp_received {
  std::size_t size = 0;    ///< bytes in the buffer; 0 is a datagram without content
  bool truncated = false;  ///< the datagram was longer than the buffer, and the rest of it is lost
  endpoint from;
};

/// A UDP socket; sending to broadcast addresses is allowed. Datagrams can be read and written by many
/// goroutines.
class udp_socket : public socket_base {
 public:
  /// A closed socket.
  udp_socket() noexcept = default;

  /// The next datagram and its sender; what does not fit the buffer is lost, and `truncated` says so. An
  /// empty buffer takes a datagram too. Blocks; unblocked by a datagram, close() and the read deadline.
  /// Errors: errc::closed, errc::deadline_exceeded; on a connected socket ECONNREFUSED when the peer's
  /// machine has said that nobody listens there: the socket goes on working.
  result<udp_received> read_from(std::span<std::byte> buffer);

  /// The next datagram's size. As read_from(), but a datagram longer than the buffer is errc::too_long; its
  /// beginning is in the buffer, the rest lost.
  result<std::size_t> read(std::span<std::byte> buffer);

  /// Sends one datagram to `to`; an empty one is a datagram too. An IPv4 address works on a dual-stack
  /// socket. Blocks while the system's buffer is full; unblocked by close() and the write deadline. Errors:
  /// errc::closed, errc::deadline_exceeded, EMSGSIZE (too long for one datagram), EAFNOSUPPORT (an IPv6
  /// address on an IPv4 socket), ENETUNREACH and the like of sendto(2).
  result<void> write_to(std::span<const std::byte> data, const endpoint& to);
  result<void> write_to(std::string_view text, const endpoint& to) {
    return write_to(std::as_bytes(std::span(text)), to);
  }

  /// Sends one datagram to the peer of a connected socket. Errors: as write_to(); EDESTADDRREQ if not
  /// connected; ECONNREFUSED as for read_from(), told of an earlier datagram.
  result<void> write(std::span<const std::byte> data);
  result<void> write(std::string_view text) { return write(std::as_bytes(std::span(text))); }

  /// The peer of a connected socket; 0.0.0.0:0 for others.
  const endpoint& remote_address() const noexcept { return remote_; }

 private:
  friend result<udp_socket> listen_udp(const endpoint& local, const udp_options& options);
  friend struct udp_dialer;

  udp_socket(handle owned, bool v6, const endpoint& remote) noexcept
      : socket_base(std::move(owned)), v6_(v6), remote_(remote) {}

  bool v6_ = false;
  endpoint remote_;
};

/// A socket that is bound to "host:service"; the text means what it means to listen_tcp(), and so do the
/// errors.
result<udp_socket> listen_udp(std::string_view address, const udp_options& options = {});
result<udp_socket> listen_udp(const endpoint& local, const udp_options& options = {});

/// A socket that is connected to the first address of "host:service" that has a route: it sends to that peer,
/// receives from it only, and learns when nobody listens there. The timeout is for looking the name up.
/// Errors: errc::deadline_exceeded, those of resolve_endpoints(), of bind(2) and connect(2).
result<udp_socket> dial_udp(std::string_view address, const dial_options& options = {});
result<udp_socket> dial_udp(const endpoint& remote, const dial_options& options = {});

}  // namespace leat::net
