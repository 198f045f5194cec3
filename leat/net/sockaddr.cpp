#include <algorithm>
#include <cstring>

#include <leat/net/sockaddr.hpp>

namespace leat::net {
namespace {

std::unexpected<std::error_code> system_error(std::errc code) noexcept {
  return std::unexpected(std::error_code(static_cast<int>(code), std::system_category()));
}

}  // namespace

socket_address to_socket_address(const endpoint& where) noexcept {
  socket_address made;
  const auto bytes = where.address().bytes();
  if (where.address().is_v4()) {
    sockaddr_in raw{};
    raw.sin_family = AF_INET;
    raw.sin_port = htons(where.port());
    std::memcpy(&raw.sin_addr, bytes.data(), bytes.size());
    std::memcpy(&made.storage, &raw, sizeof(raw));
    made.size = sizeof(raw);
  } else {
    sockaddr_in6 raw{};
    raw.sin6_family = AF_INET6;
    raw.sin6_port = htons(where.port());
    raw.sin6_scope_id = where.address().scope_id();
    std::memcpy(&raw.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&made.storage, &raw, sizeof(raw));
    made.size = sizeof(raw);
  }
  return made;
}

result<endpoint> to_endpoint(const sockaddr* from, socklen_t size) noexcept {
  if (size < sizeof(sa_family_t)) return system_error(std::errc::invalid_argument);
  if (from->sa_family == AF_INET) {
    sockaddr_in raw;
    if (size < sizeof(raw)) return system_error(std::errc::invalid_argument);
    std::memcpy(&raw, from, sizeof(raw));
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &raw.sin_addr, bytes.size());
    return endpoint(ip_address::v4(bytes), ntohs(raw.sin_port));
  }
  if (from->sa_family == AF_INET6) {
    sockaddr_in6 raw;
    if (size < sizeof(raw)) return system_error(std::errc::invalid_argument);
    std::memcpy(&raw, from, sizeof(raw));
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &raw.sin6_addr, bytes.size());
    return endpoint(ip_address::v6(bytes, raw.sin6_scope_id), ntohs(raw.sin6_port));
  }
  return system_error(std::errc::address_family_not_supported);
}

result<endpoint> to_endpoint(const socket_address& from) noexcept {
  return to_endpoint(from.data(), from.size);
}

std::optional<ip_address> read_address(const sockaddr* raw, std::size_t size) noexcept {
  const auto read = to_endpoint(raw, static_cast<socklen_t>(size));
  if (!read) return std::nullopt;
  return read->address();
}

}  // namespace leat::net
