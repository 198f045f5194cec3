// Names: hosts to addresses, services to ports, and back; and what this machine is called and reachable at.
//
// Look-ups ask the system (getaddrinfo(3) with /etc/hosts, DNS and whatever else nsswitch.conf names) on the
// pool of leat::blocking, so that a slow name server parks the goroutine and never a worker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <leat/deadline.hpp>
#include <leat/error.hpp>
#include <leat/net/address.hpp>

namespace leat::net {

/// The addresses of a host, at least one, each once, in the order in which they should be tried (RFC 6724). A
/// literal is its own address, and "localhost" and all below it is this machine, 127.0.0.1 and ::1 (RFC
/// 6761), without a look-up. Errors: errc::bad_address for what cannot be a host name (empty, longer than 253
/// bytes, or with a NUL byte); errc::unknown_host; those of resolver_category(), such as a name server that
/// does not answer.
result<std::vector<ip_address>> resolve_host(std::string_view name);

/// The port of a service ("mysql" is 3306) over `protocol`, "tcp" or "udp"; a number is itself.
/// Errors: errc::unknown_service; errc::bad_address for a number above 65535.
result<std::uint16_t> resolve_service(std::string_view service, std::string_view protocol = "tcp");

/// The name of the service at a port: the inverse of resolve_service(). Errors: errc::unknown_service.
result<std::string> service_name(std::uint16_t port, std::string_view protocol = "tcp");

/// The endpoints that "host:service" stands for, at least one, in the order in which they should be tried. An
/// empty host is this machine: 127.0.0.1 and ::1. A look-up that has not ended by `deadline` is left to
/// itself. Errors: errc::bad_address (address_fault() tells why), errc::deadline_exceeded, and those of
/// resolve_host() and resolve_service().
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

/// The category of what the system's resolver reports (EAI_AGAIN and the like of getaddrinfo(3)); its name is
/// "resolver". EAI_AGAIN equals std::errc::resource_unavailable_try_again.
const std::error_category& resolver_category() noexcept;

}  // namespace leat::net
