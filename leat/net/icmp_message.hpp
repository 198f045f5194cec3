// ICMP echo messages as bytes: RFC 792 and RFC 4443, section 4. Not for users.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace leat::net {

inline constexpr std::size_t icmp_header_bytes = 8;

enum class icmp_family : std::uint8_t { v4, v6 };

struct icmp_echo_message {
  std::uint16_t identifier = 0;
  std::uint16_t sequence = 0;
  std::span<const std::byte> payload{};
};

/// Writes an echo request with its checksum, for which IPv6 leaves zero: the system knows the addresses that
/// it covers. Returns its size; 0 when `into` is too small.
std::size_t write_echo_request(icmp_family family, const icmp_echo_message& request,
                               std::span<std::byte> into) noexcept;

/// An echo reply, with its payload within `message`; nothing for any other message, or one that is too short.
std::optional<icmp_echo_message> read_echo_reply(icmp_family family,
                                                 std::span<const std::byte> message) noexcept;

/// What follows the header of an IPv4 packet, as raw sockets are given it; nothing if it is cut off, or not
/// ICMP.
std::optional<std::span<const std::byte>> content_of_ipv4(std::span<const std::byte> packet) noexcept;

/// RFC 1071: the ones' complement of the ones' complement sum of the 16-bit words.
std::uint16_t internet_checksum(std::span<const std::byte> bytes) noexcept;

}  // namespace leat::net
