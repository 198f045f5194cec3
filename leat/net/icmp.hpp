// ICMP echo: asking a machine whether it is there.
//
//   auto reply = leat::net::ping(leat::net::ip_address::loopback_v4(), {.timeout = 2s});
//   if (reply) std::cout << reply->time.count() << " ns\n";
//
// The system permits it to groups within net.ipv4.ping_group_range, for IPv6 as well, and to who has
// CAP_NET_RAW; both ways are tried.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include <leat/net/socket_base.hpp>
#include <leat/net/wait_limits.hpp>

namespace leat::net {

/// The longest payload that fits an IPv4 packet.
inline constexpr std::size_t icmp_payload_limit = 65'507;

/// What an echo reply said.
struct icmp_reply {
  ip_address from;
  std::uint16_t sequence = 0;
  std::size_t payload_bytes = 0;  ///< also of what did not fit the buffer
  int hop_limit = 0;              ///< how many routers more it might have passed; 0: not known
};

/// A socket that sends echo requests and hears the replies to its own ones. One goroutine may send while
/// another receives.
class icmp_socket : public socket_base {
 public:
  /// A closed socket.
  icmp_socket() noexcept = default;

  /// Sends an echo request. Blocks while the system's buffer is full; unblocked by close() and the write
  /// deadline. Errors: errc::closed, errc::deadline_exceeded, EMSGSIZE for more than icmp_payload_limit,
  /// EAFNOSUPPORT for an address of the other family, ENETUNREACH, EHOSTUNREACH and the like of sendto(2).
  result<void> send(const ip_address& to, std::uint16_t sequence, std::span<const std::byte> payload = {});

  /// The next reply to a request of this socket; as much of its payload as fits is in `payload`. Messages of
  /// any other kind are passed over. Blocks; unblocked by a reply, close() and the read deadline. Errors:
  /// errc::closed, errc::deadline_exceeded, and those of recvmsg(2).
  result<icmp_reply> receive(std::span<std::byte> payload = {});

 private:
  friend result<icmp_socket> open_icmp(const ip_address& family_of);

  icmp_socket(handle owned, bool v6, bool raw, std::uint16_t identifier) noexcept
      : socket_base(std::move(owned)), v6_(v6), raw_(raw), identifier_(identifier) {}

  bool v6_ = false;
  bool raw_ = false;              // the system hands over everything, whoever asked
  std::uint16_t identifier_ = 0;  // what tells a raw socket its own replies; others have the system's
};

/// A socket for requests to addresses of the family of `family_of`. Errors: EACCES or EPERM when neither a
/// datagram socket (net.ipv4.ping_group_range) nor a raw one (CAP_NET_RAW) is permitted; EAFNOSUPPORT.
result<icmp_socket> open_icmp(const ip_address& family_of);

struct ping_options {
  /// How long the reply is waited for; leat::never to leave that to the context.
  std::chrono::nanoseconds timeout = std::chrono::seconds(1);
  context ctx{};
  std::uint16_t sequence = 1;
  std::size_t payload_bytes = 56;  ///< at most icmp_payload_limit
};

struct ping_reply {
  std::chrono::nanoseconds time{};  ///< from before the request was sent until the reply was read
  int hop_limit = 0;                ///< of the reply; 0: not known
  std::size_t payload_bytes = 0;
};

/// Sends one echo request and waits for its reply. Errors: those of open_icmp() and icmp_socket::send();
/// errc::deadline_exceeded; that of the context.
result<ping_reply> ping(const ip_address& to, const ping_options& options = {});

}  // namespace leat::net
