// A connection between processes of one machine: a stream over a Unix socket, unix(7).
//
//   auto conn = leat::net::dial_unix("/run/leat.sock").value();
//   conn.write("hello\n");
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include <leat/net/stream_socket.hpp>
#include <leat/net/unix_address.hpp>

namespace leat::net {

/// Who is at the other end, as the kernel knows it.
struct process_credentials {
  pid_t pid = 0;  ///< 0 if it is in another pid namespace
  uid_t uid = 0;
  gid_t gid = 0;

  friend bool operator==(const process_credentials&, const process_credentials&) = default;
};

/// See stream.hpp. Other than over TCP, ending our reading also ends the peer's writing: it fails with EPIPE.
/// A peer that closes with unread bytes is ECONNRESET for our reads, once, after what it had written.
class unix_conn final : public stream_socket {
 public:
  /// A closed connection.
  unix_conn() noexcept = default;

  /// Where this end is bound: the listener's address for accepted connections, no name for dialled ones. No
  /// name once closed.
  unix_address local_address() const noexcept;

  /// The peer, also after the connection has failed or was closed; dialled ends have no name.
  const unix_address& remote_address() const noexcept { return remote_; }

  /// Who dialled, or who listens: as it was at that moment, and safe from forgery (SO_PEERCRED). Errors:
  /// errc::closed.
  result<process_credentials> peer_credentials() const noexcept;

 private:
  friend class unix_listener;
  friend struct unix_dialer;

  unix_conn(handle owned, const unix_address& remote) noexcept
      : stream_socket(std::move(owned)), remote_(remote) {}

  unix_address remote_;
};

struct unix_dial_options {
  /// How long to wait while the listener's queue is full. None: for ever.
  std::optional<std::chrono::nanoseconds> timeout{};
};

/// Connects to the listener at `address`, in the form that unix_address::parse() reads. Blocks only while the
/// listener's queue is full: the kernel tells nobody when that changes, so it is tried again, at most 50 ms
/// later. Errors: errc::deadline_exceeded, errc::bad_address (no name), ENAMETOOLONG, and those of
/// connect(2): ENOENT (no such file), ECONNREFUSED (nobody listens), EACCES (not allowed to write to it),
/// EPROTOTYPE (not a stream).
result<unix_conn> dial_unix(std::string_view address, const unix_dial_options& options = {});
result<unix_conn> dial_unix(const unix_address& address, const unix_dial_options& options = {});

}  // namespace leat::net
