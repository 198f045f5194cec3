// Percent-encoding of URIs (RFC 3986, section 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hub::http {

// The bytes that a piece of a request target stands for; nothing if a `%` lacks its two hexadecimal digits or
// a character stands there that must not stand unencoded (controls, space). Bytes from 0x80 on may: people
// type them.
std::optional<std::string> percent_decode(std::string_view text);

// Encodes every byte but the unreserved ones (letters, digits, `-._~`), so that the text fits anywhere in a
// URI.
std::string percent_encode(std::string_view text);

}  // namespace hub::http
