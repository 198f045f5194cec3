// A connection within the process: two ends, each a stream, joined by memory.
//
//   auto [client, server] = leat::net::pipe();
//   leat::go([end = std::move(server)]() mutable { serve(end); });
//   client.write("hello\n");
//
// For tests of what speaks over streams, and for joining parts of a program by a protocol that may later go
// over a network. Where whole values are handed over, a channel reads better.
//
// A pipe uses no descriptor and no system call. Within a leat::testing::bubble its deadlines follow the
// virtual clock, and its schedule is explored as a channel's is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <leat/net/stream.hpp>

namespace leat::net {

struct pipe_options {
  /// How many bytes each direction holds that were written and not yet read; at least 1. The default is what
  /// Linux gives pipe(2), and about what a socket holds: so a goroutine that writes a request and then reads
  /// the answer works over a pipe if it works over a socket, and bulk data takes a switch per 32 KiB.
  std::size_t buffer_bytes = 65536;
};

struct pipe_ends;

/// One end of a pipe; a default-constructed or moved-from one behaves as closed. Its members do what
/// stream.hpp says, and also:
///  - once the peer has closed, or ended its reading, writes fail with EPIPE;
///  - what was written before a close can still be read by the peer, and then the end;
///  - a write that must wait goes on as soon as the rest of it fits, or half of the buffer is free;
///  - an end may be destroyed while others wait in it: they return errc::closed.
class pipe_end final : public stream {
 public:
  pipe_end() noexcept = default;
  pipe_end(pipe_end&&) noexcept = default;
  pipe_end& operator=(pipe_end&& other) noexcept;
  ~pipe_end() override;

  result<std::size_t> read(std::span<std::byte> buffer) override;
  result<void> wait_readable() override;
  result<void> write(std::span<const std::byte> data) override;
  result<void> write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
  result<void> writev(std::span<const std::span<const std::byte>> parts) override;
  result<void> close_write() override;
  result<void> close_read() override;
  result<void> close() noexcept override;

  using stream::set_read_deadline;
  using stream::set_write_deadline;
  result<void> set_read_deadline(time_point when) noexcept override;
  result<void> set_write_deadline(time_point when) noexcept override;

 private:
  friend pipe_ends pipe(const pipe_options& options);

  struct shared;

  pipe_end(std::shared_ptr<shared> both, bool first) noexcept : shared_(std::move(both)), first_(first) {}

  std::shared_ptr<shared> shared_;  // null: closed since ever
  bool first_ = false;              // which of the two ends this is
};

/// What pipe() makes: the two ends are alike.
struct pipe_ends {
  pipe_end near;
  pipe_end far;
};

/// Two ends that are connected to each other. Throws std::invalid_argument for a buffer of no bytes,
/// std::bad_alloc.
pipe_ends pipe(const pipe_options& options = {});

}  // namespace leat::net
