#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <ostream>

#include <leat/net/address.hpp>

namespace leat::net {
namespace {

// As std::from_chars, for all of `text` and digits only.
template <typename Number>
bool read_number(std::string_view text, Number& out) noexcept {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return !text.empty() && error == std::errc{} && stop == end;
}

bool all_digits(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// inet_pton() on text that need not end in NUL.
template <std::size_t Size>
bool read_literal(int family, std::string_view text, std::array<std::uint8_t, Size>& out) noexcept {
  std::array<char, INET6_ADDRSTRLEN> terminated;
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return false;
  *std::ranges::copy(text, terminated.begin()).out = '\0';
  return inet_pton(family, terminated.data(), out.data()) == 1;
}

result<std::uint32_t> parse_zone(std::string_view zone) {
  std::uint32_t index = 0;
  if (read_number(zone, index)) {
    if (index == 0) return fail(errc::bad_address);
    return index;
  }
  if (all_digits(zone)) return fail(errc::bad_address);  // empty, or greater than an index can be
  std::array<char, IF_NAMESIZE> name;
  if (zone.size() >= name.size() || zone.find('\0') != std::string_view::npos) {
    return fail(errc::bad_address);
  }
  *std::ranges::copy(zone, name.begin()).out = '\0';
  index = if_nametoindex(name.data());
  if (index == 0) return last_system_error();
  return index;
}

std::string zone_text(std::uint32_t scope_id) {
  std::array<char, IF_NAMESIZE> name;
  if (if_indextoname(scope_id, name.data())) return std::string(name.data());
  return std::to_string(scope_id);
}

void append_dotted(std::string& out, std::span<const std::uint8_t> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i != 0) out += '.';
    out += std::to_string(bytes[i]);
  }
}

// The first of the longest runs of zero groups, of two groups at least (RFC 5952, section 4.2).
struct zero_run {
  std::size_t start = 8;
  std::size_t length = 0;
};

zero_run longest_zero_run(std::span<const std::uint16_t, 8> groups) noexcept {
  zero_run best;
  for (std::size_t i = 0; i < groups.size();) {
    std::size_t end = i;
    while (end < groups.size() && groups[end] == 0)
      ++end;
    if (end - i >= 2 && end - i > best.length) best = {i, end - i};
    i = std::max(end, i + 1);
  }
  return best;
}

void append_groups(std::string& out, std::span<const std::uint8_t> bytes) {
  std::array<std::uint16_t, 8> groups;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  }
  const zero_run zeros = longest_zero_run(groups);
  for (std::size_t i = 0; i < groups.size();) {
    if (i == zeros.start) {
      out += "::";
      i += zeros.length;
      continue;
    }
    if (i != 0 && i != zeros.start + zeros.length) out += ':';
    std::array<char, 4> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), groups[i], 16).ptr;
    out.append(digits.data(), end);
    ++i;
  }
}

// The halves of `text`, or what is wrong with it.
std::expected<host_port, std::string_view> split(std::string_view text) noexcept {
  std::string_view host;
  std::string_view rest;  // from the colon on
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::unexpected("a bracket is opened and never closed");
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (rest.empty()) return std::unexpected("the port is missing");
    if (rest.front() != ':') return std::unexpected("something other than a colon follows the bracket");
  } else {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::unexpected("the port is missing");
    host = text.substr(0, colon);
    rest = text.substr(colon);
    if (host.find(':') != std::string_view::npos) {
      return std::unexpected("it has too many colons (an IPv6 address stands in brackets)");
    }
  }
  const std::string_view port = rest.substr(1);
  if (port.empty()) return std::unexpected("the port is missing");
  if (port.find(':') != std::string_view::npos) return std::unexpected("it has too many colons");
  constexpr std::string_view brackets = "[]";
  if (host.find_first_of(brackets) != std::string_view::npos ||
      port.find_first_of(brackets) != std::string_view::npos) {
    return std::unexpected("a bracket stands where none belongs");
  }
  return host_port{host, port};
}

}  // namespace

result<ip_address> ip_address::parse(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    std::array<std::uint8_t, 4> bytes;
    if (!read_literal(AF_INET, text, bytes)) return fail(errc::bad_address);
    return v4(bytes);
  }
  const std::size_t percent = text.find('%');
  std::array<std::uint8_t, 16> bytes;
  if (!read_literal(AF_INET6, text.substr(0, percent), bytes)) return fail(errc::bad_address);
  ip_address parsed = v6(bytes);
  if (percent == std::string_view::npos) return parsed;
  if (parsed.is_v4_mapped()) return fail(errc::bad_address);  // IPv4 has no zones
  const auto zone = parse_zone(text.substr(percent + 1));
  if (!zone) return std::unexpected(zone.error());
  parsed.scope_id_ = *zone;
  return parsed;
}

bool ip_address::is_unspecified() const noexcept {
  return std::ranges::all_of(bytes(), [](std::uint8_t byte) { return byte == 0; });
}

bool ip_address::is_loopback() const noexcept {
  if (has_mapped_prefix()) return bytes_[v4_offset] == 127;
  return bytes_ == loopback_v6().bytes_;
}

bool ip_address::is_multicast() const noexcept {
  if (has_mapped_prefix()) return (bytes_[v4_offset] & 0xf0) == 0xe0;
  return bytes_[0] == 0xff;
}

bool ip_address::is_link_local() const noexcept {
  if (has_mapped_prefix()) return bytes_[v4_offset] == 169 && bytes_[v4_offset + 1] == 254;
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool ip_address::is_private() const noexcept {
  if (!has_mapped_prefix()) return (bytes_[0] & 0xfe) == 0xfc;
  const std::uint8_t first = bytes_[v4_offset];
  const std::uint8_t second = bytes_[v4_offset + 1];
  return first == 10 || (first == 172 && (second & 0xf0) == 16) || (first == 192 && second == 168);
}

std::string ip_address::to_string() const {
  std::string out;
  if (!v6_) {
    append_dotted(out, bytes());
    return out;
  }
  if (has_mapped_prefix()) {
    out = "::ffff:";
    append_dotted(out, std::span(bytes_).subspan(v4_offset));
  } else {
    append_groups(out, bytes_);
  }
  if (scope_id_ != 0) out.append(1, '%').append(zone_text(scope_id_));
  return out;
}

std::size_t ip_address::hash() const noexcept {
  std::array<char, sizeof(bytes_) + sizeof(scope_id_) + 1> key;
  std::memcpy(key.data(), bytes_.data(), sizeof(bytes_));
  std::memcpy(key.data() + sizeof(bytes_), &scope_id_, sizeof(scope_id_));
  key.back() = v6_ ? 1 : 0;
  return std::hash<std::string_view>{}(std::string_view(key.data(), key.size()));
}

result<endpoint> endpoint::parse(std::string_view text) {
  const auto halves = split_host_port(text);
  if (!halves) return std::unexpected(halves.error());
  // Brackets are for IPv6: "[127.0.0.1]:80" is a slip of the pen, and never valid elsewhere (RFC
  // 3986, 3.2.2).
  if (text.starts_with('[') != (halves->host.find(':') != std::string_view::npos)) {
    return fail(errc::bad_address);
  }
  const auto address = ip_address::parse(halves->host);
  if (!address) return std::unexpected(address.error());
  const auto port = parse_port(halves->port);
  if (!port) return std::unexpected(port.error());
  return endpoint(*address, *port);
}

std::string endpoint::to_string() const {
  return join_host_port(address_.to_string(), port_);
}

std::size_t endpoint::hash() const noexcept {
  return address_.hash() ^ (std::size_t{port_} * 0x9e3779b97f4a7c15);
}

std::ostream& operator<<(std::ostream& out, const ip_address& address) {
  return out << address.to_string();
}

std::ostream& operator<<(std::ostream& out, const endpoint& where) {
  return out << where.to_string();
}

result<host_port> split_host_port(std::string_view text) {
  const auto halves = split(text);
  if (!halves) return fail(errc::bad_address);
  return *halves;
}

result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  if (!read_number(text, port)) return fail(errc::bad_address);
  return port;
}

std::string join_host_port(std::string_view host, std::uint16_t port) {
  const bool bracketed = host.find(':') != std::string_view::npos;
  std::string out;
  out.reserve(host.size() + 8);
  if (bracketed) out += '[';
  out += host;
  if (bracketed) out += ']';
  out += ':';
  out += std::to_string(port);
  return out;
}

std::string_view address_fault(std::string_view text) noexcept {
  const auto halves = split(text);
  if (!halves) return halves.error();
  std::uint16_t port = 0;
  if (all_digits(halves->port) && !read_number(halves->port, port)) {
    return "the port is greater than 65535";
  }
  if (!text.starts_with('[')) return {};
  std::array<std::uint8_t, 16> bytes;
  const std::string_view host = halves->host.substr(0, halves->host.find('%'));
  if (!read_literal(AF_INET6, host, bytes)) return "no IPv6 address stands in the brackets";
  return {};
}

}  // namespace leat::net
