// What every connection is, whatever carries it: bytes in order in two directions, each of which can be ended
// by itself.
//
//   void echo(leat::net::stream& conn) {
//     std::array<std::byte, 4096> buffer;
//     while (auto count = conn.read(buffer)) {
//       if (*count == 0) break;
//       if (!conn.write(std::span(buffer).first(*count))) break;
//     }
//   }
//
// TCP and Unix connections, TLS over any of them, and the two ends of a pipe in memory are streams, and keep
// this contract, which contract_test.cpp holds them to:
//
//  - Every member may be called from any goroutine at any time while the object lives, close() included; only
//    moving and destroying need the caller's care. A moved-from stream behaves as a closed one.
//  - Reads take turns, and so do writes: what one call writes is never interleaved with another's. A read and
//    a write run at once.
//  - close() wakes all who wait, and from then on every call returns errc::closed.
//  - A peer that is gone is an error value, never a signal.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

#include <leat/deadline.hpp>
#include <leat/error.hpp>

namespace leat::runtime {
class descriptor;
}

namespace leat::net {

class stream {
 public:
  virtual ~stream() = default;

  /// Reads at least one byte and at most `buffer.size()`, as soon as there are any. Returns how many; 0 at
  /// the end of the stream, and at once for an empty buffer. Blocks; unblocked by data, the end, close(),
  /// close_read() and the read deadline. Errors: errc::closed, errc::deadline_exceeded, and those of what
  /// carries the stream.
  virtual result<std::size_t> read(std::span<std::byte> buffer) = 0;

  /// Returns once read() would not block: for connections that are mostly idle and should hold no buffer
  /// meanwhile. Errors: errc::closed, errc::deadline_exceeded.
  virtual result<void> wait_readable() = 0;

  /// Writes all of `data`, or says why not: then an unknown part of it has been sent, and the stream is of no
  /// more use than to be closed. Blocks while the peer does not read and what lies between is full; unblocked
  /// by its reading, close(), close_write() and the write deadline. Errors: errc::closed,
  /// errc::deadline_exceeded, EPIPE (the peer or close_write() ended this direction), and those of what
  /// carries the stream.
  virtual result<void> write(std::span<const std::byte> data) = 0;
  result<void> write(std::string_view text) { return write(std::as_bytes(std::span(text))); }

  /// Writes all of the parts, one after the other, as one write() of their concatenation would.
  virtual result<void> writev(std::span<const std::span<const std::byte>> parts) = 0;

  /// Ends our direction: the peer reads what was written, and then the end of the stream. Reading goes on.
  /// Errors: errc::closed, and those of what carries the stream.
  virtual result<void> close_write() = 0;

  /// Ends the peer's direction for us: reads return what has come, then 0. Over TCP the peer is not told;
  /// over Unix sockets and pipes its writes fail with EPIPE from then on. Errors: errc::closed, and those of
  /// what carries the stream.
  virtual result<void> close_read() = 0;

  /// Closes the stream; all who wait on it return errc::closed, and so does every later call.
  /// Errors: errc::closed, the second time.
  virtual result<void> close() noexcept = 0;

  /// From `when` on reads (writes) fail with errc::deadline_exceeded, also those that wait now, until the
  /// deadline is moved. leat::never, which every stream starts with, lifts it; a moment in the past gives up
  /// at once. Errors: errc::closed.
  virtual result<void> set_read_deadline(time_point when) noexcept = 0;
  virtual result<void> set_write_deadline(time_point when) noexcept = 0;

  /// Both.
  result<void> set_deadline(time_point when) noexcept;

  /// The same, so long from now; zero or less is in the past.
  result<void> set_deadline(std::chrono::nanoseconds from_now) noexcept;
  result<void> set_read_deadline(std::chrono::nanoseconds from_now) noexcept;
  result<void> set_write_deadline(std::chrono::nanoseconds from_now) noexcept;

 protected:
  stream() noexcept = default;
  stream(stream&&) noexcept = default;
  stream& operator=(stream&&) noexcept = default;

 private:
  friend struct stream_access;

  // The descriptor that the bytes go through unchanged, for copies that the kernel can make by itself; null
  // if there is none.
  virtual runtime::descriptor* carrier() noexcept { return nullptr; }
};

}  // namespace leat::net
