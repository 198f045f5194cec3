// What a new connection speaks, by its first bytes: one port serves both protocols.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hub {

enum class protocol : std::uint8_t {
  unknown,  // what has come so far begins both an HTTP request and IRC lines
  irc,
  http,
};

// As many bytes decide in any case: the longest method that there is, with its space.
inline constexpr std::size_t deciding_bytes = 8;

// An HTTP request begins with a method in capitals and a space (RFC 9112, section 3); no IRC command that a
// client may begin with looks like that. Everything else is IRC, whose side says what it does not understand.
protocol protocol_of(std::string_view first_bytes);

}  // namespace hub
