// Datagrams between processes of one machine, over Unix sockets: each arrives whole and in order, and none is
// lost on the way; a receiver that does not keep up makes its senders wait.
//
//   auto socket = leat::net::listen_unix_datagram("/run/leat.sock").value();
//   while (auto got = socket.read_from(buffer)) handle(std::span(buffer).first(got->size));
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <leat/net/bound_path.hpp>
#include <leat/net/socket_base.hpp>
#include <leat/net/unix_address.hpp>

namespace leat::net {

class pauses;

struct unix_datagram_options {
  /// Remove the file with the socket, if it still is the one that was made for it.
  bool unlink_on_close = true;
};

/// What read_from() received.
struct unix_received {
  std::size_t size = 0;    ///< bytes in the buffer; 0 is a datagram without content
  bool truncated = false;  ///< the datagram was longer than the buffer, and the rest of it is lost
  unix_address from;       ///< no name, if the sender is not bound: it cannot be answered
};

/// A Unix datagram socket. Datagrams can be read and written by many goroutines.
class unix_datagram final : protected socket_base {
 public:
  /// A closed socket.
  unix_datagram() noexcept = default;
  unix_datagram(unix_datagram&&) noexcept = default;
  unix_datagram& operator=(unix_datagram&& other) noexcept;
  ~unix_datagram();

  /// The next datagram and its sender; what does not fit the buffer is lost, and `truncated` says so. An
  /// empty buffer takes a datagram too. Blocks; unblocked by a datagram, close() and the read deadline.
  /// Errors: errc::closed, errc::deadline_exceeded, ECONNRESET (the peer of a connected socket has closed).
  result<unix_received> read_from(std::span<std::byte> buffer);

  /// The next datagram's size. As read_from(), but a datagram longer than the buffer is errc::too_long; its
  /// beginning is in the buffer, the rest lost.
  result<std::size_t> read(std::span<std::byte> buffer);

  /// Sends one datagram to `to`; an empty one is a datagram too. Blocks while the receiver's queue is full
  /// (net.unix.max_dgram_qlen datagrams); no event tells when that changes, so it is tried again, at most
  /// 20 ms later. Unblocked by close() and the write deadline. Errors: errc::closed, errc::deadline_exceeded,
  /// errc::bad_address (no name), EMSGSIZE (more than the send buffer), ENOENT, ECONNREFUSED (nobody is bound
  /// there any more), EACCES.
  result<void> write_to(std::span<const std::byte> data, const unix_address& to);
  result<void> write_to(std::string_view text, const unix_address& to) {
    return write_to(std::as_bytes(std::span(text)), to);
  }

  /// Sends one datagram to the peer of a connected socket, and goes on as soon as there is room. Errors: as
  /// write_to(); ENOTCONN if not connected.
  result<void> write(std::span<const std::byte> data);
  result<void> write(std::string_view text) { return write(std::as_bytes(std::span(text))); }

  /// As socket_base::close(). Also removes the file, if unlink_on_close.
  result<void> close() noexcept;

  using socket_base::set_read_deadline;
  result<void> set_write_deadline(time_point when) noexcept;
  result<void> set_write_deadline(std::chrono::nanoseconds from_now) noexcept;
  result<void> set_deadline(time_point when) noexcept;
  result<void> set_deadline(std::chrono::nanoseconds from_now) noexcept;

  using socket_base::set_read_buffer;
  using socket_base::set_write_buffer;

  /// Where it is bound, with the abstract name that the system chose if none was given; also after close().
  const unix_address& local_address() const noexcept { return local_; }

  /// The peer of a connected socket; no name for others.
  const unix_address& remote_address() const noexcept { return remote_; }

 private:
  friend struct unix_datagram_maker;

  unix_datagram(handle owned, const unix_address& local, const unix_address& remote, bound_path file);

  unix_address local_;
  unix_address remote_;
  bound_path file_;
  std::shared_ptr<net::pauses> pauses_;  // null: closed since ever
};

/// A socket that is bound to `address`, in the form that unix_address::parse() reads; without a name, the
/// system chooses an abstract one. Errors: as listen_unix().
result<unix_datagram> listen_unix_datagram(std::string_view address,
                                           const unix_datagram_options& options = {});
result<unix_datagram> listen_unix_datagram(const unix_address& address,
                                           const unix_datagram_options& options = {});

/// A socket that is connected to the one at `remote`: it sends there, and receives from there only. It is
/// bound to an abstract name that the system chooses, so that it can be answered. Errors: errc::bad_address,
/// ENAMETOOLONG, and those of connect(2): ENOENT, ECONNREFUSED, EACCES, EPROTOTYPE (not for datagrams).
result<unix_datagram> dial_unix_datagram(std::string_view remote);
result<unix_datagram> dial_unix_datagram(const unix_address& remote);

}  // namespace leat::net
