// One TCP connection, read and written in straight blocking code that parks the goroutine and never a thread.
//
//   std::array<std::byte, 4096> buffer;
//   while (auto count = conn.read(buffer)) {
//     if (*count == 0) break;                                        // the peer has ended its side
//     if (!conn.write(std::span(buffer).first(*count))) break;
//   }
//
// One goroutine may read while another writes. Concurrent reads take turns, and so do concurrent writes: what
// one call writes is never interleaved with another's. A peer that vanishes is an error value (ECONNRESET,
// EPIPE, ETIMEDOUT), never a signal. Nothing allocates on reads and writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <leat/net/options.hpp>
#include <leat/net/socket_base.hpp>
#include <leat/net/tcp_info.hpp>

namespace leat::net {

class tcp_conn : public socket_base {
 public:
  /// A closed connection.
  tcp_conn() noexcept = default;

  /// Reads at least one byte and at most `buffer.size()`, as soon as there are any. Returns how many; 0 at
  /// the end of the stream, and at once for an empty buffer. Blocks; unblocked by data, close(), close_read()
  /// and the read deadline. Errors: errc::closed, errc::deadline_exceeded, ECONNRESET, ETIMEDOUT and the like
  /// of recv(2).
  result<std::size_t> read(std::span<std::byte> buffer);

  /// As read(), but leaves the bytes in the stream: the next read finds them again.
  result<std::size_t> peek(std::span<std::byte> buffer);

  /// Returns once read() would not block: for connections that are mostly idle and should hold no buffer
  /// meanwhile. Errors: errc::closed, errc::deadline_exceeded.
  result<void> wait_readable();

  /// Writes all of `data`, or says why not: then an unknown part of it has been sent, and the stream is of no
  /// more use than to be closed. Blocks while the system's buffer is full; unblocked by the peer's reading,
  /// close(), close_write() and the write deadline. Errors: errc::closed, errc::deadline_exceeded, EPIPE (the
  /// peer or close_write() ended this direction), ECONNRESET and the like of send(2).
  result<void> write(std::span<const std::byte> data);
  result<void> write(std::string_view text) { return write(std::as_bytes(std::span(text))); }

  /// Writes all of the parts, one after the other, in as few system calls as can be. Otherwise as write().
  result<void> writev(std::span<const std::span<const std::byte>> parts);

  /// Sends `count` bytes of the open file `file` from `offset` on, without copying them through this process
  /// (sendfile(2)), and returns how many: fewer than `count` only if the file ends first. The file's own
  /// offset stays. A file that is not in the page cache blocks the worker while the disk is read. Errors: as
  /// write(), and those of sendfile(2): EINVAL for what is not a file, EBADF if it cannot be read.
  result<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count);

  /// Ends our direction: the peer reads what was written, and then the end of the stream. Reading goes on.
  /// Errors: errc::closed, ENOTCONN.
  result<void> close_write();

  /// Ends the peer's direction for us: reads return what has come, then 0. The peer is not told.
  /// Errors: errc::closed, ENOTCONN.
  result<void> close_read();

  /// The peer, also after the connection has failed or was closed.
  const endpoint& remote_address() const noexcept { return remote_; }

  /// Sends small writes at once instead of gathering them (TCP_NODELAY). On unless turned off.
  result<void> set_no_delay(bool on);

  /// On from the start with the defaults of `keep_alive`. Errors: errc::closed, EINVAL for numbers out of
  /// range.
  result<void> set_keep_alive(const keep_alive& how);
  result<void> disable_keep_alive();

  result<void> set_linger(linger mode);

  /// The state of the connection. Errors: errc::closed.
  result<tcp_info> info() const;

 private:
  friend class tcp_listener;
  friend struct tcp_dialer;

  tcp_conn(handle owned, const endpoint& remote) noexcept : socket_base(std::move(owned)), remote_(remote) {}

  endpoint remote_;
};

}  // namespace leat::net
