// In which order the addresses of a host are to be tried: RFC 6724, section 6. Not for users.
#pragma once

#include <optional>
#include <vector>

#include <leat/net/address.hpp>

namespace leat::net {

/// An address that may be connected to, and the address of ours that the system would do it from; none when
/// there is no route.
struct route {
  ip_address destination;
  std::optional<ip_address> source;
};

/// Sorts by the rules of RFC 6724 with its default policy table, the best first; the order of equals stays.
/// Rules 3, 4 and 7 (deprecated, home and tunnelled addresses) need what the system does not tell.
void sort_routes(std::vector<route>& routes);

/// The same for addresses, asking the system for the routes; sends nothing.
void sort_by_preference(std::vector<ip_address>& addresses);

/// Lets the two families take turns, beginning with that of the first: RFC 8305, section 4. The order within
/// each stays.
void interleave_families(std::vector<endpoint>& endpoints);

}  // namespace leat::net
