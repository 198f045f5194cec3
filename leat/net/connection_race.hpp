// Connecting to whichever of several addresses answers first: Happy Eyeballs, RFC 8305, section 5. Not for
// users.
//
// One goroutine does it all: the sockets are its own, in a set that tells when one of them has something to
// say. Whoever loses is closed before the winner is returned.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <leat/net/ready_set.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {

/// Begins to connect `fd`. True: it is connected; false: it will be writable once that is known. Errors:
/// those of connect(2).
result<bool> begin_connect(int fd, const endpoint& remote) noexcept;

/// How a connection that was begun has come out so far: true: well; false: not yet. Errors: those of
/// connect(2).
result<bool> finish_connect(int fd) noexcept;

/// Whether the system connected the socket to itself. On loopback that is what dialling a port can come to
/// that nobody listens at, if it is in the range that local ports are taken from: TCP's simultaneous open
/// (RFC 9293, section 3.5).
bool is_connected_to_itself(int fd) noexcept;

class connection_race {
 public:
  /// Makes a socket that is ready to be connected to an address.
  using opener = std::function<result<raw_socket>(const endpoint&)>;

  struct winner {
    raw_socket socket;
    endpoint remote;
  };

  /// Starts with the first of `remotes`, and with the next when one has failed or `delay` has passed: less if
  /// there is not time enough for all, but 100 ms at least. A socket that the system connected to itself is
  /// refused unless it `may_meet_itself`.
  connection_race(std::span<const endpoint> remotes, const wait_limits& limits,
                  std::chrono::nanoseconds delay, bool may_meet_itself, const opener& open)
      : remotes_(remotes), limits_(limits), delay_(delay), may_meet_itself_(may_meet_itself), open_(open) {}

  /// The first that is connected. Errors: that of the first which failed, if all did;
  /// errc::deadline_exceeded; that of the context.
  result<winner> run();

 private:
  struct attempt {
    raw_socket socket;
    endpoint remote;
  };

  std::optional<winner> start_those_due();
  std::optional<winner> start(const endpoint& remote);
  std::optional<winner> look_at(int fd);
  void note(std::error_code error) noexcept;
  std::chrono::nanoseconds delay_now() const noexcept;

  std::span<const endpoint> remotes_;  // that have not been started
  const wait_limits& limits_;
  const std::chrono::nanoseconds delay_;
  const bool may_meet_itself_;
  const opener& open_;
  std::optional<ready_set> ready_;
  std::vector<attempt> under_way_;
  time_point next_start_ = time_point::min();
  std::error_code first_error_;
};

}  // namespace leat::net
