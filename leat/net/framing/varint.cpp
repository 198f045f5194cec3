#include <leat/net/framing/varint.hpp>

namespace leat::net::framing {
namespace {

constexpr unsigned bits_per_byte = 7;
constexpr std::byte more_follow{0x80};

}  // namespace

result<std::optional<varint>> read_varint(std::span<const std::byte> bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto bits = std::to_integer<std::uint64_t>(bytes[at] & ~more_follow);
    const bool is_last = (bytes[at] & more_follow) == std::byte{};
    // The tenth byte has room for one bit, and none comes behind it.
    if (at == most_varint_bytes - 1 && (bits > 1 || !is_last)) return fail(errc::malformed);
    value |= bits << (bits_per_byte * at);
    if (!is_last) continue;
    if (bits == 0 && at > 0) return fail(errc::malformed);
    return varint{.value = value, .size_bytes = at + 1};
  }
  return std::nullopt;
}

std::size_t write_varint(std::uint64_t value, std::span<std::byte, most_varint_bytes> into) noexcept {
  std::size_t at = 0;
  for (; value >> bits_per_byte != 0; value >>= bits_per_byte)
    into[at++] = static_cast<std::byte>(value) | more_follow;
  into[at++] = static_cast<std::byte>(value);
  return at;
}

}  // namespace leat::net::framing
