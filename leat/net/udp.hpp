// UDP (RFC 768): datagrams, each of which arrives whole, or not at all, or twice, in any order.
//
//   auto socket = leat::net::listen_udp("127.0.0.1:9000").value();
//   std::array<std::byte, leat::net::udp_datagram_limit> buffer;
//   while (auto got = socket.read_from(buffer))
//     static_cast<void>(socket.write_to(std::span(buffer).first(got->size), got->from));
//
// Who has many to read or to write does so by the batch: leat/net/udp_batch.hpp.
//
// What a peer's machine says of datagrams that it could not deliver (ICMP) reaches only connected sockets,
// since only they know whom it is about: the next read or write, whichever comes first, returns it once, and
// does not do what it was called for. The socket goes on working.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <leat/net/dial.hpp>
#include <leat/net/socket_base.hpp>
#include <leat/net/udp_batch.hpp>

namespace leat::net {

/// A buffer of this size holds any datagram; the greatest that can be sent over IPv4 has 65507 bytes.
inline constexpr std::size_t udp_datagram_limit = 65535;

struct udp_options {
  /// Bind also where another socket that wants the same is bound already (multicast).
  bool reuse_address = false;
  /// Let several sockets share the port; the system spreads datagrams over them by sender and receiver.
  bool reuse_port = false;
  /// Keep a socket on "[::]" from serving IPv4 too.
  bool v6_only = false;
  /// Learn with each datagram which of the machine's addresses it came to: udp_arrival.
  bool packet_info = false;
  /// Receive runs of datagrams as one, where the system can: many times faster for those that come in bulk.
  /// Such a socket is read by read_batch() alone, with batches of at least 64 KiB in all.
  bool coalesced_reads = false;
  /// Send what goes to one peer in one batch as one, where the system can; false: never.
  bool segmented_writes = true;
};

/// What read_from() received.
struct udp_received {
  std::size_t size = 0;    ///< bytes in the buffer; 0 is a datagram without content
  bool truncated = false;  ///< the datagram was longer than the buffer, and the rest of it is lost
  endpoint from;
};

/// What read_message() received.
struct udp_message {
  std::size_t size = 0;    ///< as in udp_received
  bool truncated = false;  ///< as in udp_received
  endpoint from;
  udp_arrival arrival;
};

/// A UDP socket; sending to broadcast addresses is allowed. Datagrams can be read and written by many
/// goroutines at once: each datagram goes to one of those who read.
class udp_socket : public socket_base {
 public:
  /// A closed socket.
  udp_socket() noexcept = default;

  /// The next datagram and its sender; what does not fit the buffer is lost, and `truncated` says so. An
  /// empty buffer takes a datagram too. Blocks; unblocked by a datagram, close() and the read deadline.
  /// Errors: errc::closed, errc::deadline_exceeded; EOPNOTSUPP on a socket with coalesced_reads in effect; on
  /// a connected socket ECONNREFUSED when the peer's machine has said that nobody listens there, and
  /// EHOSTUNREACH and the like.
  result<udp_received> read_from(std::span<std::byte> buffer);

  /// As read_from(), with the address that the datagram came to, if the socket has udp_options::packet_info.
  result<udp_message> read_message(std::span<std::byte> buffer);

  /// The next datagram's size. As read_from(), but a datagram longer than the buffer is errc::too_long; its
  /// beginning is in the buffer, the rest lost.
  result<std::size_t> read(std::span<std::byte> buffer);

  /// Waits for a datagram, and puts it and all others that have come into the batch, as many as it has room
  /// for, in the place of what was there. Returns how many: at least one. After an error the batch is empty.
  /// Blocks and fails as read_from(); ENOBUFS when the socket has coalesced_reads in effect and the batch has
  /// less than 64 KiB.
  result<std::size_t> read_batch(udp_batch& batch);

  /// Sends one datagram to `to`; an empty one is a datagram too. An IPv4 address works on a dual-stack
  /// socket, and a connected socket sends to others, too. Blocks while the system's buffer is full; unblocked
  /// by close() and the write deadline. Errors: errc::closed, errc::deadline_exceeded, EMSGSIZE (too long for
  /// one datagram), EAFNOSUPPORT (an IPv6 address on an IPv4 socket), ENETUNREACH and the like of sendto(2).
  result<void> write_to(std::span<const std::byte> data, const endpoint& to);
  result<void> write_to(std::string_view text, const endpoint& to) {
    return write_to(std::as_bytes(std::span(text)), to);
  }

  /// As write_to(), from a given address of ours and through a given interface: to answer from where one was
  /// asked, `local` being the udp_arrival::local of the question. 0.0.0.0 or :: leaves the address to the
  /// system, and so does 0 the interface. Errors: also EAFNOSUPPORT (`local` and `to` differ in family),
  /// EINVAL (`local` is not ours), ENODEV (there is no such interface).
  result<void> write_from(std::span<const std::byte> data, const endpoint& to, const ip_address& local,
                          std::uint32_t interface = 0);
  result<void> write_from(std::string_view text, const endpoint& to, const ip_address& local,
                          std::uint32_t interface = 0) {
    return write_from(std::as_bytes(std::span(text)), to, local, interface);
  }

  /// Sends one datagram to the peer of a connected socket. Errors: as write_to(); EDESTADDRREQ if not
  /// connected; ECONNREFUSED as for read_from(), told of an earlier datagram.
  result<void> write(std::span<const std::byte> data);
  result<void> write(std::string_view text) { return write(std::as_bytes(std::span(text))); }

  /// Sends every datagram of the batch, in order, each to its peer, and from where it came to if it was read
  /// with packet_info. Those that cannot be sent do not keep back the others: udp_batch::error() has their
  /// reasons, and the first of these is returned. Datagrams of others may go out in between. Blocks and fails
  /// as write_to(); by close() and the deadline all that has not been sent fails.
  result<void> write_batch(udp_batch& batch);

  /// The peer of a connected socket; 0.0.0.0:0 for others.
  const endpoint& remote_address() const noexcept { return remote_; }

  /// Whether udp_options::coalesced_reads was asked for, and the system does it.
  bool coalesces_reads() const noexcept { return coalesced_; }

  /// Becomes a member of a multicast group, so that datagrams to it are received, from anybody or from one
  /// source (RFC 4607), as they come through the interface of that index; 0: the one that the system's routes
  /// say, or the scope of the group's address. From the first time on the socket hears only of groups that it
  /// has joined itself. The socket must be bound to the group's port; a dual-stack one joins groups of both
  /// families. Errors: errc::closed, EINVAL (not a multicast address), ENODEV (no such interface or no
  /// route), EADDRINUSE (joined already), ENOBUFS (igmp_max_memberships), EAFNOSUPPORT (the source is of
  /// another family).
  result<void> join_group(const ip_address& group, std::uint32_t interface = 0);
  result<void> join_group_source(const ip_address& group, const ip_address& source,
                                 std::uint32_t interface = 0);

  /// Ends a membership, which closing the socket also does. The arguments are those that it began with.
  /// Errors: errc::closed, EADDRNOTAVAIL (there is no such membership), EINVAL, ENODEV.
  result<void> leave_group(const ip_address& group, std::uint32_t interface = 0);
  result<void> leave_group_source(const ip_address& group, const ip_address& source,
                                  std::uint32_t interface = 0);

  /// The interface that multicast datagrams leave by; 0: as the system's routes say, which is the default.
  /// Errors: errc::closed, EADDRNOTAVAIL or ENODEV (there is none).
  result<void> set_multicast_interface(std::uint32_t interface) noexcept;

  /// How many routers may pass a multicast datagram on, 0 to 255: 0 keeps it on this machine, 1, the default,
  /// in the local network (IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS). Errors: errc::closed, EINVAL.
  result<void> set_multicast_hops(unsigned hops) noexcept;

  /// Whether members on this machine receive what this socket sends; the default is true.
  /// Errors: errc::closed.
  result<void> set_multicast_loop(bool on) noexcept;

 private:
  friend struct udp_opener;

  udp_socket(handle owned, bool v6, const endpoint& remote, const udp_options& options) noexcept
      : socket_base(std::move(owned)),
        v6_(v6),
        packet_info_(options.packet_info),
        coalesced_(options.coalesced_reads),
        segmented_(options.segmented_writes),
        remote_(remote) {}

  bool is_connected() const noexcept { return remote_ != endpoint(); }
  result<void> check_single_reads() const noexcept;
  result<void> set_multicast_option(int v6_name, int v4_name, int value) noexcept;

  bool v6_ = false;
  bool packet_info_ = false;
  bool coalesced_ = false;
  bool segmented_ = true;
  endpoint remote_;
};

/// A socket that is bound to "host:service"; the text means what it means to listen_tcp(), and so do the
/// errors.
result<udp_socket> listen_udp(std::string_view address, const udp_options& options = {});
result<udp_socket> listen_udp(const endpoint& local, const udp_options& options = {});

/// `count` sockets, at least one, that share one port: the system gives each sender one of them, so that as
/// many goroutines can serve without a common queue. Port 0 is chosen once for all. Errors: as listen_udp().
result<std::vector<udp_socket>> listen_udp_shared(std::string_view address, std::size_t count,
                                                  udp_options options = {});

/// A socket that receives what is sent to a multicast group and port, beside others that do: bound to the
/// group's own address, with udp_options::reuse_address, and a member on the interface of that index (see
/// udp_socket::join_group()). Errors: those of listen_udp() and join_group().
result<udp_socket> listen_multicast(const endpoint& group, std::uint32_t interface = 0,
                                    udp_options options = {});

/// A socket that is connected to the first address of "host:service" that has a route: it sends to that peer,
/// receives from it only, and learns when nobody listens there. The timeout and the context are for looking
/// the name up; `control` is called for each socket before it is bound and connected. Errors:
/// errc::deadline_exceeded, the error of the context, those of resolver::endpoints(), of `control`, of
/// bind(2) and connect(2).
result<udp_socket> dial_udp(std::string_view address, const dial_options& options = {},
                            const udp_options& socket_options = {});
result<udp_socket> dial_udp(const endpoint& remote, const dial_options& options = {},
                            const udp_options& socket_options = {});

}  // namespace leat::net
