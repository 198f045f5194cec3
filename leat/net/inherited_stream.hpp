// Standard input and output as a stream, or whatever else a program was started with.
//
//   leat::net::inherited_stream terminal;                 // reads what is typed, shows what is written
//   while (auto count = terminal.read(buffer)) { ... }
//   auto shown = leat::net::copy(terminal, conn);         // all that comes, to the end
//
// Such descriptors are shared with whoever started the program (a shell, the other parts of a pipeline), so
// they must not be made non-blocking, which would change them for all, and a poller cannot have them. A
// thread of the blocking pool waits for them instead: good for terminals and pipes of people and scripts, and
// more than a socket costs. For input in lines, beside other things that may happen, leat/input.hpp is
// simpler.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include <leat/net/stream.hpp>

namespace leat::net {

/// Keeps the contract of stream.hpp. The descriptors that it uses are duplicates: so the other end of a pipe
/// sees the end when all others are closed, too, as those of a program are when that ends. A write that the
/// system has begun on a terminal which its user then stops (ctrl-s) returns when that goes on; close() does
/// not wait for it. Errors besides those of the contract: those of read(2) and write(2), such as EIO for a
/// terminal that has gone.
class inherited_stream final : public stream {
 public:
  /// Standard input and standard output.
  inherited_stream() : inherited_stream(0, 1) {}

  /// Reads from `input` and writes to `output`, which may be the same, and stay the caller's to close. Throws
  /// std::system_error when they are not open, or no descriptor can be had.
  inherited_stream(int input, int output);

  inherited_stream(inherited_stream&&) noexcept;
  inherited_stream& operator=(inherited_stream&&) noexcept;
  ~inherited_stream() override;

  using stream::set_read_deadline;
  using stream::set_write_deadline;
  using stream::write;

  result<std::size_t> read(std::span<std::byte> buffer) override;
  result<void> wait_readable() override;
  result<void> write(std::span<const std::byte> data) override;
  result<void> writev(std::span<const std::span<const std::byte>> parts) override;
  result<void> close_write() override;
  result<void> close_read() override;
  result<void> close() noexcept override;
  result<void> set_read_deadline(time_point when) noexcept override;
  result<void> set_write_deadline(time_point when) noexcept override;

 private:
  class half;

  std::unique_ptr<half> input_;  // null: moved from
  std::unique_ptr<half> output_;
};

}  // namespace leat::net
