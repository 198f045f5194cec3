// What connections over sockets of the system share, TCP and Unix alike: the bytes.
//
// Nothing allocates on reads and writes, and where the type of a connection is known, nothing goes through a
// virtual call. A default-constructed or moved-from connection behaves as a closed one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <leat/net/socket_base.hpp>
#include <leat/net/stream.hpp>

namespace leat::net {

/// A stream that is a connected socket. Its members do what stream.hpp says; the system's errors are those of
/// recv(2), send(2) and shutdown(2), ECONNRESET and ETIMEDOUT among them.
class stream_socket : public stream, protected socket_base {
 public:
  result<std::size_t> read(std::span<std::byte> buffer) final;

  /// As read(), but leaves the bytes in the stream: the next read finds them again.
  result<std::size_t> peek(std::span<std::byte> buffer);

  result<void> wait_readable() final;

  result<void> write(std::span<const std::byte> data) final;
  result<void> write(std::string_view text) { return write(std::as_bytes(std::span(text))); }

  /// As stream::writev(), in as few system calls as can be.
  result<void> writev(std::span<const std::span<const std::byte>> parts) final;

  /// Sends `count` bytes of the open file `file` from `offset` on, without copying them through this process
  /// (sendfile(2)), and returns how many: fewer than `count` only if the file ends first. The file's own
  /// offset stays. A file that is not in the page cache blocks the worker while the disk is read. Errors: as
  /// write(), and those of sendfile(2): EINVAL for what is not a file, EBADF if it cannot be read.
  result<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count);

  /// Also: ENOTCONN, once the connection has failed.
  result<void> close_write() final;
  result<void> close_read() final;

  /// What was written and not yet sent is still sent by the system.
  result<void> close() noexcept final { return socket_base::close(); }

  using socket_base::set_deadline;
  using socket_base::set_read_deadline;
  using socket_base::set_write_deadline;
  result<void> set_read_deadline(time_point when) noexcept final {
    return socket_base::set_read_deadline(when);
  }
  result<void> set_write_deadline(time_point when) noexcept final {
    return socket_base::set_write_deadline(when);
  }

  using socket_base::options;
  using socket_base::set_read_buffer;
  using socket_base::set_write_buffer;

 protected:
  stream_socket() noexcept = default;
  explicit stream_socket(handle owned) noexcept : socket_base(std::move(owned)) {}
  stream_socket(stream_socket&&) noexcept = default;
  stream_socket& operator=(stream_socket&&) noexcept = default;

 private:
  runtime::descriptor* carrier() noexcept final { return descriptor_.get(); }
};

}  // namespace leat::net
