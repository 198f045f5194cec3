// A connection whose every wait has an end: each call brings its time limit, and once the server stops,
// whatever is under way has `stop_grace` left and an idle connection ends at once.
//
// One goroutine uses it; only `stop` may be called from another, at any time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include <leat/error.hpp>
#include <leat/net/tcp_conn.hpp>

namespace hub::http {

class paced_conn {
 public:
  paced_conn(leat::net::tcp_conn conn, std::chrono::milliseconds stop_grace);

  using patience = std::chrono::milliseconds;

  // Waits for the first byte of something new; errc::canceled when the server stops.
  leat::result<void> wait_idle(patience limit);

  // As the functions of tcp_conn of the same names.
  leat::result<std::size_t> read(std::span<std::byte> into, patience limit);
  leat::result<void> writev(std::span<const std::span<const std::byte>> parts, patience limit);
  leat::result<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count, patience limit);

  // Ends our direction, and takes what the peer still sends for a while, so that it reads our last words:
  // closing with unread bytes would reset the connection and might destroy them on their way.
  void say_goodbye();

  void stop();
  bool is_stopping() const { return stopping_.load(); }

  // For what takes the connection over: from then on it sets the time limits, and stop() is only a hint.
  leat::net::tcp_conn& conn() { return conn_; }

  leat::net::endpoint local_address() const { return conn_.local_address(); }
  leat::net::endpoint remote_address() const { return conn_.remote_address(); }

 private:
  void limit_reads(patience limit);
  void limit_writes(patience limit);
  leat::time_point last_write_at() const;

  leat::net::tcp_conn conn_;
  const std::chrono::milliseconds stop_grace_;

  // stop() writes stop_at_, then stopping_, then looks at idle_; a waiter writes idle_, then looks at
  // stopping_. So at least one of them sees the other, and a deadline that is set after stop() is never later
  // than stop_at_.
  std::atomic<leat::time_point> stop_at_{leat::never};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> idle_{false};
};

}  // namespace hub::http
