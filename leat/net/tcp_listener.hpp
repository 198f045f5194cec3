// A TCP socket that listens, and the connections that come to it.
//
//   auto listener = leat::net::listen_tcp("127.0.0.1:9000").value();
//   while (auto conn = listener.accept())
//     leat::go([c = std::move(*conn)]() mutable { serve(c); });
//
// The loop above never ends by a passing shortage: see accept().
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <leat/net/socket_base.hpp>
#include <leat/net/tcp_conn.hpp>

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
};

class tcp_listener : private socket_base {
 public:
  /// A closed listener.
  tcp_listener() noexcept = default;
  tcp_listener(tcp_listener&&) noexcept = default;
  tcp_listener& operator=(tcp_listener&& other) noexcept;
  ~tcp_listener();

  /// The next connection. Any number of goroutines may accept at once; each connection goes to one of them.
  ///
  /// Connections that died in the queue are skipped. When descriptors or memory run out (EMFILE, ENFILE,
  /// ENOBUFS, ENOMEM; EPERM from a firewall), the clients wait in the queue: accept() tries again after 5 ms,
  /// then after twice as long each time, up to 1 s, until it succeeds.
  ///
  /// Blocks; unblocked by a connection, close() and the deadline, also within such a pause.
  /// Errors: errc::closed, errc::deadline_exceeded, and whatever else accept(2) says.
  result<tcp_conn> accept();

  /// Stops listening: every accept() returns errc::closed, now and later, and connections that nobody has
  /// accepted are reset. Errors: errc::closed, the second time.
  result<void> close() noexcept;

  /// From then on accept() fails with errc::deadline_exceeded, until the deadline is moved; leat::never lifts
  /// it. Errors: errc::closed.
  result<void> set_deadline(time_point when);
  result<void> set_deadline(std::chrono::nanoseconds from_now);

  /// Those of the listener; most pass to the connections that it accepts.
  using socket_base::options;

  /// The buffer sizes that accepted connections start with.
  using socket_base::set_read_buffer;
  using socket_base::set_write_buffer;

  /// Where it listens, with the port that the system chose for 0; also after close().
  const endpoint& local_address() const noexcept { return local_; }

  /// How often accept() has paused for lack of descriptors or memory: for logs and metrics.
  std::uint64_t pauses() const noexcept;

 private:
  struct backoff;
  friend result<tcp_listener> listen_tcp(const endpoint& local, const listen_options& options);

  tcp_listener(handle owned, const endpoint& local, std::shared_ptr<backoff> shared) noexcept
      : socket_base(std::move(owned)), local_(local), backoff_(std::move(shared)) {}

  endpoint local_;
  std::shared_ptr<backoff> backoff_;  // null: closed since ever
};

/// Listens on "host:service": "127.0.0.1:9000", "[::1]:0" (port 0: the system chooses), "localhost:http",
/// ":9000". An empty host is every address of the machine, IPv4 and IPv6 by one socket (IPv4 alone where
/// there is no IPv6);
/// "[::]" is the same unless `v6_only`; "0.0.0.0" is IPv4 alone. A name listens on the first of its addresses
/// that can be had. Errors: errc::bad_address (address_fault() tells why), those of resolve_endpoints(), and
/// of bind(2): EADDRINUSE, EADDRNOTAVAIL, EACCES.
result<tcp_listener> listen_tcp(std::string_view address, const listen_options& options = {});
result<tcp_listener> listen_tcp(const endpoint& local, const listen_options& options = {});

}  // namespace leat::net
