#include <cstring>

#include <leat/net/packet_info.hpp>

namespace leat::net {
namespace {

template <typename Value>
Value value_of(const cmsghdr& header) noexcept {
  Value value;
  std::memcpy(&value, CMSG_DATA(&header), sizeof(value));
  return value;
}

ip_address to_address(const in_addr& raw) noexcept {
  std::array<std::uint8_t, 4> bytes;
  std::memcpy(bytes.data(), &raw, bytes.size());
  return ip_address::v4(bytes);
}

// A link-local address means nothing without its interface.
ip_address to_address(const in6_addr& raw, std::uint32_t interface) noexcept {
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &raw, bytes.size());
  const ip_address address = ip_address::v6(bytes);
  return address.is_link_local() ? ip_address::v6(bytes, interface) : address.unmapped();
}

udp_arrival to_arrival(const in_pktinfo& info) noexcept {
  return {.destination = to_address(info.ipi_addr),
          .local = to_address(info.ipi_spec_dst),
          .interface = static_cast<std::uint32_t>(info.ipi_ifindex)};
}

udp_arrival to_arrival(const in6_pktinfo& info) noexcept {
  const ip_address destination = to_address(info.ipi6_addr, info.ipi6_ifindex);
  return {.destination = destination,
          .local = destination.is_multicast() ? ip_address::any_v6() : destination,
          .interface = info.ipi6_ifindex};
}

}  // namespace

controls read_controls(msghdr& message) noexcept {
  controls found;
  bool as_v4 = false;  // which of the two forms was found: this one knows our address also for broadcasts
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
      found.arrival = to_arrival(value_of<in_pktinfo>(*each));
      as_v4 = true;
    } else if (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_PKTINFO && !as_v4) {
      found.arrival = to_arrival(value_of<in6_pktinfo>(*each));
    } else if (each->cmsg_level == SOL_UDP && each->cmsg_type == UDP_GRO) {
      found.segment_bytes = static_cast<std::size_t>(value_of<int>(*each));
    }
  }
  return found;
}

control_writer::control_writer(msghdr& message, control_buffer& room) noexcept : message_(message) {
  message.msg_control = room.bytes.data();
  message.msg_controllen = 0;
}

template <typename Value>
void control_writer::append(int level, int type, const Value& value) noexcept {
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(sizeof(value));
  header.cmsg_level = level;
  header.cmsg_type = type;
  auto* const place = static_cast<std::byte*>(message_.msg_control) + message_.msg_controllen;
  std::memcpy(place, &header, sizeof(header));
  std::memcpy(place + CMSG_LEN(0), &value, sizeof(value));
  message_.msg_controllen += CMSG_SPACE(sizeof(value));
}

void control_writer::source(bool to_v6, const ip_address& local, std::uint32_t interface) noexcept {
  const auto bytes = local.bytes();
  if (!to_v6) {
    in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(interface);
    if (local.is_v4()) std::memcpy(&info.ipi_spec_dst, bytes.data(), bytes.size());
    return append(IPPROTO_IP, IP_PKTINFO, info);
  }
  in6_pktinfo info{};
  info.ipi6_ifindex = interface != 0 ? interface : local.scope_id();
  if (local.is_v6()) std::memcpy(&info.ipi6_addr, bytes.data(), bytes.size());
  append(IPPROTO_IPV6, IPV6_PKTINFO, info);
}

void control_writer::segments(std::size_t bytes) noexcept {
  append(SOL_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(bytes));
}

}  // namespace leat::net
