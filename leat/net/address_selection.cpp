#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include <leat/net/address_selection.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {
namespace {

// RFC 6724, section 2.1: the entry with the longest prefix that fits tells of an address.
struct policy {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
  int precedence;
  int label;
};
constexpr std::array policies{
    policy{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, 50, 0},  // loopback
    policy{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 35, 4},         // IPv4
    policy{{}, 96, 1, 3},                                                  // IPv4-compatible
    policy{{0x20, 0x01}, 32, 5, 5},                                        // Teredo
    policy{{0x20, 0x02}, 16, 30, 2},                                       // 6to4
    policy{{0x3f, 0xfe}, 16, 1, 12},                                       // 6bone
    policy{{0xfe, 0xc0}, 10, 1, 11},                                       // site-local
    policy{{0xfc}, 7, 3, 13},                                              // unique local
    policy{{}, 0, 40, 1},                                                  // everything else
};

unsigned common_prefix_bits(std::span<const std::uint8_t> left, std::span<const std::uint8_t> right) {
  unsigned bits = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const auto differing = static_cast<std::uint8_t>(left[i] ^ right[i]);
    if (differing != 0) return bits + static_cast<unsigned>(std::countl_zero(differing));
    bits += 8;
  }
  return bits;
}

const policy& policy_of(const ip_address& address) noexcept {
  const ip_address as_v6 = address.mapped();
  return *std::ranges::find_if(policies, [bytes = as_v6.bytes()](const policy& one) {
    return common_prefix_bits(bytes, one.prefix) >= one.bits;
  });
}

// The scopes of RFC 4291, section 2.7, also for what is no multicast address: RFC 6724, sections 3.1 and 3.2.
int scope_of(const ip_address& address) noexcept {
  constexpr int link_local = 0x2;
  constexpr int site_local = 0x5;
  constexpr int global = 0xe;
  if (address.is_v6() && address.is_multicast()) return address.bytes()[1] & 0xf;
  if (address.is_loopback() || address.is_link_local()) return link_local;
  const auto bytes = address.bytes();
  if (address.is_v6() && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0xc0) return site_local;
  return global;
}

// What the rules look at, found out once for each route.
struct rated {
  rated(const route& from, std::size_t place)
      : of(from),
        position(place),
        precedence(policy_of(from.destination).precedence),
        scope(scope_of(from.destination)),
        usable(from.source.has_value()),
        same_scope(usable && scope_of(*from.source) == scope),
        same_label(usable && policy_of(*from.source).label == policy_of(from.destination).label) {
    // Interface identifiers have nothing to do with distance: only the first half is compared. IPv4 has been
    // left out since experience showed that it undoes what DNS does to spread load.
    constexpr unsigned network_bits = 64;
    if (usable && from.source->is_v6() && from.destination.is_v6()) {
      matching_bits =
          std::min(network_bits, common_prefix_bits(from.source->bytes(), from.destination.bytes()));
    }
  }

  route of;
  std::size_t position;  // as they came
  int precedence;
  int scope;
  bool usable;
  bool same_scope;
  bool same_label;
  unsigned matching_bits = 0;
};

bool is_better(const rated& left, const rated& right) noexcept {
  if (left.usable != right.usable) return left.usable;                                 // rule 1
  if (left.same_scope != right.same_scope) return left.same_scope;                     // rule 2
  if (left.same_label != right.same_label) return left.same_label;                     // rule 5
  if (left.precedence != right.precedence) return left.precedence > right.precedence;  // rule 6
  if (left.scope != right.scope) return left.scope < right.scope;                      // rule 8
  if (left.matching_bits != right.matching_bits)                                       // rule 9
    return left.matching_bits > right.matching_bits;
  return left.position < right.position;  // rule 10
}

// Connecting a datagram socket only chooses the route.
std::optional<ip_address> source_for(const ip_address& destination) noexcept {
  constexpr std::uint16_t any_port = 9;
  const auto socket = raw_socket::open(destination.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM);
  if (!socket) return std::nullopt;
  const socket_address to = to_socket_address(endpoint(destination, any_port));
  if (::connect(socket->fd(), to.data(), to.size) != 0) return std::nullopt;
  const auto from = local_endpoint(socket->fd());
  if (!from) return std::nullopt;
  return from->address();
}

}  // namespace

void sort_routes(std::vector<route>& routes) {
  std::vector<rated> all;
  all.reserve(routes.size());
  for (const route& one : routes)
    all.emplace_back(one, all.size());
  std::ranges::sort(all, is_better);
  std::ranges::transform(all, routes.begin(), &rated::of);
}

void sort_by_preference(std::vector<ip_address>& addresses) {
  if (addresses.size() < 2) return;
  std::vector<route> routes;
  routes.reserve(addresses.size());
  for (const ip_address& address : addresses)
    routes.push_back({address, source_for(address)});
  sort_routes(routes);
  std::ranges::transform(routes, addresses.begin(), &route::destination);
}

void interleave_families(std::vector<endpoint>& endpoints) {
  if (endpoints.empty()) return;
  const auto first_family = family_of(unmapped(endpoints.front()));
  std::vector<endpoint> first;
  std::vector<endpoint> second;
  for (const endpoint& one : endpoints)
    (family_of(unmapped(one)) == first_family ? first : second).push_back(one);
  endpoints.clear();
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) endpoints.push_back(first[i]);
    if (i < second.size()) endpoints.push_back(second[i]);
  }
}

}  // namespace leat::net
