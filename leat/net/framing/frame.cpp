#include <algorithm>
#include <cassert>
#include <cstring>

#include <leat/net/framing/frame.hpp>

namespace leat::net::framing {

encoded_frame::encoded_frame(std::span<const std::byte> head, std::span<const std::byte> payload,
                             std::span<const std::byte> tail) noexcept
    : head_bytes_(head.size()), payload_(payload), tail_(tail) {
  assert(head.size() <= most_head_bytes);
  std::ranges::copy(head, head_.begin());
}

result<std::optional<std::span<const std::byte>>> take_counted(std::span<const std::byte>& bytes,
                                                               progress& state, counted_head head,
                                                               std::size_t limit_bytes) noexcept {
  const auto rest = bytes.subspan(head.head_bytes);
  if (head.payload_bytes > limit_bytes) {
    bytes = rest;
    state.skip_bytes = head.payload_bytes;
    skip_counted(bytes, state);
    return fail(errc::too_long);
  }
  const auto payload_bytes = static_cast<std::size_t>(head.payload_bytes);
  if (rest.size() < payload_bytes) return std::nullopt;
  bytes = rest.subspan(payload_bytes);
  return rest.first(payload_bytes);
}

bool skip_counted(std::span<const std::byte>& bytes, progress& state) noexcept {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(state.skip_bytes, bytes.size()));
  bytes = bytes.subspan(count);
  state.skip_bytes -= count;
  return state.skip_bytes == 0;
}

}  // namespace leat::net::framing
