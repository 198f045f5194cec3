// What all framing codecs share: how frames are taken off the front of some bytes, and how one is sent.
//
// A codec is pure: it holds its limits and nothing else, so that one, constant, serves any number of streams.
// What it must remember between two looks at one stream is in a `progress`. Each codec has
//
//   frame              what it gives: text, bytes, or both; views into the bytes that it was given
//   take               takes the first frame off the front of the bytes (see below)
//   encode             the parts of a frame that is to be sent
//   most_bytes         what must fit into the buffer of whoever collects bytes for take()
//
// Taking frames out of bytes that come in pieces:
//
//   framing::progress progress;
//   for (;;) {
//     std::span<const std::byte> rest = buffer;           // what has come and was not taken
//     auto taken = codec.take(rest, progress);            // moves the front of `rest` past what is done with
//     if (taken && !*taken) break;                        // more is needed: keep `rest`, append, come again
//     if (!taken && taken.error() == errc::malformed) return;
//     if (taken) use(**taken);                            // else it was too long, and is being skipped
//     drop(buffer, buffer.size() - rest.size());          // ends the life of the frame's view
//   }
//
// However the bytes are cut into pieces, the frames and errors are the same. Errors:
//
//  - errc::too_long, once for each frame that is longer than the limit, as soon as that is certain. The
//    next calls skip the rest of that frame without anybody keeping it, and then take the frame behind it.
//  - errc::malformed: there is no telling where a next frame would start. What is malformed is not taken, and
//    every later call says the same.
//
// frame_reader (reader.hpp) does all that over a stream.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <leat/error.hpp>

namespace leat::net::framing {

/// What is known of the bytes at the front of one stream. Starts as `progress{}`; only the codec changes it.
struct progress {
  std::size_t seen_bytes = 0;    ///< at the front, in which no frame ends
  std::uint64_t skip_bytes = 0;  ///< still to come of a frame of known length that was too long
  bool skips_to_end = false;     ///< what comes belongs to a too long frame, up to the end marker

  /// Whether a stream that ends here, with nothing left at its front, ends inside a frame.
  bool inside_frame() const noexcept { return skip_bytes > 0 || skips_to_end; }
};

/// Room for the longest head that any codec writes in front of a payload.
inline constexpr std::size_t most_head_bytes = 64;

/// A frame as it goes out: what stands in front of the payload, the payload, and what ends it. Payload and
/// tail are views of what was encoded and of the codec.
class encoded_frame {
 public:
  encoded_frame(std::span<const std::byte> head, std::span<const std::byte> payload,
                std::span<const std::byte> tail) noexcept;

  /// For stream::writev: one write, so that frames of several goroutines never mix. Valid while this object,
  /// the payload and the codec are.
  std::array<std::span<const std::byte>, 3> parts() const noexcept {
    return {std::span(head_).first(head_bytes_), payload_, tail_};
  }

  std::size_t size() const noexcept { return head_bytes_ + payload_.size() + tail_.size(); }

 private:
  std::array<std::byte, most_head_bytes> head_;
  std::size_t head_bytes_;
  std::span<const std::byte> payload_;
  std::span<const std::byte> tail_;
};

/// What frame_reader and frame_writer work with.
template <typename Codec>
concept codec = requires(const Codec& how, std::span<const std::byte>& bytes, progress& state,
                         const typename Codec::frame& what) {
  { how.take(bytes, state) } -> std::same_as<result<std::optional<typename Codec::frame>>>;
  { how.encode(what) } -> std::same_as<result<encoded_frame>>;
  { how.most_bytes() } noexcept -> std::same_as<std::size_t>;
};

/// The sum, or the greatest number there is: sizes of buffers for limits of any size.
constexpr std::size_t saturating_sum(std::size_t a, std::size_t b) noexcept {
  return a + b < a ? SIZE_MAX : a + b;
}

/// The head of a frame that says how long its payload is.
struct counted_head {
  std::size_t head_bytes = 0;
  std::uint64_t payload_bytes = 0;
};

/// Takes the payload of such a frame: for codecs, once the head is there. Moves `bytes` past head and
/// payload. Returns nothing, and takes nothing, while the payload is not whole. Errors: errc::too_long for
/// more than `limit_bytes`; then `state` says how much is still to be skipped.
result<std::optional<std::span<const std::byte>>> take_counted(std::span<const std::byte>& bytes,
                                                               progress& state, counted_head head,
                                                               std::size_t limit_bytes) noexcept;

/// Drops what `state` wants skipped off the front of `bytes`, as far as it has come. Returns whether that was
/// all.
bool skip_counted(std::span<const std::byte>& bytes, progress& state) noexcept;

}  // namespace leat::net::framing
