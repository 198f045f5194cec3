// What "host:service" means to those who bind a socket to it, TCP or UDP. Not for users.
#pragma once

#include <string_view>

#include <leat/net/resolve.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {

/// Calls `bind(endpoint)`, which returns a result<...>, for what `address` stands for: every address of the
/// machine if the host is empty, IPv6 with IPv4 or IPv4 alone where there is no IPv6; otherwise the addresses
/// of the host, until one succeeds. Returns the first error if none does.
template <typename Bind>
auto bind_text(std::string_view address, std::string_view protocol, bool v6_only, Bind&& bind)
    -> decltype(bind(endpoint())) {
  if (const auto halves = split_host_port(address); halves && halves->host.empty()) {
    const auto port = resolve_service(halves->port, protocol);
    if (!port) return std::unexpected(port.error());
    auto both = bind(endpoint(ip_address::any_v6(), *port));
    const bool no_v6_here = !both && (both.error() == std::errc::address_family_not_supported ||
                                      both.error() == std::errc::address_not_available);
    if (!no_v6_here || v6_only) return both;
    return bind(endpoint(ip_address::any_v4(), *port));
  }
  const auto candidates = resolve_endpoints(address, protocol);
  if (!candidates) return std::unexpected(candidates.error());
  auto outcome = bind(candidates->front());
  for (std::size_t i = 1; !outcome && i < candidates->size(); ++i) {
    if (auto bound = bind((*candidates)[i])) return bound;
  }
  return outcome;
}

}  // namespace leat::net
