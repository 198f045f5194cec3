#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <mutex>
#include <optional>

#include <leat/blocking.hpp>
#include <leat/condition_variable.hpp>
#include <leat/go.hpp>
#include <leat/mutex.hpp>
#include <leat/net/resolve.hpp>
#include <leat/net/sockaddr.hpp>

namespace leat::net {
namespace {

constexpr std::size_t host_limit_bytes = 253;  // RFC 1035, section 3.1, in text form
constexpr std::size_t service_limit_bytes =
    64;  // RFC 6335 allows 15; /etc/services may hold what its owner likes

class resolver_errors final : public std::error_category {
 public:
  const char* name() const noexcept override { return "resolver"; }

  std::string message(int code) const override { return gai_strerror(code); }

  std::error_condition default_error_condition(int code) const noexcept override {
    switch (code) {
      case EAI_AGAIN:
        return std::errc::resource_unavailable_try_again;
      case EAI_MEMORY:
        return std::errc::not_enough_memory;
      default:
        return {code, *this};
    }
  }
};

std::unexpected<std::error_code> resolver_error(int code) noexcept {
  switch (code) {
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
      return fail(errc::unknown_host);
    case EAI_SYSTEM:
      return last_system_error();
    default:
      return std::unexpected(std::error_code(code, resolver_category()));
  }
}

// A raw address and its length, as an address; nothing for families that are not IP.
std::optional<ip_address> read_address(const sockaddr* raw, std::size_t size) noexcept {
  socket_address copy;
  copy.size = static_cast<socklen_t>(std::min(size, sizeof(copy.storage)));
  std::copy_n(reinterpret_cast<const std::byte*>(raw), copy.size,
              reinterpret_cast<std::byte*>(&copy.storage));
  const auto read = to_endpoint(copy);
  if (!read) return std::nullopt;
  return read->address();
}

result<std::vector<ip_address>> look_up(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // one entry for each address, not one for each kind of socket too
  addrinfo* list = nullptr;
  if (const int code = getaddrinfo(name.c_str(), nullptr, &hints, &list); code != 0)
    return resolver_error(code);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  std::vector<ip_address> found;
  for (const addrinfo* entry = list; entry; entry = entry->ai_next) {
    const auto address = read_address(entry->ai_addr, entry->ai_addrlen);
    if (address && std::ranges::find(found, *address) == found.end()) found.push_back(*address);
  }
  if (found.empty()) return fail(errc::unknown_host);
  return found;
}

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

// "localhost" and what ends in ".localhost", in any case, also as an absolute name with a dot at its end.
bool is_localhost(std::string_view name) noexcept {
  if (name.ends_with('.')) name.remove_suffix(1);
  constexpr std::string_view last_label = "localhost";
  if (name.size() < last_label.size()) return false;
  const std::string_view end = name.substr(name.size() - last_label.size());
  if (strncasecmp(end.data(), last_label.data(), last_label.size()) != 0) return false;
  return name.size() == last_label.size() || name[name.size() - last_label.size() - 1] == '.';
}

std::vector<ip_address> loopback_addresses() {
  return {ip_address::loopback_v4(), ip_address::loopback_v6()};
}

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

unsigned count_bits(const ip_address& mask) noexcept {
  unsigned bits = 0;
  for (const std::uint8_t byte : mask.bytes())
    bits += static_cast<unsigned>(std::popcount(byte));
  return bits;
}

constexpr std::size_t size_of_family(int family) noexcept {
  return family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

result<std::vector<interface_address>> list_interfaces() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return last_system_error();
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
  std::vector<interface_address> found;
  for (const ifaddrs* entry = list; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const std::size_t size = size_of_family(family);
    const auto address = read_address(entry->ifa_addr, size);
    if (!address) continue;
    const auto mask = entry->ifa_netmask ? read_address(entry->ifa_netmask, size) : std::nullopt;
    found.push_back({.interface = entry->ifa_name,
                     .index = if_nametoindex(entry->ifa_name),
                     .address = *address,
                     .prefix_length = mask ? count_bits(*mask) : 0,
                     .up = (entry->ifa_flags & IFF_UP) != 0,
                     .loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0});
  }
  return found;
}

result<std::vector<endpoint>> resolve_now(const std::string& host, const std::string& service,
                                          const std::string& protocol) {
  const auto port = resolve_service(service, protocol);
  if (!port) return std::unexpected(port.error());
  const auto addresses = host.empty() ? loopback_addresses() : resolve_host(host);
  if (!addresses) return std::unexpected(addresses.error());
  std::vector<endpoint> endpoints;
  endpoints.reserve(addresses->size());
  for (const ip_address& address : *addresses)
    endpoints.emplace_back(address, *port);
  return endpoints;
}

// A look-up that somebody waits for, but not for ever; whoever is last to let go of it frees it.
struct pending_look_up {
  mutex guard;
  condition_variable done;
  std::optional<result<std::vector<endpoint>>> outcome;  // guarded by `guard`
};

}  // namespace

result<std::vector<ip_address>> resolve_host(std::string_view name) {
  if (name.empty() || name.find('\0') != std::string_view::npos) return fail(errc::bad_address);
  if (auto literal = ip_address::parse(name)) return std::vector{*literal};
  // No host name has a colon: what looks like an IPv6 address and is none is not worth a question to the
  // network.
  if (name.size() > host_limit_bytes || name.find(':') != std::string_view::npos)
    return fail(errc::bad_address);
  if (is_localhost(name)) return loopback_addresses();
  return blocking([terminated = std::string(name)] { return look_up(terminated); });
}

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

result<std::vector<endpoint>> resolve_endpoints(std::string_view address, std::string_view protocol,
                                                time_point deadline) {
  if (auto literal = endpoint::parse(address)) return std::vector{*literal};
  const auto halves = split_host_port(address);
  if (!halves) return std::unexpected(halves.error());
  std::string host(halves->host);
  std::string service(halves->port);
  std::string over(protocol);
  if (deadline == never || worker_count() == 0) return resolve_now(host, service, over);

  if (deadline <= clock::now()) return fail(errc::deadline_exceeded);
  auto pending = std::make_shared<pending_look_up>();
  go([pending, host = std::move(host), service = std::move(service), over = std::move(over)] {
    auto outcome = resolve_now(host, service, over);
    const std::lock_guard hold(pending->guard);
    pending->outcome = std::move(outcome);
    pending->done.notify_all();
  });
  std::unique_lock hold(pending->guard);
  if (!pending->done.wait_until(hold, deadline, [&] { return pending->outcome.has_value(); })) {
    return fail(errc::deadline_exceeded);
  }
  return std::move(*pending->outcome);
}

result<std::string> host_name() {
  std::array<char, 257> name{};  // HOST_NAME_MAX is 64 on Linux; POSIX allows 255
  if (gethostname(name.data(), name.size() - 1) != 0) return last_system_error();
  return std::string(name.data());
}

result<std::vector<interface_address>> interface_addresses() {
  return blocking(list_interfaces);
}

const std::error_category& resolver_category() noexcept {
  static const resolver_errors instance;
  return instance;
}

}  // namespace leat::net
