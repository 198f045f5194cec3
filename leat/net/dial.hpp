// Connecting to others over TCP.
//
//   auto conn = leat::net::dial_tcp("example.org:http", {.timeout = 5s});
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>

#include <leat/net/options.hpp>
#include <leat/net/tcp_conn.hpp>
#include <leat/net/wait_limits.hpp>

namespace leat::net {

class resolver;

struct dial_options {
  /// How long the whole may take: the look-up of the name and every address that is tried. Empty: as long as
  /// the system goes on trying, some two minutes for an address.
  std::optional<std::chrono::nanoseconds> timeout{};
  /// Where our end is to be; port 0 lets the system choose one. Addresses of the other family are not tried.
  std::optional<endpoint> local{};
  /// Gives the whole up when it is cancelled. A connection that was returned is no longer its concern.
  context ctx{};
  /// How long one address is waited for before the next one is tried as well (RFC 8305, section 5). Zero or
  /// less: no two at once; each is given its share of the time that is left, two seconds at least.
  std::chrono::nanoseconds attempt_delay = std::chrono::milliseconds(250);
  /// Sends the first write with the request to connect to a peer that has been dialled before (RFC 7413): it
  /// may arrive there twice, and whether the peer is there is known after it only. Bit 1 of
  /// net.ipv4.tcp_fastopen must be set; a peer that does not know of it is dialled as ever.
  bool fast_open = false;
  /// Called for every socket before it is bound and connected.
  socket_control control{};
  /// Who looks names up, for as long as the call lasts; null: as the system does.
  const resolver* names = nullptr;
};

/// Connects to "host:service". Of several addresses of the host, IPv6 and IPv4 take turns, in the order of
/// RFC 6724; the first that answers is taken, and the others are closed. An empty host is this machine. At
/// most 64 addresses are tried. Blocks; unblocked by the peer's answer, the timeout and the context. Errors:
/// errc::deadline_exceeded; the error of the context; those of resolver::endpoints(); of the first address
/// that failed, ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT and the like of connect(2), or that of `control`;
/// EADDRNOTAVAIL when no address is of the family of `local`.
result<tcp_conn> dial_tcp(std::string_view address, const dial_options& options = {});
result<tcp_conn> dial_tcp(const endpoint& remote, const dial_options& options = {});

/// The same for addresses that are known, in the order in which they are to be tried. Errors: EADDRNOTAVAIL
/// also when there is none.
result<tcp_conn> dial_tcp(std::span<const endpoint> remotes, const dial_options& options = {});

}  // namespace leat::net
