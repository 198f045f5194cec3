#include <algorithm>

#include <leat/net/icmp_message.hpp>

namespace leat::net {
namespace {

constexpr std::uint8_t v4_echo_request = 8;
constexpr std::uint8_t v4_echo_reply = 0;
constexpr std::uint8_t v6_echo_request = 128;
constexpr std::uint8_t v6_echo_reply = 129;

void put_u16(std::span<std::byte> into, std::size_t at, std::uint16_t value) noexcept {
  into[at] = static_cast<std::byte>(value >> 8);
  into[at + 1] = static_cast<std::byte>(value & 0xff);
}

std::uint16_t get_u16(std::span<const std::byte> from, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(from[at]) << 8 |
                                    std::to_integer<unsigned>(from[at + 1]));
}

}  // namespace

std::uint16_t internet_checksum(std::span<const std::byte> bytes) noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    sum += std::to_integer<std::uint64_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum & 0xffff);
}

std::size_t write_echo_request(icmp_family family, const icmp_echo_message& request,
                               std::span<std::byte> into) noexcept {
  const std::size_t size = icmp_header_bytes + request.payload.size();
  if (into.size() < size) return 0;
  const auto message = into.first(size);
  message[0] = std::byte{family == icmp_family::v4 ? v4_echo_request : v6_echo_request};
  message[1] = std::byte{0};
  put_u16(message, 2, 0);
  put_u16(message, 4, request.identifier);
  put_u16(message, 6, request.sequence);
  std::ranges::copy(request.payload, message.subspan(icmp_header_bytes).begin());
  if (family == icmp_family::v4) put_u16(message, 2, internet_checksum(message));
  return size;
}

std::optional<icmp_echo_message> read_echo_reply(icmp_family family,
                                                 std::span<const std::byte> message) noexcept {
  if (message.size() < icmp_header_bytes) return std::nullopt;
  const std::byte wanted{family == icmp_family::v4 ? v4_echo_reply : v6_echo_reply};
  if (message[0] != wanted || message[1] != std::byte{0}) return std::nullopt;
  return icmp_echo_message{.identifier = get_u16(message, 4),
                           .sequence = get_u16(message, 6),
                           .payload = message.subspan(icmp_header_bytes)};
}

std::optional<std::span<const std::byte>> content_of_ipv4(std::span<const std::byte> packet) noexcept {
  constexpr std::size_t least_header_bytes = 20;
  constexpr std::byte icmp{1};
  if (packet.size() < least_header_bytes) return std::nullopt;
  const auto first = std::to_integer<std::size_t>(packet[0]);
  const std::size_t header = (first & 0xf) * 4;
  if (first >> 4 != 4 || header < least_header_bytes || header > packet.size() || packet[9] != icmp)
    return std::nullopt;
  return packet.subspan(header);
}

}  // namespace leat::net
