// Reads a stream in the pieces that a protocol is made of: lines, up to a marker, so many bytes.
//
//   net::buffered_reader from(conn);
//   while (auto line = from.read_line(512)) {       // at most 512 bytes, the line end not counted
//     if (*line == "quit") break;
//     ...
//   }
//
// It asks the stream for as much as its buffer holds and hands out views into that buffer. Nothing is copied,
// but for a piece that stands across the buffer's end: that is moved to its front once. A view is valid until
// the next call of a member that is not const.
//
// Memory: none before the first byte is read, then `buffer_bytes`. A longer piece makes the buffer grow, by
// doubling and with what has come, up to the limit of the call; so a peer that promises much and sends little
// gets little. The buffer stays as it is; wait_readable() gives it back.
//
// Errors. Those of the stream come through as they are. Besides:
//
//   errc::end_of_stream   the stream has ended, and not one byte of the piece was there
//   errc::unexpected_end  the stream has ended inside the piece
//   errc::too_long        the piece is or will be longer than the caller's limit
//
// Whatever the error, what was read stays buffered, the start of the unfinished piece in front: a call that
// fails takes nothing, unless it says so. After errc::deadline_exceeded the same call may be made again and
// goes on where it was; after errc::too_long, skip_line() or skip_until() drops the piece, a call with a
// greater limit reads it, and buffered() shows what has come of it; after errc::unexpected_end, buffered() is
// the unfinished piece. What is buffered is given out before the stream is asked again, so that its
// end and its errors are told by the first call that needs more.
//
// One goroutine at a time may use a reader; others may close the stream, move its deadlines and write to it.
// The stream must outlive the reader and stay where it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <leat/error.hpp>
#include <leat/net/stream.hpp>

namespace leat::net {

class buffered_reader {
 public:
  static constexpr std::size_t default_buffer_bytes = 4096;

  /// `buffer_bytes`: how much is asked of the stream at once; at least 1 is used.
  explicit buffered_reader(stream& source, std::size_t buffer_bytes = default_buffer_bytes) noexcept;

  /// A moved-from reader has nothing buffered and still reads the same stream.
  buffered_reader(buffered_reader&& other) noexcept;
  buffered_reader& operator=(buffered_reader&& other) noexcept;

  /// The next line without its end, LF or CRLF; at most `limit_bytes` without that. A CR anywhere else, and
  /// NULs, are part of the line. Blocks until it is whole; unblocked as stream::read. Errors: see above; a
  /// last line without an end is errc::unexpected_end.
  result<std::string_view> read_line(std::size_t limit_bytes);

  /// What stands before the next `marker`, which is taken and not returned; at most `limit_bytes`. Throws
  /// std::invalid_argument for an empty marker. Otherwise as read_line().
  result<std::string_view> read_until(std::string_view marker, std::size_t limit_bytes);

  /// The next `count` bytes, of which the caller has checked that they are not too many. Blocks until all are
  /// there; unblocked as stream::read. Errors: see above.
  result<std::span<const std::byte>> read_exactly(std::size_t count);

  /// Fills `into`: what is buffered first, the rest straight from the stream. As above, but after an error
  /// an unknown part of `into` has been filled and taken.
  result<void> read_exactly(std::span<std::byte> into);

  /// Reads at least one byte and at most `into.size()`: of what is buffered, else from the stream as
  /// stream::read does. Returns how many; 0 at the end of the stream, and at once for an empty `into`.
  result<std::size_t> read(std::span<std::byte> into);

  /// The next `count` bytes, which stay to be read. As read_exactly(count).
  result<std::span<const std::byte>> peek(std::size_t count);

  /// Drops the next `count` bytes. After an error part of them has been dropped. Errors: those of the stream;
  /// errc::unexpected_end.
  result<void> skip(std::uint64_t count);

  /// Drops all up to and including the next `marker` (line end), however much that is, in no more memory than
  /// the buffer has; a read deadline bounds it. Called again after an error it goes on where it was. Errors:
  /// those of the stream; errc::unexpected_end, and then all is dropped. Throws std::invalid_argument for an
  /// empty marker.
  result<void> skip_until(std::string_view marker);
  result<void> skip_line();

  /// Returns at once if anything is buffered. Else gives the buffer's memory back and returns once a read
  /// would not block: for streams that are mostly idle. Errors: those of stream::wait_readable.
  result<void> wait_readable();

  /// For parsers of the caller's own: what has been read and not taken, without reading.
  std::span<const std::byte> buffered() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }

  /// Takes the first `count` bytes of that, or all if they are fewer. Views stay valid.
  void consume(std::size_t count) noexcept;

  /// Reads once from the stream, behind what is buffered. Returns how many bytes came; 0 at the end of the
  /// stream. Blocks as stream::read. Errors: those of the stream; errc::too_long if `limit_bytes` or more are
  /// buffered already.
  result<std::size_t> read_more(std::size_t limit_bytes);

 private:
  void make_room(std::size_t limit_bytes);
  result<void> continue_piece(std::size_t limit_bytes);

  template <typename Find>
  result<std::string_view> read_piece(std::size_t most_bytes, Find&& find);

  stream* source_;
  std::size_t buffer_bytes_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;  // of what was read and is not taken
  std::size_t end_ = 0;
};

}  // namespace leat::net
