// The TCP connections of this process or machine with their states, as the system's tables have them: what
// ss(8) and netstat(8) show.
//
//   for (const auto& one : leat::net::connections({.port = 8667}).value())
//     std::cout << one.local << ' ' << one.remote << ' ' << tcp_state_name(one.state) << '\n';
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <leat/error.hpp>
#include <leat/net/address.hpp>
#include <leat/net/tcp_info.hpp>

namespace leat::net {

/// A process that has a socket open.
struct socket_owner {
  int process = 0;
  std::string command{};  ///< as the process calls itself; from outside, so not to be trusted on a terminal
};

/// One TCP socket, or what the system remembers of one that is closed.
struct connection {
  endpoint local{};
  endpoint remote{};  ///< 0.0.0.0:0 or [::]:0 for a listener
  tcp_state state = tcp_state::unknown;
  std::uint32_t user = 0;    ///< the user who made it
  std::uint64_t inode = 0;   ///< the socket's number; 0: no process has it open any more, as in TIME_WAIT
  std::uint32_t unread = 0;  ///< bytes that came and were not read; of a listener: connections in its queue
  std::uint32_t unsent = 0;  ///< bytes that are not acknowledged; of a listener: the limit of that queue
  std::optional<socket_owner> owner{};  ///< if asked for, found, and permitted to be seen
};

struct connection_query {
  /// All of this machine (of its network namespace), not only what this process has open.
  bool whole_machine = false;
  /// Only those with this port at one of their ends, of the whole machine: so what this process has closed,
  /// and is now in TIME_WAIT, is among them.
  std::optional<std::uint16_t> port{};
  /// Look for the processes that have them open. That reads all of /proc; those of others show only to who
  /// may trace them (ptrace(2)).
  bool owners = false;
  /// How many may be returned.
  std::size_t limit = 1'000'000;
};

/// The connections and listeners that `query` asks for, IPv4 and IPv6, in no order; IPv4 addresses are IPv4
/// also when a dual-stack socket maps them. Asks the kernel by netlink (sock_diag(7)) on the pool of
/// leat::blocking. A socket that changes meanwhile may be there once, twice or not at all. Errors:
/// errc::too_long when there are more than the limit; EPROTONOSUPPORT and ENOENT where the kernel has no
/// sock_diag for TCP; those of socket(2), sendto(2) and recvfrom(2) for netlink(7); of /proc when it cannot
/// be read.
result<std::vector<connection>> connections(const connection_query& query = {});

}  // namespace leat::net
