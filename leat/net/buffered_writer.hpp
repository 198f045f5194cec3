// Gathers small writes, so that they leave in few system calls and few packets.
//
//   net::buffered_writer to(conn);
//   for (const entry& each : found) (void)to.write(each.text);     // the first error stays
//   if (auto sent = to.flush(); !sent) return std::unexpected(sent.error());
//
// What fits is copied into the buffer; what does not goes to the stream together with the buffer, in one
// call and without being copied. Nothing is sent by itself: the destructor does not flush, because it could
// neither wait for a slow peer nor report an error.
//
// An error of the stream stays: what was buffered is dropped, and every later call returns it, too, as part
// of the data may have been sent.
//
// One goroutine at a time may use a writer. The stream must outlive it and stay where it is; whoever writes
// to it directly is read before what is buffered.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include <leat/error.hpp>
#include <leat/net/stream.hpp>

namespace leat::net {

class buffered_writer {
 public:
  static constexpr std::size_t default_buffer_bytes = 4096;

  /// The buffer has `buffer_bytes`, is there from the first write on, and never grows.
  explicit buffered_writer(stream& sink, std::size_t buffer_bytes = default_buffer_bytes) noexcept;

  /// A moved-from writer has nothing buffered and still writes to the same stream.
  buffered_writer(buffered_writer&& other) noexcept;
  buffered_writer& operator=(buffered_writer&& other) noexcept;

  /// Takes all of `data`. Blocks only when the buffer cannot hold it; unblocked as stream::write. Errors:
  /// those of stream::write, of this call or an earlier one.
  result<void> write(std::span<const std::byte> data);
  result<void> write(std::string_view text) { return write(std::as_bytes(std::span(text))); }

  /// Takes all of the parts, one after the other, as one write() of their concatenation would.
  result<void> writev(std::span<const std::span<const std::byte>> parts);

  /// Sends what is buffered; nothing if nothing is. Blocks and fails as stream::write.
  result<void> flush();

  std::size_t buffered_bytes() const noexcept { return size_; }

 private:
  result<void> send(std::span<const std::span<const std::byte>> parts);
  result<void> note(result<void> sent) noexcept;

  stream* sink_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  std::unique_ptr<std::byte[]> buffer_;  // null until it is needed
  std::error_code failed_;
};

}  // namespace leat::net
