// Frames that end where a marker stands: a line end, "##", a NUL.
//
//   const framing::end_marker talk{"##", 1000};     // frames of at most 1000 bytes, the marker not counted
//   const framing::line lines{512};
//
// The marker cannot be part of a frame: encode() refuses such payloads. Anything else can, NULs included.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <leat/error.hpp>
#include <leat/net/framing/frame.hpp>

namespace leat::net::framing {

/// Where the first piece of some text ends.
struct piece {
  std::size_t text_bytes = 0;   ///< without what ends it
  std::size_t taken_bytes = 0;  ///< with what ends it
};

/// Finds the first `marker` in `bytes`, of which the first `seen_bytes` are known to hold no whole one.
/// Returns nothing if it may yet come. Errors: errc::too_long if the piece before it has or will have more
/// than `limit_bytes`. `marker` must not be empty.
result<std::optional<piece>> find_marker(std::string_view bytes, std::string_view marker,
                                         std::size_t limit_bytes, std::size_t seen_bytes = 0) noexcept;

/// The same for a line end, LF or CRLF; a CR anywhere else is part of the line.
result<std::optional<piece>> find_line_end(std::string_view bytes, std::size_t limit_bytes,
                                           std::size_t seen_bytes = 0) noexcept;

/// Drops what belongs to a piece up to and including the first `marker` off the front of `bytes`. Returns
/// whether that was there; if not, what may be the marker's start is left.
bool skip_past(std::span<const std::byte>& bytes, std::string_view marker) noexcept;

/// Frames that end with a marker of the caller's choice. Between "a###b" and the marker "##" stands "a": the
/// first place where the marker can be is where it is.
class end_marker {
 public:
  using frame = std::string_view;

  /// Throws std::invalid_argument for an empty marker.
  end_marker(std::string_view marker, std::size_t limit_bytes);

  /// See frame.hpp. Errors: errc::too_long.
  result<std::optional<frame>> take(std::span<const std::byte>& bytes, progress& state) const noexcept;

  /// Errors: errc::too_long; errc::malformed if the marker is in `text`, or would come about where `text`
  /// meets it.
  result<encoded_frame> encode(std::string_view text) const noexcept;

  std::size_t most_bytes() const noexcept { return saturating_sum(limit_bytes_, marker_.size()); }

 private:
  std::string marker_;
  std::size_t limit_bytes_;
};

/// What ends the lines that are sent. Those that come may end with either.
enum class line_end : unsigned char { lf, crlf };

/// Lines of text. At the end of a stream, a last line without a line end is an unfinished frame.
class line {
 public:
  using frame = std::string_view;

  /// `limit_bytes` does not count the line end.
  explicit constexpr line(std::size_t limit_bytes, line_end sent_end = line_end::lf) noexcept
      : limit_bytes_(limit_bytes), sent_end_(sent_end) {}

  /// See frame.hpp. Errors: errc::too_long.
  result<std::optional<frame>> take(std::span<const std::byte>& bytes, progress& state) const noexcept;

  /// Errors: errc::too_long; errc::malformed if `text` has an LF in it, or ends with a CR that would be taken
  /// for a part of the line end.
  result<encoded_frame> encode(std::string_view text) const noexcept;

  std::size_t most_bytes() const noexcept { return saturating_sum(limit_bytes_, 2); }

 private:
  std::size_t limit_bytes_;
  line_end sent_end_;
};

}  // namespace leat::net::framing
