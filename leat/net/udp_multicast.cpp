// Groups: protocol-independent membership (RFC 3678), which takes interfaces by index.
#include <array>
#include <cerrno>
#include <cstring>

#include <leat/net/system_socket.hpp>
#include <leat/net/udp.hpp>

namespace leat::net {
namespace {

template <typename Value>
result<void> set_value(int fd, int level, int name, const Value& value) noexcept {
  if (::setsockopt(fd, level, name, &value, sizeof(value)) != 0) return last_system_error();
  return {};
}

void put_address(sockaddr_storage& into, const ip_address& address) noexcept {
  const socket_address raw = to_socket_address(endpoint(address, 0));
  std::memset(&into, 0, sizeof(into));
  std::memcpy(&into, raw.data(), raw.size);
}

int level_of(const ip_address& group) noexcept {
  return group.is_v6() ? IPPROTO_IPV6 : IPPROTO_IP;
}

// The kernel gives a socket the datagrams of all groups that anyone on the machine has joined, unless told
// otherwise. Old kernels do not know the option for IPv6.
void hear_only_own_groups(int fd, const ip_address& group) noexcept {
  static_cast<void>(
      set_option(fd, level_of(group), group.is_v6() ? IPV6_MULTICAST_ALL : IP_MULTICAST_ALL, 0));
}

result<void> change_membership(int fd, int name, const ip_address& group, std::uint32_t interface) noexcept {
  group_req request{};
  request.gr_interface = interface != 0 ? interface : group.scope_id();
  put_address(request.gr_group, group);
  return set_value(fd, level_of(group), name, request);
}

result<void> change_source(int fd, int name, const ip_address& group, const ip_address& source,
                           std::uint32_t interface) noexcept {
  if (group.is_v6() != source.is_v6()) return system_error(EAFNOSUPPORT);
  group_source_req request{};
  request.gsr_interface = interface != 0 ? interface : group.scope_id();
  put_address(request.gsr_group, group);
  put_address(request.gsr_source, source);
  return set_value(fd, level_of(group), name, request);
}

}  // namespace

result<void> udp_socket::join_group(const ip_address& group, std::uint32_t interface) {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd([&](int fd) -> result<void> {
    hear_only_own_groups(fd, group.unmapped());
    return change_membership(fd, MCAST_JOIN_GROUP, group.unmapped(), interface);
  });
}

result<void> udp_socket::leave_group(const ip_address& group, std::uint32_t interface) {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd(
      [&](int fd) { return change_membership(fd, MCAST_LEAVE_GROUP, group.unmapped(), interface); });
}

result<void> udp_socket::join_group_source(const ip_address& group, const ip_address& source,
                                           std::uint32_t interface) {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd([&](int fd) -> result<void> {
    hear_only_own_groups(fd, group.unmapped());
    return change_source(fd, MCAST_JOIN_SOURCE_GROUP, group.unmapped(), source.unmapped(), interface);
  });
}

result<void> udp_socket::leave_group_source(const ip_address& group, const ip_address& source,
                                            std::uint32_t interface) {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd([&](int fd) {
    return change_source(fd, MCAST_LEAVE_SOURCE_GROUP, group.unmapped(), source.unmapped(), interface);
  });
}

// A dual-stack socket has the setting twice; one that serves IPv6 alone does not mind the other.
result<void> udp_socket::set_multicast_option(int v6_name, int v4_name, int value) noexcept {
  if (v6_) {
    if (auto set = set_int_option(IPPROTO_IPV6, v6_name, value); !set) return set;
  }
  return set_int_option(IPPROTO_IP, v4_name, value);
}

result<void> udp_socket::set_multicast_interface(std::uint32_t interface) noexcept {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd([&](int fd) -> result<void> {
    if (v6_) {
      if (auto set = set_value(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, interface); !set) return set;
    }
    ip_mreqn request{};
    request.imr_ifindex = static_cast<int>(interface);
    return set_value(fd, IPPROTO_IP, IP_MULTICAST_IF, request);
  });
}

result<void> udp_socket::set_multicast_hops(unsigned hops) noexcept {
  if (hops > 255) return system_error(EINVAL);
  return set_multicast_option(IPV6_MULTICAST_HOPS, IP_MULTICAST_TTL, static_cast<int>(hops));
}

result<void> udp_socket::set_multicast_loop(bool on) noexcept {
  return set_multicast_option(IPV6_MULTICAST_LOOP, IP_MULTICAST_LOOP, on ? 1 : 0);
}

result<udp_socket> listen_multicast(const endpoint& group, std::uint32_t interface, udp_options options) {
  options.reuse_address = true;
  const ip_address& address = group.address();
  if (!address.is_multicast()) return system_error(EINVAL);
  // Binding to a group of IPv6 that is local to a link needs to know which.
  const bool scoped = address.is_v6() && address.scope_id() == 0 && !address.is_v4_mapped();
  endpoint local = group;
  if (scoped) {
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), address.bytes().data(), bytes.size());
    local = endpoint(ip_address::v6(bytes, interface), group.port());
  }
  auto socket = listen_udp(local, options);
  if (!socket) return socket;
  if (auto joined = socket->join_group(address, interface); !joined) return std::unexpected(joined.error());
  return socket;
}

}  // namespace leat::net
