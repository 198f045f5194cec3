#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include <leat/net/address.hpp>

#include <cli/url.hpp>
#include <cli/visible_text.hpp>

namespace cli {
namespace {

constexpr std::size_t limit_bytes = 8192;
constexpr std::string_view server_port = "8667";

bool is_unreserved(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '-' || letter == '.' || letter == '_' || letter == '~';
}

std::optional<unsigned> hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a' + 10);
  if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A' + 10);
  return std::nullopt;
}

// "host", "host:port" or ":port" with the port filled in. IPv6 addresses stand in brackets.
outcome<std::string> with_port(std::string_view authority, std::string_view port_if_none) {
  if (authority.empty()) return std::unexpected("it names no host");
  std::string full(authority);
  const bool bracketed = authority.ends_with(']');
  if (bracketed || authority.find(':') == std::string_view::npos) full += fmt::format(":{}", port_if_none);
  const auto halves = leat::net::split_host_port(full);
  if (!halves) return std::unexpected(std::string(leat::net::address_fault(full)));
  return full;
}

}  // namespace

bool looks_like_url(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return false;
  return std::ranges::all_of(text.substr(0, colon),
                             [](char letter) { return is_unreserved(letter) || letter == '+'; });
}

outcome<url> parse_url(std::string_view text) {
  const auto refused = [whole = text](std::string_view why) {
    return std::unexpected(fmt::format("bad URL '{}': {}", fit_columns(visible(whole), 200), why));
  };
  if (text.size() > limit_bytes) return refused(fmt::format("longer than {} bytes", limit_bytes));
  if (std::ranges::any_of(text, [](unsigned char byte) { return byte <= 0x20 || byte == 0x7F; })) {
    return refused("it has a space or a control character in it (write %20 for a space)");
  }
  constexpr std::string_view scheme = "http://";
  if (text.starts_with("https://")) return refused("https is not spoken here, only http");
  if (!text.starts_with(scheme)) return refused("it does not start with http://");
  text.remove_prefix(scheme.size());
  const std::size_t end_of_host = std::min(text.find_first_of("/?#"), text.size());
  const std::string_view authority = text.substr(0, end_of_host);
  std::string_view path = text.substr(end_of_host);
  path = path.substr(0, path.find('#'));
  if (authority.find('@') != std::string_view::npos) return refused("user names in URLs are not supported");
  auto address = with_port(authority, "80");
  if (!address) return refused(address.error());
  std::string encoded = path.starts_with('/') ? std::string() : std::string("/");
  for (const char letter : path) {
    // Bytes beyond ASCII are not allowed in a URL, but people paste them.
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x80) {
      encoded += fmt::format("%{:02X}", byte);
    } else {
      encoded += letter;
    }
  }
  return url{.address = std::move(*address), .path = std::move(encoded)};
}

outcome<std::string> parse_server(std::string_view text) {
  if (looks_like_url(text)) {
    auto parsed = parse_url(text);
    if (!parsed) return std::unexpected(parsed.error());
    if (parsed->path != "/") {
      return std::unexpected(
          fmt::format("bad server '{}': a server is HOST:PORT or http://HOST:PORT", visible(text)));
    }
    return parsed->address;
  }
  auto address = with_port(text, server_port);
  if (!address) return std::unexpected(fmt::format("bad server '{}': {}", visible(text), address.error()));
  if (address->starts_with(':')) address->insert(0, "127.0.0.1");
  return address;
}

outcome<destination> parse_destination(std::string_view text) {
  if (looks_like_url(text)) {
    const auto parsed = parse_url(text);
    if (!parsed) return std::unexpected(parsed.error());
    std::string_view path = parsed->path;
    if (path.ends_with('/')) path.remove_suffix(1);
    if (path.ends_with("/files")) path.remove_suffix(6);
    if (path.empty()) return destination{.address = parsed->address, .room = {}};
    constexpr std::string_view rooms = "/rooms/";
    if (path.starts_with(rooms) && path.size() > rooms.size() && path.find('/', rooms.size()) == path.npos) {
      auto room = decode_segment(path.substr(rooms.size()));
      if (!room) return std::unexpected(fmt::format("bad URL '{}': {}", visible(text), room.error()));
      return destination{.address = parsed->address, .room = std::move(*room)};
    }
    return std::unexpected(fmt::format(
        "bad destination '{}': files go to http://HOST:PORT, .../files or .../rooms/ROOM", visible(text)));
  }
  auto address = parse_server(text);
  if (!address) return std::unexpected(address.error());
  return destination{.address = std::move(*address), .room = {}};
}

std::string encode_segment(std::string_view name) {
  std::string encoded;
  for (const char letter : name) {
    if (is_unreserved(letter)) {
      encoded += letter;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
    }
  }
  return encoded;
}

outcome<std::string> decode_segment(std::string_view segment) {
  std::string decoded;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      decoded += segment[i];
      continue;
    }
    const auto high = i + 2 < segment.size() ? hex_value(segment[i + 1]) : std::nullopt;
    const auto low = high ? hex_value(segment[i + 2]) : std::nullopt;
    if (!low)
      return std::unexpected(fmt::format("'%' in '{}' is not followed by two digits", visible(segment)));
    decoded += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return decoded;
}

outcome<std::string> last_name(const url& where) {
  std::string_view path = where.path;
  path = path.substr(0, path.find('?'));
  return decode_segment(path.substr(path.rfind('/') + 1));
}

std::string file_path(std::string_view room, std::string_view name) {
  std::string path = room.empty() ? "/files" : fmt::format("/rooms/{}/files", encode_segment(room));
  if (!name.empty()) path += fmt::format("/{}", encode_segment(name));
  return path;
}

}  // namespace cli
