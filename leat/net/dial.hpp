// Connecting to others over TCP.
//
//   auto conn = leat::net::dial_tcp("example.org:http", {.timeout = 5s});
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include <leat/net/tcp_conn.hpp>

namespace leat::net {

struct dial_options {
  /// How long the whole may take: the look-up of the name and every address that is tried. Empty: as long as
  /// the system goes on trying, some two minutes for an address.
  std::optional<std::chrono::nanoseconds> timeout{};
  /// Where our end is to be; port 0 lets the system choose one. Addresses of the other family are not tried.
  std::optional<endpoint> local{};
};

/// Connects to "host:service", trying the addresses of the host one after the other; while several are left,
/// each gets its share of the time. An empty host is this machine. Blocks; unblocked by the peer's answer and
/// the timeout. Errors: errc::deadline_exceeded; those of resolve_endpoints(); of the first address that
/// failed, ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT and the like of connect(2); EADDRNOTAVAIL when no address is
/// of the family of `local`.
result<tcp_conn> dial_tcp(std::string_view address, const dial_options& options = {});
result<tcp_conn> dial_tcp(const endpoint& remote, const dial_options& options = {});

}  // namespace leat::net
