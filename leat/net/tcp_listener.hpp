// A TCP socket that listens, and the connections that come to it.
//
//   auto listener = leat::net::listen_tcp("127.0.0.1:9000").value();
//   while (auto conn = listener.accept())
//     leat::go([c = std::move(*conn)]() mutable { serve(c); });
//
// The loop above never ends by a passing shortage: see accept().
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include <leat/net/stream_listener.hpp>
#include <leat/net/tcp_conn.hpp>
#include <leat/net/tcp_info.hpp>

namespace leat::net {

struct listen_options {
  /// Connections that the system keeps ready for accept(); it caps the number at net.core.somaxconn.
  int backlog = 4096;
  /// Bind also while connections of an earlier server on this port are in TIME_WAIT.
  bool reuse_address = true;
  /// Let several listeners share the port; the system spreads connections over them.
  bool reuse_port = false;
  /// Keep a listener on "[::]" from taking IPv4 connections too.
  bool v6_only = false;
  /// Called with the socket before it is bound.
  socket_control control{};
};

class tcp_listener final : public stream_listener {
 public:
  /// A closed listener.
  tcp_listener() noexcept = default;

  /// The next connection. Any number of goroutines may accept at once; each connection goes to one of them.
  ///
  /// Connections that died in the queue are skipped. When descriptors or memory run out (EMFILE, ENFILE,
  /// ENOBUFS, ENOMEM; EPERM from a firewall), the clients wait in the queue: accept() tries again after 5 ms,
  /// then after twice as long each time, up to 1 s, until it succeeds.
  ///
  /// Blocks; unblocked by a connection, close() and the deadline, also within such a pause.
  /// Errors: errc::closed, errc::deadline_exceeded, and whatever else accept(2) says.
  result<tcp_conn> accept();

  /// Where it listens, with the port that the system chose for 0; also after close().
  const endpoint& local_address() const noexcept { return local_; }

  /// How many connections wait to be accepted, and how many may. Errors: errc::closed.
  result<accept_queue> queue() const;

 private:
  friend result<tcp_listener> listen_tcp(const endpoint& local, const listen_options& options);

  tcp_listener(handle owned, const endpoint& local) : stream_listener(std::move(owned)), local_(local) {}

  endpoint local_;
};

/// Listens on "host:service": "127.0.0.1:9000", "[::1]:0" (port 0: the system chooses), "localhost:http",
/// ":9000". An empty host is every address of the machine, IPv4 and IPv6 by one socket (IPv4 alone where
/// there is no IPv6);
/// "[::]" is the same unless `v6_only`; "0.0.0.0" is IPv4 alone. A name listens on the first of its addresses
/// that can be had. Errors: errc::bad_address (address_fault() tells why), those of resolve_endpoints(), and
/// of bind(2): EADDRINUSE, EADDRNOTAVAIL, EACCES; that of `control`.
result<tcp_listener> listen_tcp(std::string_view address, const listen_options& options = {});
result<tcp_listener> listen_tcp(const endpoint& local, const listen_options& options = {});

}  // namespace leat::net
