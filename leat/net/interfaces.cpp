// What this machine is called and reachable at.
#include <ifaddrs.h>
#include <net/if.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <memory>

#include <leat/blocking.hpp>
#include <leat/net/resolve.hpp>
#include <leat/net/sockaddr.hpp>

namespace leat::net {
namespace {

unsigned count_bits(const ip_address& mask) noexcept {
  unsigned bits = 0;
  for (const std::uint8_t byte : mask.bytes())
    bits += static_cast<unsigned>(std::popcount(byte));
  return bits;
}

constexpr std::size_t size_of_family(int family) noexcept {
  return family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

result<std::vector<interface_address>> list_interfaces() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return last_system_error();
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
  std::vector<interface_address> found;
  for (const ifaddrs* entry = list; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const std::size_t size = size_of_family(family);
    const auto address = read_address(entry->ifa_addr, size);
    if (!address) continue;
    const auto mask = entry->ifa_netmask ? read_address(entry->ifa_netmask, size) : std::nullopt;
    found.push_back({.interface = entry->ifa_name,
                     .index = if_nametoindex(entry->ifa_name),
                     .address = *address,
                     .prefix_length = mask ? count_bits(*mask) : 0,
                     .up = (entry->ifa_flags & IFF_UP) != 0,
                     .loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0});
  }
  return found;
}

}  // namespace

result<std::string> host_name() {
  std::array<char, 257> name{};  // HOST_NAME_MAX is 64 on Linux; POSIX allows 255
  if (gethostname(name.data(), name.size() - 1) != 0) return last_system_error();
  return std::string(name.data());
}

result<std::vector<interface_address>> interface_addresses() {
  return blocking(list_interfaces);
}

}  // namespace leat::net
