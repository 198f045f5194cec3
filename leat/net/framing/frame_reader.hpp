// Frames from a stream, by any of the codecs.
//
//   net::frame_reader from(conn, net::framing::end_marker("##", 1000));
//   while (auto message = from.next()) use(*message);      // text, valid until the next call
//
// What a too long or an unfinished frame leaves behind, for all codecs alike:
//
//   error                   the next call of next()
//   errc::too_long          skips the rest of that frame, which nobody keeps, and returns the one behind it
//   errc::malformed         returns the same: where a next frame would start cannot be known
//   errc::end_of_stream     returns the same: the stream has ended between two frames
//   errc::unexpected_end    returns the same; what has come of the frame is in buffer().buffered()
//   deadline_exceeded       goes on where this one was
//   others of the stream    asks the stream again
//
// Memory, goroutines and the life of the stream: as for buffered_reader, which does the reading.
#pragma once

#include <optional>
#include <span>
#include <utility>

#include <leat/error.hpp>
#include <leat/net/buffered_reader.hpp>
#include <leat/net/framing/frame.hpp>
#include <leat/net/stream.hpp>

namespace leat::net {

template <framing::codec Codec>
class frame_reader {
 public:
  using frame = typename Codec::frame;

  frame_reader(stream& source, Codec codec, std::size_t buffer_bytes = buffered_reader::default_buffer_bytes)
      : codec_(std::move(codec)), buffer_(source, buffer_bytes) {}

  /// Goes on with what another reader has buffered: for protocols that change from one form to another.
  frame_reader(buffered_reader source, Codec codec) : codec_(std::move(codec)), buffer_(std::move(source)) {}

  /// The next frame, a view that is valid until the next call. Blocks until it is whole; unblocked as
  /// stream::read. Errors: see above.
  result<frame> next() {
    for (;;) {
      std::span<const std::byte> rest = buffer_.buffered();
      const auto taken = codec_.take(rest, progress_);
      buffer_.consume(buffer_.buffered().size() - rest.size());
      if (!taken) return std::unexpected(taken.error());
      if (*taken) return **taken;
      const auto more = buffer_.read_more(codec_.most_bytes());
      if (!more) return std::unexpected(more.error());
      if (*more == 0) return fail(is_between_frames() ? errc::end_of_stream : errc::unexpected_end);
    }
  }

  /// Whether nothing is buffered, not even a part of a frame, and no too long frame is being skipped.
  bool is_between_frames() const noexcept { return buffer_.buffered().empty() && !progress_.inside_frame(); }

  /// Where the frames come from. Between frames it may be read in other ways, too, waited on with
  /// wait_readable(), or moved out of this reader.
  buffered_reader& buffer() noexcept { return buffer_; }

 private:
  Codec codec_;
  framing::progress progress_;
  buffered_reader buffer_;
};

}  // namespace leat::net
