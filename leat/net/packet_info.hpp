// What travels beside a datagram: where it was sent to, where it is to be sent from, and how it is cut into
// segments, as ancillary data of recvmsg(2) and sendmsg(2). Not for users.
#pragma once

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>

#include <leat/net/udp_batch.hpp>

namespace leat::net {

/// Room for all that one message carries: on a dual-stack socket an IPv4 datagram comes with its packet info
/// in both forms.
struct control_buffer {
  static constexpr std::size_t size =
      CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(int));

  alignas(cmsghdr) std::array<std::byte, size> bytes;
};

/// What came beside a datagram.
struct controls {
  udp_arrival arrival;
  std::size_t segment_bytes = 0;  ///< of the datagrams that the message holds; 0: it is a single one
};

/// Reads what recvmsg(2) has left in `message`.
controls read_controls(msghdr& message) noexcept;

/// Builds the ancillary data of a message to be sent, in a buffer that must outlive the call.
class control_writer {
 public:
  control_writer(msghdr& message, control_buffer& room) noexcept;

  /// The address and the interface to send from, to a peer of IPv6 or IPv4; 0.0.0.0, :: and 0 leave it to the
  /// system (ip(7), ipv6(7): IP_PKTINFO, IPV6_PKTINFO).
  void source(bool to_v6, const ip_address& local, std::uint32_t interface) noexcept;

  /// How many bytes each datagram is to have but the last (udp(7): UDP_SEGMENT).
  void segments(std::size_t bytes) noexcept;

 private:
  template <typename Value>
  void append(int level, int type, const Value& value) noexcept;

  msghdr& message_;
};

}  // namespace leat::net
