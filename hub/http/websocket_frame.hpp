// The outside of WebSocket frames (RFC 6455, section 5.2): where each ends, and those that we make ourselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hub::http {

enum class opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xa,
};

struct frame_header {
  opcode kind = opcode::continuation;  // may be none of them
  bool is_final = false;
  bool is_extended = false;  // a reserved bit is set
  bool is_masked = false;    // as all frames of clients must be
  std::size_t header_bytes = 0;
  std::uint64_t payload_bytes = 0;

  bool is_data() const { return kind <= opcode::binary; }
  bool ends_message() const { return is_data() && is_final; }
  // A control frame of a client with nothing wrong about it.
  bool is_sound_control(opcode which) const {
    return kind == which && is_final && !is_extended && is_masked && payload_bytes <= 125;
  }
};

// The longest header that there is.
inline constexpr std::size_t frame_header_bytes = 14;

// The header of the frame that begins here; nothing as long as it has not come whole.
std::optional<frame_header> read_frame_header(std::string_view bytes);

// The answer to a ping: `frame` is all of it, and is_sound_control(opcode::ping).
std::string pong_frame(std::string_view frame, const frame_header& header);

enum class close_reason : std::uint16_t {
  normal = 1000,
  policy = 1008,
  too_big = 1009,
};

std::string close_frame(close_reason why);

}  // namespace hub::http
