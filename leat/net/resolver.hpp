// A resolver: who is asked for names, and how patiently.
//
//   const leat::net::resolver own({.servers = {leat::net::endpoint::parse("192.0.2.53:53").value()}});
//   auto addresses = own.addresses("mill.example", {.deadline = leat::deadline_after(2s)});
//
// The functions of resolve.hpp use one that is configured as the system is; make others for other servers, or
// for tests.
//
// A look-up reads the hosts file, on the pool of leat::blocking, and then asks name servers over UDP, and
// over TCP when an answer does not fit (RFC 1035, RFC 7766), waiting in the poller. It runs in the goroutine
// that wants it and owns its sockets, so that giving up leaves nothing behind. Where nsswitch.conf names
// further sources that may know the name (multicast DNS for ".local", systemd's resolved, ...), the system is
// asked instead (getaddrinfo(3)), on the pool: such a call cannot be broken off, so one that is given up goes
// on by itself until it ends. The same holds where leat was built without c-ares.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <leat/net/address.hpp>
#include <leat/net/wait_limits.hpp>

namespace leat::net {

struct resolver_options {
  /// The name servers, at most 16, asked in this order.
  std::vector<endpoint> servers{};
  /// How long the first round of questions waits for an answer; every further round twice as long.
  std::chrono::milliseconds timeout{5000};
  /// How often each server is asked, 1 to 16.
  int attempts = 2;
  /// Domains to complete short names with, and how many dots a name needs to be tried as it is first.
  std::vector<std::string> search{};
  int dots = 1;
  /// A file of the form of hosts(5) that is looked into before a server is asked; empty: none.
  std::string hosts_file{};
  /// Begins each look-up with another server, in turn, to share the load; else with the first.
  bool rotate = false;
  /// Asks over TCP from the start.
  bool over_tcp = false;
};

/// Where a service of a domain is to be found (RFC 2782).
struct service_location {
  std::string host;
  std::uint16_t port = 0;
  std::uint16_t priority = 0;  ///< lower is to be tried first
  std::uint16_t weight = 0;    ///< among equal priorities: its share of the load

  friend bool operator==(const service_location&, const service_location&) = default;
};

class resolver {
 public:
  /// As the system is configured: /etc/hosts, /etc/resolv.conf, /etc/nsswitch.conf, which are read anew for
  /// every look-up.
  resolver() = default;
  explicit resolver(resolver_options options) : options_(std::move(options)), as_system_(false) {}

  /// The addresses of a host, at least one and at most 64, each once, in the order in which they should be
  /// tried (RFC 6724, section 6). A literal is its own address, and "localhost" and all below it is this
  /// machine, 127.0.0.1 and ::1 (RFC 6761, section 6.3), without a look-up; no server hears of a name in
  /// ".onion" (RFC 7686). Blocks; unblocked by an answer,
  /// the servers' silence and `limits`. Errors: errc::bad_address for what cannot be a host name (empty,
  /// longer than 253 bytes, with a NUL byte or a colon); errc::unknown_host; errc::deadline_exceeded; the
  /// error of the context; those of resolver_category(): EAI_AGAIN when no server answers, EAI_FAIL when one
  /// refuses or talks nonsense; EINVAL for options out of range; ENOSYS when there are options, and leat was
  /// built without c-ares.
  result<std::vector<ip_address>> addresses(std::string_view host, const wait_limits& limits = {}) const;

  /// The endpoints that "host:service" stands for, as addresses(); an empty host is this machine: 127.0.0.1
  /// and ::1. Errors: also errc::bad_address for a malformed text (address_fault() tells why), and those of
  /// resolve_service().
  result<std::vector<endpoint>> endpoints(std::string_view address, std::string_view protocol = "tcp",
                                          const wait_limits& limits = {}) const;

  /// The names of an address, from the hosts file or, by PTR records, from name servers (RFC 1035, section
  /// 3.5; RFC 3596, section 2.5): at least one. Nobody vouches for them: look one up to see whether it leads
  /// back. Errors: errc::unknown_host when it has none, else as addresses().
  result<std::vector<std::string>> names(const ip_address& address, const wait_limits& limits = {}) const;

  /// Where `domain` offers a service, by SRV records (RFC 2782): ("xmpp-client", "tcp", "example.org"), in
  /// the order in which they should be tried, at random within equal priorities as their weights ask for.
  /// With an empty service, `domain` is the name of the record itself. Always asks name servers. Errors:
  /// errc::bad_address for what makes no name; errc::unknown_host when there is no such record;
  /// errc::unknown_service when the domain says that it does not offer the service; else as addresses().
  result<std::vector<service_location>> locations(std::string_view service, std::string_view protocol,
                                                  std::string_view domain,
                                                  const wait_limits& limits = {}) const;

 private:
  resolver_options options_{};
  bool as_system_ = true;
};

}  // namespace leat::net
