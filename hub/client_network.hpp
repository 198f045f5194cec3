// Whom an address stands for, where clients are counted.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include <leat/net/address.hpp>

namespace hub {

// The address, as IPv4 if it is one in IPv6's clothes; of IPv6 the /64, which one client has whole.
inline leat::net::ip_address client_network(const leat::net::ip_address& from) {
  const leat::net::ip_address plain = from.unmapped();
  if (plain.is_v4()) return plain;
  std::array<std::uint8_t, 16> network{};
  std::ranges::copy_n(plain.bytes().begin(), 8, network.begin());
  return leat::net::ip_address::v6(network);
}

}  // namespace hub
