// Where things are on the network: an IP address, and an endpoint, which is an address and a port.
//
// Both are small values: copied freely, compared, hashed, used as keys. Parsing takes literals only and never
// looks a name up; leat/net/resolve.hpp does that.
//
//   auto where = leat::net::endpoint::parse("[fe80::1%eth0]:8667");
//   if (where) std::cout << where->address().to_string() << " port " << where->port();
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

#include <leat/error.hpp>

namespace leat::net {

/// An IPv4 or IPv6 address; an IPv6 one may carry a scope id, the interface that a link-local address belongs
/// to.
///
/// IPv4 addresses sort before IPv6 ones. 1.2.3.4 and its IPv4-mapped form ::ffff:1.2.3.4 are different
/// values; unmapped() makes them one.
class ip_address {
 public:
  /// 0.0.0.0
  constexpr ip_address() noexcept = default;

  /// An IPv4 address from its four bytes, most significant first.
  static constexpr ip_address v4(std::array<std::uint8_t, 4> bytes) noexcept {
    ip_address made;
    for (std::size_t i = 0; i < 4; ++i)
      made.bytes_[v4_offset + i] = bytes[i];
    return made;
  }

  /// An IPv6 address from its sixteen bytes, most significant first, and the index of its interface (0:
  /// none).
  static constexpr ip_address v6(std::array<std::uint8_t, 16> bytes, std::uint32_t scope_id = 0) noexcept {
    ip_address made;
    made.v6_ = true;
    made.bytes_ = bytes;
    made.scope_id_ = scope_id;
    return made;
  }

  static constexpr ip_address any_v4() noexcept { return {}; }                       ///< 0.0.0.0
  static constexpr ip_address any_v6() noexcept { return v6({}); }                   ///< ::
  static constexpr ip_address loopback_v4() noexcept { return v4({127, 0, 0, 1}); }  ///< 127.0.0.1
  static constexpr ip_address loopback_v6() noexcept {                               ///< ::1
    return v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  }
  static constexpr ip_address broadcast_v4() noexcept {
    return v4({255, 255, 255, 255});
  }  ///< 255.255.255.255

  /// Reads a literal: "192.0.2.1" (four decimal numbers without leading zeros), or IPv6 in any form of RFC
  /// 4291, section 2.2, with an optional zone, which is the name or the number of an interface:
  /// "fe80::1%eth0". Errors: errc::bad_address; ENODEV when no interface has the zone's name.
  static result<ip_address> parse(std::string_view text);

  constexpr bool is_v4() const noexcept { return !v6_; }
  constexpr bool is_v6() const noexcept { return v6_; }

  /// An IPv6 address that stands for an IPv4 one: ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2).
  constexpr bool is_v4_mapped() const noexcept { return v6_ && has_mapped_prefix(); }

  /// The IPv4 address within an IPv4-mapped one; any other address as it is.
  constexpr ip_address unmapped() const noexcept {
    if (!is_v4_mapped()) return *this;
    ip_address made = *this;
    made.v6_ = false;
    made.scope_id_ = 0;
    return made;
  }

  /// The IPv4-mapped form of an IPv4 address; an IPv6 address as it is.
  constexpr ip_address mapped() const noexcept {
    ip_address made = *this;
    made.v6_ = true;
    return made;
  }

  /// 0.0.0.0 or :: (to listen on: every address of the machine).
  bool is_unspecified() const noexcept;
  /// 127.0.0.0/8 or ::1, also in IPv4-mapped form.
  bool is_loopback() const noexcept;
  /// 224.0.0.0/4 or ff00::/8, also in IPv4-mapped form.
  bool is_multicast() const noexcept;
  /// 169.254.0.0/16 or fe80::/10, also in IPv4-mapped form.
  bool is_link_local() const noexcept;
  /// The private ranges of RFC 1918 and the unique local ones of RFC 4193, also in IPv4-mapped form.
  bool is_private() const noexcept;

  /// The four or sixteen bytes, most significant first. The view lives as long as this object.
  std::span<const std::uint8_t> bytes() const noexcept {
    return std::span(bytes_).subspan(v6_ ? 0 : v4_offset);
  }

  /// The interface's index, 0 when there is none.
  constexpr std::uint32_t scope_id() const noexcept { return scope_id_; }

  /// The text form that RFC 5952 calls canonical; a scope id is printed as "%name", or "%number" when no
  /// interface has that index.
  std::string to_string() const;

  friend constexpr auto operator<=>(const ip_address&, const ip_address&) noexcept = default;

  std::size_t hash() const noexcept;

 private:
  static constexpr std::size_t v4_offset = 12;

  constexpr bool has_mapped_prefix() const noexcept {
    for (std::size_t i = 0; i < 10; ++i) {
      if (bytes_[i] != 0) return false;
    }
    return bytes_[10] == 0xff && bytes_[11] == 0xff;
  }

  bool v6_ = false;
  // An IPv4 address is kept in its IPv4-mapped form, so that one array and one comparison serve both.
  std::array<std::uint8_t, 16> bytes_{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::uint32_t scope_id_ = 0;
};

/// An address and a port: one end of a connection, or what a socket is bound to.
class endpoint {
 public:
  /// 0.0.0.0:0
  constexpr endpoint() noexcept = default;
  constexpr endpoint(ip_address address, std::uint16_t port) noexcept : address_(address), port_(port) {}

  /// Reads a literal: "192.0.2.1:80" or "[2001:db8::1]:80" or "[fe80::1%eth0]:80", with the port in decimal.
  /// Errors: errc::bad_address (address_fault() tells why); ENODEV for an unknown zone.
  static result<endpoint> parse(std::string_view text);

  constexpr const ip_address& address() const noexcept { return address_; }
  constexpr std::uint16_t port() const noexcept { return port_; }

  /// The form that parse() reads.
  std::string to_string() const;

  friend constexpr auto operator<=>(const endpoint&, const endpoint&) noexcept = default;

  std::size_t hash() const noexcept;

 private:
  ip_address address_;
  std::uint16_t port_ = 0;
};

std::ostream& operator<<(std::ostream& out, const ip_address& address);
std::ostream& operator<<(std::ostream& out, const endpoint& where);

/// The two halves of "host:port"; views into the text that was split.
struct host_port {
  std::string_view host;  ///< without brackets; empty when the text began with the colon
  std::string_view port;  ///< a number or a service name; never empty
};

/// Splits "host:port", "[v6%zone]:port" or ":port" without looking at what the halves say. A host with colons
/// must stand in brackets. Errors: errc::bad_address (address_fault() tells why).
result<host_port> split_host_port(std::string_view text);

/// A port number in decimal, 0 to 65535. Errors: errc::bad_address.
result<std::uint16_t> parse_port(std::string_view text);

/// "host:port", with brackets around a host that has colons.
std::string join_host_port(std::string_view host, std::uint16_t port);

/// What is wrong with the form of a "host:port" text, for a message to its author: "the port is missing".
/// Empty if nothing is.
std::string_view address_fault(std::string_view text) noexcept;

}  // namespace leat::net

template <>
struct std::hash<leat::net::ip_address> {
  std::size_t operator()(const leat::net::ip_address& address) const noexcept { return address.hash(); }
};

template <>
struct std::hash<leat::net::endpoint> {
  std::size_t operator()(const leat::net::endpoint& where) const noexcept { return where.hash(); }
};
