#include <fcntl.h>
#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <random>

#include <leat/blocking.hpp>
#include <leat/chan.hpp>
#include <leat/go.hpp>
#include <leat/net/address_selection.hpp>
#include <leat/net/dns_client.hpp>
#include <leat/net/resolve.hpp>
#include <leat/net/resolver.hpp>
#include <leat/net/sockaddr.hpp>
#include <leat/net/srv_order.hpp>
#include <leat/net/system_names.hpp>
#include <leat/net/system_socket.hpp>
#include <leat/select.hpp>

namespace leat::net {
namespace {

constexpr std::size_t host_limit_bytes = 253;                    // RFC 1035, section 3.1, in text form
constexpr std::size_t file_limit_bytes = std::size_t{32} << 20;  // lists of blocked hosts have some megabytes

// Blocks. A file that cannot be read is as good as empty: so resolvers have always taken it.
std::string read_file(const std::string& path) {
  std::string text;
  if (path.empty()) return text;
  const raw_socket file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0) return text;
  constexpr std::size_t step_bytes = 16 << 10;
  while (text.size() < file_limit_bytes) {
    const std::size_t before = text.size();
    text.resize(before + step_bytes);
    const ssize_t count = ::read(file.fd(), text.data() + before, step_bytes);
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0 || (count < 0 && errno != EINTR)) break;
  }
  return text;
}

std::vector<ip_address> loopback_addresses() {
  return {ip_address::loopback_v4(), ip_address::loopback_v6()};
}

std::unexpected<std::error_code> system_resolver_error(int code) noexcept {
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

// Blocks.
result<std::vector<ip_address>> system_addresses(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // one entry for each address, not one for each kind of socket too
  addrinfo* list = nullptr;
  if (const int code = getaddrinfo(name.c_str(), nullptr, &hints, &list); code != 0)
    return system_resolver_error(code);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  std::vector<ip_address> found;
  for (const addrinfo* entry = list; entry && found.size() < most_answers; entry = entry->ai_next) {
    const auto address = read_address(entry->ai_addr, entry->ai_addrlen);
    if (address && std::ranges::find(found, *address) == found.end()) found.push_back(*address);
  }
  if (found.empty()) return fail(errc::unknown_host);
  return found;
}

// Blocks.
result<std::vector<std::string>> system_names(const ip_address& address) {
  const socket_address raw = to_socket_address(endpoint(address, 0));
  std::array<char, NI_MAXHOST> name{};
  const int code = getnameinfo(raw.data(), raw.size, name.data(), name.size(), nullptr, 0, NI_NAMEREQD);
  if (code != 0) return system_resolver_error(code);
  return std::vector<std::string>{name.data()};
}

// Runs `call`, which blocks and cannot be broken off, on the pool, and waits for it no longer than `limits`
// allow; whoever is last to let go of the answer frees it.
template <typename Call>
auto blocking_within(const wait_limits& limits, Call call) -> std::invoke_result_t<Call&> {
  if (goroutine_id() == 0 || (limits.last_moment() == never && !limits.ctx.node())) return blocking(call);
  if (auto passed = limits.passed()) return std::unexpected(passed);
  using outcome = std::invoke_result_t<Call&>;
  chan<outcome> answer{1};
  go([answer, call = std::move(call)]() mutable { answer.send(blocking(call)); });
  std::optional<outcome> received;
  std::error_code given_up;
  select(answer.on_receive([&](std::optional<outcome> value) { received = std::move(value); }),
         limits.ctx.done().on_receive([&](auto) { given_up = limits.ctx.error(); }),
         on_deadline(limits.last_moment(), [&] { given_up = make_error_code(errc::deadline_exceeded); }));
  if (!received) return std::unexpected(given_up);
  return std::move(*received);
}

// What files tell before anybody is asked.
template <typename T>
struct from_files {
  std::vector<T> found{};
  bool ask_system = false;
  resolver_options options{};  // whom to ask else
};

// Blocks. `name` is what is looked for, empty if that is an address; `look` looks into the text of a hosts
// file.
template <typename T, typename Look>
from_files<T> consult_files(const resolver_options& given, bool as_system, std::string_view name,
                            const Look& look) {
  from_files<T> told;
  told.options = given;
  if (as_system) {
    told.options.hosts_file = "/etc/hosts";
    const auto configured = read_resolv_conf_options(read_file("/etc/resolv.conf"));
    if (configured.timeout) told.options.timeout = *configured.timeout;
    told.options.attempts = configured.attempts.value_or(told.options.attempts);
    told.options.rotate = configured.rotate;
    told.options.over_tcp = configured.over_tcp;
    told.ask_system = !can_ask_name_servers() ||
                      wants_system_resolver(read_file("/etc/nsswitch.conf"), name, host_name().value_or(""));
  }
  if (!told.ask_system) told.found = look(read_file(told.options.hosts_file));
  return told;
}

}  // namespace

result<std::vector<ip_address>> resolver::addresses(std::string_view host, const wait_limits& limits) const {
  if (host.empty() || host.find('\0') != std::string_view::npos) return fail(errc::bad_address);
  if (auto literal = ip_address::parse(host)) return std::vector{*literal};
  // No host name has a colon: what looks like an IPv6 address and is none is not worth a question to the
  // network.
  if (host.size() > host_limit_bytes || host.find(':') != std::string_view::npos)
    return fail(errc::bad_address);
  if (ends_in_label(host, "localhost")) return loopback_addresses();
  if (auto passed = limits.passed()) return std::unexpected(passed);

  const std::string name(host);
  auto told = blocking([&] {
    return consult_files<ip_address>(options_, as_system_, name, [&](const std::string& hosts) {
      return addresses_in_hosts(hosts, name);
    });
  });
  // Names of hidden services are not for name servers, which must not even hear of them (RFC 7686, section
  // 2).
  if (told.found.empty() && ends_in_label(name, "onion")) return fail(errc::unknown_host);
  if (told.ask_system) return blocking_within(limits, [name] { return system_addresses(name); });
  if (told.found.empty()) {
    if (!is_host_name(name)) return fail(errc::unknown_host);  // no name server tells of such a name
    auto asked = ask_addresses(name, {.options = told.options, .system_servers = as_system_}, limits);
    if (!asked) return asked;
    told.found = std::move(*asked);
  }
  sort_by_preference(told.found);
  return std::move(told.found);
}

result<std::vector<endpoint>> resolver::endpoints(std::string_view address, std::string_view protocol,
                                                  const wait_limits& limits) const {
  if (auto literal = endpoint::parse(address)) return std::vector{*literal};
  const auto halves = split_host_port(address);
  if (!halves) return std::unexpected(halves.error());
  if (auto passed = limits.passed()) return std::unexpected(passed);
  const auto port = resolve_service(halves->port, protocol);
  if (!port) return std::unexpected(port.error());
  const auto found = halves->host.empty() ? loopback_addresses() : addresses(halves->host, limits);
  if (!found) return std::unexpected(found.error());
  std::vector<endpoint> made;
  made.reserve(found->size());
  for (const ip_address& one : *found)
    made.emplace_back(one, *port);
  return made;
}

result<std::vector<std::string>> resolver::names(const ip_address& address, const wait_limits& limits) const {
  if (auto passed = limits.passed()) return std::unexpected(passed);
  auto told = blocking([&] {
    return consult_files<std::string>(
        options_, as_system_, "", [&](const std::string& hosts) { return names_in_hosts(hosts, address); });
  });
  if (told.ask_system) return blocking_within(limits, [address] { return system_names(address); });
  if (!told.found.empty()) return std::move(told.found);
  return ask_names(address, {.options = told.options, .system_servers = as_system_}, limits);
}

result<std::vector<service_location>> resolver::locations(std::string_view service, std::string_view protocol,
                                                          std::string_view domain,
                                                          const wait_limits& limits) const {
  std::string record(domain);
  if (!service.empty()) record = "_" + std::string(service) + "._" + std::string(protocol) + "." + record;
  if (!is_host_name(record)) return fail(errc::bad_address);
  const auto told = blocking([&] {
    return consult_files<char>(options_, as_system_, "",
                               [](const std::string&) { return std::vector<char>(); });
  });
  auto found = ask_locations(record, {.options = told.options, .system_servers = as_system_}, limits);
  if (!found) return found;
  // RFC 2782: a single record with the root for its target.
  if (std::ranges::all_of(*found, &std::string::empty, &service_location::host))
    return fail(errc::unknown_service);
  std::erase_if(*found, [](const service_location& one) { return one.host.empty(); });
  std::random_device random;
  sort_locations(*found, [&](std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random);
  });
  return found;
}

}  // namespace leat::net
