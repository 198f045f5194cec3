#include <leat/net/framing/length_prefix.hpp>

namespace leat::net::framing {

result<std::optional<std::span<const std::byte>>> varint_prefix::take(std::span<const std::byte>& bytes,
                                                                      progress& state) const noexcept {
  if (!skip_counted(bytes, state)) return std::nullopt;
  const auto length = read_varint(bytes);
  if (!length) return std::unexpected(length.error());
  if (!*length) return std::nullopt;
  const counted_head head{.head_bytes = (*length)->size_bytes, .payload_bytes = (*length)->value};
  return take_counted(bytes, state, head, limit_bytes_);
}

result<encoded_frame> varint_prefix::encode(std::span<const std::byte> payload) const noexcept {
  if (payload.size() > limit_bytes_) return fail(errc::too_long);
  std::array<std::byte, most_varint_bytes> length;
  const std::size_t length_bytes = write_varint(payload.size(), length);
  return encoded_frame(std::span(length).first(length_bytes), payload, {});
}

}  // namespace leat::net::framing
