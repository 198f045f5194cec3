// Frames to a stream, by any of the codecs.
//
//   net::frame_writer to(conn, net::framing::length_prefix<std::uint32_t>(1000));
//   if (auto sent = to.write("hello"); !sent) ...
//
// Each frame is one writev of head, payload and tail: nothing is copied, and frames that several goroutines
// write to the same stream do not mix. To send many small ones at once, give it a buffered_writer in place of
// the stream, and flush that.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <leat/error.hpp>
#include <leat/net/framing/frame.hpp>
#include <leat/net/stream.hpp>
#include <leat/net/text.hpp>

namespace leat::net {

/// `Sink`: a stream of any type, or a buffered_writer. As many goroutines may use one writer as may use its
/// sink.
template <framing::codec Codec, typename Sink = stream>
class frame_writer {
 public:
  using frame = typename Codec::frame;

  /// The sink must outlive the writer and stay where it is.
  frame_writer(Sink& sink, Codec codec) : sink_(&sink), codec_(std::move(codec)) {}

  /// Writes one frame. Blocks as the sink's writev. Errors: errc::too_long and errc::malformed as the codec's
  /// encode(), and then nothing was written and the stream is as good as before; those of the sink.
  result<void> write(const frame& what) const {
    const auto encoded = codec_.encode(what);
    if (!encoded) return std::unexpected(encoded.error());
    return sink_->writev(encoded->parts());
  }

  /// The same for text, where frames are bytes.
  result<void> write(std::string_view text) const
    requires std::same_as<frame, std::span<const std::byte>>
  {
    return write(as_bytes(text));
  }

 private:
  Sink* sink_;
  Codec codec_;
};

}  // namespace leat::net
