// What every socket has: closing, deadlines, addresses, buffer sizes.
//
// A socket is a handle that owns its descriptor: movable, not copyable, closed by its destructor. Every
// member may be called from any goroutine at any time while the object lives, close() included; only moving
// and destroying need the caller's care. A default-constructed or moved-from socket behaves as a closed one.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

#include <leat/deadline.hpp>
#include <leat/error.hpp>
#include <leat/net/address.hpp>
#include <leat/net/options.hpp>

namespace leat::runtime {
class descriptor;
}

namespace leat::net {

class socket_base {
 public:
  socket_base() noexcept = default;
  socket_base(socket_base&&) noexcept = default;
  socket_base& operator=(socket_base&&) noexcept = default;
  ~socket_base() = default;

  /// Closes the socket; all who wait on it, in whatever goroutine, return errc::closed, and so does every
  /// later call. What was written and not yet sent is still sent by the system. Errors: errc::closed, the
  /// second time.
  result<void> close() noexcept;

  /// From `when` on reads and writes fail with errc::deadline_exceeded, also those that wait now, until the
  /// deadline is moved. leat::never, which every socket starts with, lifts it; a moment in the past gives up
  /// at once. Errors: errc::closed.
  result<void> set_deadline(time_point when) noexcept;
  result<void> set_read_deadline(time_point when) noexcept;
  result<void> set_write_deadline(time_point when) noexcept;

  /// The same, so long from now; zero or less is in the past.
  result<void> set_deadline(std::chrono::nanoseconds from_now) noexcept;
  result<void> set_read_deadline(std::chrono::nanoseconds from_now) noexcept;
  result<void> set_write_deadline(std::chrono::nanoseconds from_now) noexcept;

  /// Asks the system for receive and send buffers of that size; it doubles the number for its own use, caps
  /// it at net.core.rmem_max and wmem_max, and stops tuning the size by itself. Errors: errc::closed, or of
  /// setsockopt(2).
  result<void> set_read_buffer(std::size_t bytes) noexcept;
  result<void> set_write_buffer(std::size_t bytes) noexcept;

  /// What else the system can be told of the socket; good as long as the socket is.
  socket_options options() const noexcept { return socket_options(descriptor_.get()); }

  /// Where the socket is bound; an IPv4 address also when a dual-stack socket maps it. 0.0.0.0:0 once closed.
  endpoint local_address() const noexcept;

 protected:
  // The descriptor's own closer is not known to users of this header.
  struct closer {
    void operator()(runtime::descriptor* entry) const noexcept;
  };
  using handle = std::unique_ptr<runtime::descriptor, closer>;

  explicit socket_base(handle owned) noexcept : descriptor_(std::move(owned)) {}

  result<void> set_int_option(int level, int name, int value) noexcept;

  handle descriptor_;  // null: closed since ever
};

}  // namespace leat::net
