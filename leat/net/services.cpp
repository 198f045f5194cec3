// Services: names of ports.
#include <netdb.h>

#include <algorithm>
#include <array>
#include <optional>

#include <leat/blocking.hpp>
#include <leat/net/resolve.hpp>

namespace leat::net {
namespace {

constexpr std::size_t service_limit_bytes =
    64;  // RFC 6335 allows 15; /etc/services may hold what its owner likes

// What everybody knows, for machines without /etc/services.
struct known_service {
  std::string_view name;
  std::uint16_t port;
};
constexpr std::array known_services{
    known_service{"echo", 7},          known_service{"discard", 9}, known_service{"daytime", 13},
    known_service{"ftp", 21},          known_service{"ssh", 22},    known_service{"telnet", 23},
    known_service{"smtp", 25},         known_service{"time", 37},   known_service{"domain", 53},
    known_service{"http", 80},         known_service{"pop3", 110},  known_service{"ntp", 123},
    known_service{"imap2", 143},       known_service{"irc", 194},   known_service{"https", 443},
    known_service{"imaps", 993},       known_service{"pop3s", 995}, known_service{"mysql", 3306},
    known_service{"postgresql", 5432}, known_service{"ircd", 6667}, known_service{"ircs-u", 6697},
    known_service{"http-alt", 8080},
};

bool is_service_protocol(std::string_view protocol) noexcept {
  return protocol == "tcp" || protocol == "udp";
}

// Calls one of the getserv..._r functions with a buffer that is large enough.
template <typename Call>
std::optional<servent> read_service(std::vector<char>& buffer, Call&& call) {
  constexpr std::size_t buffer_limit_bytes = 64 << 10;
  for (buffer.resize(1024); buffer.size() <= buffer_limit_bytes; buffer.resize(buffer.size() * 2)) {
    servent entry{};
    servent* found = nullptr;
    const int code = call(&entry, buffer.data(), buffer.size(), &found);
    if (code == ERANGE) continue;
    if (code != 0 || !found) break;
    return entry;
  }
  return std::nullopt;
}

result<std::uint16_t> look_up_service(const std::string& service, const std::string& protocol) {
  std::vector<char> buffer;
  const auto entry = read_service(buffer, [&](servent* into, char* room, std::size_t size, servent** found) {
    return getservbyname_r(service.c_str(), protocol.c_str(), into, room, size, found);
  });
  if (entry) return ntohs(static_cast<std::uint16_t>(entry->s_port));
  const auto known = std::ranges::find(known_services, service, &known_service::name);
  if (known == known_services.end()) return fail(errc::unknown_service);
  return known->port;
}

result<std::string> look_up_port(std::uint16_t port, const std::string& protocol) {
  std::vector<char> buffer;
  const auto entry = read_service(buffer, [&](servent* into, char* room, std::size_t size, servent** found) {
    return getservbyport_r(htons(port), protocol.c_str(), into, room, size, found);
  });
  if (entry) return std::string(entry->s_name);
  const auto known = std::ranges::find(known_services, port, &known_service::port);
  if (known == known_services.end()) return fail(errc::unknown_service);
  return std::string(known->name);
}

}  // namespace

result<std::uint16_t> resolve_service(std::string_view service, std::string_view protocol) {
  if (!service.empty() && std::ranges::all_of(service, [](char c) { return c >= '0' && c <= '9'; })) {
    return parse_port(service);
  }
  if (service.empty() || service.size() > service_limit_bytes ||
      service.find('\0') != std::string_view::npos || !is_service_protocol(protocol)) {
    return fail(errc::unknown_service);
  }
  return blocking(
      [name = std::string(service), over = std::string(protocol)] { return look_up_service(name, over); });
}

result<std::string> service_name(std::uint16_t port, std::string_view protocol) {
  if (!is_service_protocol(protocol)) return fail(errc::unknown_service);
  return blocking([port, over = std::string(protocol)] { return look_up_port(port, over); });
}

}  // namespace leat::net
