// How single values of the configuration are written and read. Inside hub/ only.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace hub {

// "64 MiB", "64MiB" or "67108864"; units B, KiB, MiB, GiB, TiB.
std::expected<std::uint64_t, std::string> parse_size(std::string_view text);
std::string render_size(std::uint64_t bytes);

// "500ms", "90s", "5min", "24h", "2d".
std::expected<std::chrono::milliseconds, std::string> parse_duration(std::string_view text);
std::string render_duration(std::chrono::milliseconds duration);

// HOST:PORT with a port of 0 to 65535; IPv6 addresses in brackets.
std::expected<void, std::string> check_listen(std::string_view text);

// http:// or https:// with a host and no slash at the end: paths are appended to it.
std::expected<void, std::string> check_url(std::string_view text);

// One line of text for people: valid UTF-8 without control characters, at most `limit_bytes`.
std::expected<void, std::string> check_line(std::string_view text, std::size_t limit_bytes);

// A word for the wire: printable ASCII without spaces, not starting with ':', 1 to 63 bytes.
std::expected<void, std::string> check_word(std::string_view text);

// TOML's basic string for `text`, with its quotes.
std::string quote(std::string_view text);

}  // namespace hub
