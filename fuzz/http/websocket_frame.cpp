// Headers of WebSocket frames: bytes before the end of a header never give one, bytes behind it change
// nothing, and the answer to a ping is as long as the ping.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <fuzz/http/require.hpp>
#include <hub/http/websocket_frame.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hub::http;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto header = read_frame_header(bytes);
  if (!header) {
    require(size < frame_header_bytes);
    return 0;
  }
  require(header->header_bytes <= size && header->header_bytes <= frame_header_bytes);
  for (std::size_t count = 0; count < header->header_bytes; ++count)
    require(!read_frame_header(bytes.substr(0, count)));
  const auto again = read_frame_header(bytes.substr(0, header->header_bytes));
  require(again && again->payload_bytes == header->payload_bytes);
  const std::size_t whole = header->header_bytes + static_cast<std::size_t>(header->payload_bytes);
  if (header->is_sound_control(opcode::ping) && whole <= size)
    require(pong_frame(bytes.substr(0, whole), *header).size() == 2 + header->payload_bytes);
  return 0;
}
