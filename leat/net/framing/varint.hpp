// Whole numbers in as many bytes as they need, seven bits to a byte and the lowest first, as protocol buffers
// and many others write them (unsigned LEB128): 0 to 127 in one byte, 300 as AC 02, 2^64 - 1 in ten.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <leat/error.hpp>

namespace leat::net::framing {

inline constexpr std::size_t most_varint_bytes = 10;

struct varint {
  std::uint64_t value = 0;
  std::size_t size_bytes = 0;  ///< that it takes
};

/// Reads the number at the front of `bytes`. Returns nothing if its last byte has not come. Errors:
/// errc::malformed for more than 64 bits, and for a number in more bytes than it needs: one number has one
/// form, so that nothing can be said in a way that others read differently.
result<std::optional<varint>> read_varint(std::span<const std::byte> bytes) noexcept;

/// Writes `value` to the front of `into`, and returns how many bytes it takes.
std::size_t write_varint(std::uint64_t value, std::span<std::byte, most_varint_bytes> into) noexcept;

}  // namespace leat::net::framing
