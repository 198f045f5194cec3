// Frames with their length in front, as a number of fixed size or as a varint.
//
//   const framing::length_prefix<std::uint32_t> big{1 << 20};    // highest byte first, at most 1 MiB
//   const framing::length_prefix<std::uint16_t, std::endian::little> little{1000};
//   const framing::varint_prefix compact{1 << 20};
//
// The length is that of the payload, itself not counted. A length beyond the limit is found before anything
// of the payload has come, and nobody sets memory aside for a length that was only promised.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <leat/error.hpp>
#include <leat/net/framing/frame.hpp>
#include <leat/net/framing/varint.hpp>

namespace leat::net::framing {

template <typename Number>
concept length_number = std::same_as<Number, std::uint8_t> || std::same_as<Number, std::uint16_t> ||
                        std::same_as<Number, std::uint32_t> || std::same_as<Number, std::uint64_t>;

/// Frames with their length in front as a `Number` of one, two, four or eight bytes.
template <length_number Number, std::endian Order = std::endian::big>
class length_prefix {
 public:
  using frame = std::span<const std::byte>;

  explicit constexpr length_prefix(std::size_t limit_bytes) noexcept : limit_bytes_(limit_bytes) {}

  /// See frame.hpp. Errors: errc::too_long.
  result<std::optional<frame>> take(std::span<const std::byte>& bytes, progress& state) const noexcept {
    if (!skip_counted(bytes, state) || bytes.size() < sizeof(Number)) return std::nullopt;
    Number length = 0;
    for (std::size_t at = 0; at < sizeof(Number); ++at)
      length |= static_cast<Number>(std::to_integer<Number>(bytes[at]) << shift(at));
    return take_counted(bytes, state, {.head_bytes = sizeof(Number), .payload_bytes = length}, limit_bytes_);
  }

  /// Errors: errc::too_long, also for more than a `Number` can say.
  result<encoded_frame> encode(std::span<const std::byte> payload) const noexcept {
    if (payload.size() > limit_bytes_ || !std::in_range<Number>(payload.size())) return fail(errc::too_long);
    std::array<std::byte, sizeof(Number)> head;
    for (std::size_t at = 0; at < sizeof(Number); ++at)
      head[at] = static_cast<std::byte>(payload.size() >> shift(at));
    return encoded_frame(head, payload, {});
  }

  std::size_t most_bytes() const noexcept { return saturating_sum(limit_bytes_, sizeof(Number)); }

 private:
  static constexpr std::size_t shift(std::size_t at) noexcept {
    return 8 * (Order == std::endian::little ? at : sizeof(Number) - 1 - at);
  }

  std::size_t limit_bytes_;
};

/// Frames with their length in front as a varint (varint.hpp).
class varint_prefix {
 public:
  using frame = std::span<const std::byte>;

  explicit constexpr varint_prefix(std::size_t limit_bytes) noexcept : limit_bytes_(limit_bytes) {}

  /// See frame.hpp. Errors: errc::too_long; errc::malformed for what is no varint.
  result<std::optional<frame>> take(std::span<const std::byte>& bytes, progress& state) const noexcept;

  /// Errors: errc::too_long.
  result<encoded_frame> encode(std::span<const std::byte> payload) const noexcept;

  std::size_t most_bytes() const noexcept { return saturating_sum(limit_bytes_, most_varint_bytes); }

 private:
  std::size_t limit_bytes_;
};

}  // namespace leat::net::framing
