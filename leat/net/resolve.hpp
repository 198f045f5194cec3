// Names: hosts to addresses, services to ports, and back; and what this machine is called and reachable at.
//
// The functions here ask as the system is configured; leat/net/resolver.hpp tells how, and lets others be
// asked. Nothing here keeps a worker from its other goroutines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <leat/deadline.hpp>
#include <leat/error.hpp>
#include <leat/net/address.hpp>
#include <leat/net/resolver.hpp>

namespace leat::net {

/// The addresses of a host: resolver::addresses().
result<std::vector<ip_address>> resolve_host(std::string_view name, const wait_limits& limits = {});

/// The names of an address: resolver::names().
result<std::vector<std::string>> resolve_names(const ip_address& address, const wait_limits& limits = {});

/// Where a domain offers a service: resolver::locations().
result<std::vector<service_location>> resolve_locations(std::string_view service, std::string_view protocol,
                                                        std::string_view domain,
                                                        const wait_limits& limits = {});

/// The port of a service ("mysql" is 3306) over `protocol`, "tcp" or "udp"; a number is itself.
/// Errors: errc::unknown_service; errc::bad_address for a number above 65535.
result<std::uint16_t> resolve_service(std::string_view service, std::string_view protocol = "tcp");

/// The name of the service at a port: the inverse of resolve_service(). Errors: errc::unknown_service.
result<std::string> service_name(std::uint16_t port, std::string_view protocol = "tcp");

/// The endpoints that "host:service" stands for, at least one, in the order in which they should be tried:
/// resolver::endpoints().
result<std::vector<endpoint>> resolve_endpoints(std::string_view address, std::string_view protocol,
                                                const wait_limits& limits);
result<std::vector<endpoint>> resolve_endpoints(std::string_view address, std::string_view protocol = "tcp",
                                                time_point deadline = never);

/// The name of this machine. Errors: those of gethostname(2).
result<std::string> host_name();

/// One address of one of this machine's interfaces.
struct interface_address {
  std::string interface;    ///< "lo", "eth0"
  std::uint32_t index = 0;  ///< what scope ids refer to
  ip_address address;
  unsigned prefix_length = 0;  ///< bits of the address that name its network
  bool up = false;
  bool loopback = false;
};

/// Every IP address of this machine. Errors: those of getifaddrs(3).
result<std::vector<interface_address>> interface_addresses();

/// The category of what name servers and the system's resolver report, with the numbers of getaddrinfo(3):
/// EAI_AGAIN when nobody answered, EAI_FAIL when an answer was of no use; its name is "resolver". EAI_AGAIN
/// equals std::errc::resource_unavailable_try_again.
const std::error_category& resolver_category() noexcept;

}  // namespace leat::net
