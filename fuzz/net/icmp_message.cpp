// ICMP messages as they come: an IPv4 packet, or a message of either family.
#include <leat/net/icmp_message.hpp>

#include <fuzz/net/frames.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat::net;
  using fuzz::require;
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto content = content_of_ipv4(bytes)) require(content->size() + 20 <= size);
  for (const auto family : {icmp_family::v4, icmp_family::v6}) {
    if (const auto reply = read_echo_reply(family, bytes))
      require(reply->payload.size() + icmp_header_bytes == size);
  }
  // What is written sums up, whatever is in it.
  std::vector<std::byte> message(size + icmp_header_bytes);
  const icmp_echo_message request{
      .identifier = 7, .sequence = static_cast<std::uint16_t>(size), .payload = bytes};
  require(write_echo_request(icmp_family::v4, request, message) == message.size());
  require(internet_checksum(message) == 0);
  return 0;
}
