#include <utility>

#include <hub/http/websocket_frame.hpp>

namespace hub::http {
namespace {

constexpr std::size_t mask_bytes = 4;

std::uint8_t byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<std::uint8_t>(bytes[index]);
}

std::string control_frame(opcode kind, std::string_view payload) {
  std::string frame;
  frame += static_cast<char>(0x80 | std::to_underlying(kind));
  frame += static_cast<char>(payload.size());
  return frame.append(payload);
}

}  // namespace

std::optional<frame_header> read_frame_header(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const std::uint8_t first = byte_at(bytes, 0);
  const std::uint8_t second = byte_at(bytes, 1);
  const std::size_t length = second & 0x7f;
  const std::size_t length_bytes = length == 127 ? 8 : length == 126 ? 2 : 0;
  frame_header header{.kind = static_cast<opcode>(first & 0x0f),
                      .is_final = (first & 0x80) != 0,
                      .is_extended = (first & 0x70) != 0,
                      .is_masked = (second & 0x80) != 0,
                      .header_bytes = 2 + length_bytes,
                      .payload_bytes = length_bytes == 0 ? length : 0U};
  if (header.is_masked) header.header_bytes += mask_bytes;
  if (bytes.size() < header.header_bytes) return std::nullopt;
  for (std::size_t index = 0; index < length_bytes; ++index)
    header.payload_bytes = header.payload_bytes << 8 | byte_at(bytes, 2 + index);
  return header;
}

std::string pong_frame(std::string_view frame, const frame_header& header) {
  const std::string_view mask = frame.substr(header.header_bytes - mask_bytes, mask_bytes);
  std::string payload(frame.substr(header.header_bytes));
  for (std::size_t index = 0; index < payload.size(); ++index)
    payload[index] = static_cast<char>(payload[index] ^ mask[index % mask_bytes]);
  return control_frame(opcode::pong, payload);
}

std::string close_frame(close_reason why) {
  const auto code = std::to_underlying(why);
  const char payload[] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  return control_frame(opcode::close, {payload, sizeof payload});
}

}  // namespace hub::http
