// Questions to name servers: what a resolver asks once files have not answered. Not for users.
#pragma once

#include <string>
#include <vector>

#include <leat/net/resolver.hpp>

namespace leat::net {

/// Whom to ask. With `system_servers`, resolv.conf(5) tells servers, search domains and dots; all
/// else is always that of `options`.
struct dns_settings {
  const resolver_options& options;
  bool system_servers = false;
};

/// Whether leat was built with c-ares. Without it the functions below fail with ENOSYS.
bool can_ask_name_servers() noexcept;

/// A and AAAA records of `host`, with search domains unless it ends with a dot; at most 64, unsorted.
result<std::vector<ip_address>> ask_addresses(const std::string& host, const dns_settings& settings,
                                              const wait_limits& limits);

/// PTR records of `address`; names that are no host names are left out.
result<std::vector<std::string>> ask_names(const ip_address& address, const dns_settings& settings,
                                           const wait_limits& limits);

/// SRV records of the name `record`, unsorted; an empty host is the root: no such service.
result<std::vector<service_location>> ask_locations(const std::string& record, const dns_settings& settings,
                                                    const wait_limits& limits);

}  // namespace leat::net
