// c-ares knows the protocol: messages, retries, truncation, forged and garbled answers. It is told of sockets
// that are ready, and of time, by the goroutine that asks; every look-up has a channel of its own, so there
// is nothing to lock, each uses fresh source ports, and giving up is destroying it.
#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <utility>

#include <leat/blocking.hpp>
#include <leat/net/dns_client.hpp>
#include <leat/net/ready_set.hpp>
#include <leat/net/resolve.hpp>
#include <leat/net/system_names.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {
namespace {

constexpr std::size_t most_servers = 16;
constexpr int most_attempts = 16;
constexpr std::chrono::milliseconds longest_timeout = std::chrono::minutes(1);
constexpr int most_dots = 15;

std::unexpected<std::error_code> dns_error(int status) noexcept {
  const auto as_resolver = [](int code) {
    return std::unexpected(std::error_code(code, resolver_category()));
  };
  switch (status) {
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
    case ARES_ENONAME:
    case ARES_EBADNAME:
      return fail(errc::unknown_host);
    case ARES_ENOMEM:
      return as_resolver(EAI_MEMORY);
    case ARES_ETIMEOUT:
    case ARES_ESERVFAIL:
    case ARES_ECONNREFUSED:
      return as_resolver(EAI_AGAIN);
    default:
      return as_resolver(EAI_FAIL);
  }
}

bool in_range(const resolver_options& options, bool system_servers) noexcept {
  return (system_servers || !options.servers.empty()) && options.servers.size() <= most_servers &&
         options.attempts >= 1 && options.attempts <= most_attempts && options.timeout.count() >= 1 &&
         options.timeout <= longest_timeout && options.dots >= 0 && options.dots <= most_dots &&
         options.search.size() <= most_answers && std::ranges::all_of(options.search, is_host_name);
}

// One look-up: the channel, its sockets, and the time they have.
class exchange {
 public:
  explicit exchange(const wait_limits& limits) noexcept : limits_(limits) {}
  ~exchange() {
    if (channel_) ares_destroy(channel_);  // which calls back whoever still waits for an answer
  }
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  result<void> open(const dns_settings& settings, bool search) {
    if (auto passed = limits_.passed()) return std::unexpected(passed);
    if (!in_range(settings.options, settings.system_servers)) return system_error(EINVAL);
    auto opened = ready_set::open(limits_.ctx);
    if (!opened) return std::unexpected(opened.error());
    sockets_.emplace(std::move(*opened));
    // It reads files: resolv.conf, and where the system's random numbers come from.
    const int status = blocking([&] { return make_channel(settings, search); });
    if (status != ARES_SUCCESS) return dns_error(status);
    return {};
  }

  /// Asks by `start(channel)`, and waits until a callback has set `done`.
  template <typename Start>
  result<void> run(const bool& done, Start&& start) {
    start(channel_);
    while (!done) {
      if (failure_) return std::unexpected(failure_);
      if (auto stepped = step(); !stepped) return stepped;
    }
    return {};
  }

 private:
  int make_channel(const dns_settings& settings, bool search) {
    [[maybe_unused]] static const int initialised = ares_library_init(ARES_LIB_INIT_ALL);
    const resolver_options& given = settings.options;
    std::array<char, 2> servers_only{'b', '\0'};
    std::vector<char*> domains;
    for (const std::string& domain : given.search)
      domains.push_back(const_cast<char*>(domain.c_str()));  // copied, not written to
    ares_options options{};
    options.flags = ARES_FLAG_EDNS | (given.over_tcp ? ARES_FLAG_USEVC : 0);
    options.timeout = static_cast<int>(given.timeout.count());
    options.tries = given.attempts;
    options.lookups = servers_only.data();
    options.sock_state_cb = &exchange::socket_changed;
    options.sock_state_cb_data = this;
    options.ndots = given.dots;
    options.domains = domains.data();
    options.ndomains = search ? static_cast<int>(domains.size()) : 0;
    int which = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
                ARES_OPT_SOCK_STATE_CB | ARES_OPT_NOROTATE;
    if (!settings.system_servers) which |= ARES_OPT_NDOTS;
    if (!settings.system_servers || !search) which |= ARES_OPT_DOMAINS;
    if (const int status = ares_init_options(&channel_, &options, which); status != ARES_SUCCESS) {
      channel_ = nullptr;
      return status;
    }
    if (!settings.system_servers) {
      if (const int status = set_servers(given.servers); status != ARES_SUCCESS) return status;
    }
    return given.rotate ? rotate_servers() : ARES_SUCCESS;
  }

  // Puts those first whose turn it is. What c-ares calls rotating begins with the first server in every
  // channel, and so in every look-up.
  int rotate_servers() noexcept {
    static constinit std::atomic<std::size_t> turns{0};
    ares_addr_port_node* list = nullptr;
    if (const int status = ares_get_servers_ports(channel_, &list); status != ARES_SUCCESS) return status;
    std::size_t count = 0;
    ares_addr_port_node* last = nullptr;
    for (auto* node = list; node; node = node->next) {
      last = node;
      ++count;
    }
    std::size_t turn = count < 2 ? 0 : turns.fetch_add(1, std::memory_order_relaxed) % count;
    for (; turn > 0; --turn) {
      last->next = list;
      last = std::exchange(list, list->next);
      last->next = nullptr;
    }
    const int status = ares_set_servers_ports(channel_, list);
    ares_free_data(list);
    return status;
  }

  int set_servers(const std::vector<endpoint>& servers) noexcept {
    std::array<ares_addr_port_node, most_servers> nodes{};
    for (std::size_t i = 0; i < servers.size(); ++i) {
      const endpoint where = unmapped(servers[i]);
      const auto bytes = where.address().bytes();
      nodes[i].family = family_of(where);
      std::ranges::copy(bytes, reinterpret_cast<std::uint8_t*>(&nodes[i].addr));
      nodes[i].udp_port = nodes[i].tcp_port = where.port();
      nodes[i].next = i + 1 < servers.size() ? &nodes[i + 1] : nullptr;
    }
    return ares_set_servers_ports(channel_, nodes.data());
  }

  static void socket_changed(void* self, ares_socket_t fd, int readable, int writable) noexcept {
    auto& own = *static_cast<exchange*>(self);
    const std::uint32_t events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U);
    if (const auto watched = own.sockets_->watch(fd, events); !watched) own.failure_ = watched.error();
  }

  // Waits for the next answer, or for the moment when the channel wants to ask again.
  result<void> step() {
    const time_point limit = limits_.last_moment();
    timeval rest{};
    time_point next = never;
    if (ares_timeout(channel_, nullptr, &rest))
      next = deadline_after(std::chrono::seconds(rest.tv_sec) + std::chrono::microseconds(rest.tv_usec));
    std::array<epoll_event, 16> events;
    const auto count = sockets_->wait(events, std::min(limit, next));
    if (!count) return std::unexpected(count.error());
    if (*count == 0 && limit <= clock::now()) return fail(errc::deadline_exceeded);
    if (*count == 0) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    for (const epoll_event& event : std::span(events).first(*count)) {
      const bool writable = (event.events & EPOLLOUT) != 0;
      const bool readable = (event.events & ~EPOLLOUT) != 0;  // errors are read
      ares_process_fd(channel_, readable ? event.data.fd : ARES_SOCKET_BAD,
                      writable ? event.data.fd : ARES_SOCKET_BAD);
    }
    return {};
  }

  const wait_limits& limits_;
  std::optional<ready_set> sockets_;
  std::error_code failure_;  // a socket that could not be watched
  ares_channel channel_ = nullptr;
};

// What callbacks fill in: it outlives the exchange, which may call them from its destructor.
template <typename T>
struct answers {
  bool done = false;
  int status = ARES_SUCCESS;
  std::vector<T> found;

  /// From C: nothing may be thrown through it.
  template <typename Read>
  static void receive(void* self, int status, Read&& read) noexcept {
    auto& own = *static_cast<answers*>(self);
    own.done = true;
    own.status = status;
    if (status != ARES_SUCCESS) return;
    try {
      own.status = read(own.found);
    } catch (const std::bad_alloc&) {
      own.status = ARES_ENOMEM;
    }
  }

  result<std::vector<T>> take() {
    if (status != ARES_SUCCESS) return dns_error(status);
    if (found.empty()) return fail(errc::unknown_host);
    return std::move(found);
  }
};

int read_addresses(const ares_addrinfo& list, std::vector<ip_address>& into) {
  for (const auto* node = list.nodes; node && into.size() < most_answers; node = node->ai_next) {
    const auto address = read_address(node->ai_addr, node->ai_addrlen);
    if (address && std::ranges::find(into, *address) == into.end()) into.push_back(*address);
  }
  return ARES_SUCCESS;
}

int read_names(const hostent& entry, std::vector<std::string>& into) {
  for (char** alias = entry.h_aliases; alias && *alias && into.size() < most_answers; ++alias) {
    const std::string name(*alias);
    if (is_host_name(name) && std::ranges::find(into, name) == into.end()) into.push_back(name);
  }
  return ARES_SUCCESS;
}

int read_locations(const ares_srv_reply* list, std::vector<service_location>& into) {
  for (; list && into.size() < most_answers; list = list->next) {
    const std::string_view host = list->host;
    if (!host.empty() && host != "." && !is_host_name(host)) continue;
    into.push_back({.host = host == "." ? std::string() : std::string(host),
                    .port = list->port,
                    .priority = list->priority,
                    .weight = list->weight});
  }
  return ARES_SUCCESS;
}

// A question of one type, whose answer is read by a parser of c-ares.
template <typename T, typename Callback>
result<std::vector<T>> ask(const std::string& name, int type, const dns_settings& settings,
                           const wait_limits& limits, Callback* callback, answers<T>& received) {
  exchange asking(limits);
  if (auto opened = asking.open(settings, false); !opened) return std::unexpected(opened.error());
  const auto outcome = asking.run(received.done, [&](ares_channel channel) {
    ares_query(channel, name.c_str(), ns_c_in, type, callback, &received);
  });
  if (!outcome) return std::unexpected(outcome.error());
  return received.take();
}

}  // namespace

bool can_ask_name_servers() noexcept {
  return true;
}

result<std::vector<ip_address>> ask_addresses(const std::string& host, const dns_settings& settings,
                                              const wait_limits& limits) {
  answers<ip_address> received;
  exchange asking(limits);
  const bool absolute = host.ends_with('.');
  const std::string name = absolute ? host.substr(0, host.size() - 1) : host;
  if (auto opened = asking.open(settings, !absolute); !opened) return std::unexpected(opened.error());
  const auto outcome = asking.run(received.done, [&](ares_channel channel) {
    const ares_addrinfo_hints hints{
        .ai_flags = ARES_AI_NOSORT, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = 0};
    const auto callback = [](void* self, int status, int, ares_addrinfo* list) noexcept {
      const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owner(list, ares_freeaddrinfo);
      answers<ip_address>::receive(self, status, [&](auto& into) { return read_addresses(*list, into); });
    };
    ares_getaddrinfo(channel, name.c_str(), nullptr, &hints, callback, &received);
  });
  if (!outcome) return std::unexpected(outcome.error());
  return received.take();
}

result<std::vector<std::string>> ask_names(const ip_address& address, const dns_settings& settings,
                                           const wait_limits& limits) {
  answers<std::string> received;
  const auto callback = [](void* self, int status, int, unsigned char* message, int size) noexcept {
    answers<std::string>::receive(self, status, [&](std::vector<std::string>& into) {
      hostent* entry = nullptr;
      const int parsed = ares_parse_ptr_reply(message, size, nullptr, 0, AF_INET, &entry);
      if (parsed != ARES_SUCCESS) return parsed;
      const std::unique_ptr<hostent, decltype(&ares_free_hostent)> owner(entry, ares_free_hostent);
      return read_names(*entry, into);
    });
  };
  return ask(reverse_name(address.unmapped()), ns_t_ptr, settings, limits, +callback, received);
}

result<std::vector<service_location>> ask_locations(const std::string& record, const dns_settings& settings,
                                                    const wait_limits& limits) {
  answers<service_location> received;
  const auto callback = [](void* self, int status, int, unsigned char* message, int size) noexcept {
    answers<service_location>::receive(self, status, [&](std::vector<service_location>& into) {
      ares_srv_reply* list = nullptr;
      const int parsed = ares_parse_srv_reply(message, size, &list);
      if (parsed != ARES_SUCCESS) return parsed;
      const std::unique_ptr<ares_srv_reply, decltype(&ares_free_data)> owner(list, ares_free_data);
      return read_locations(list, into);
    });
  };
  return ask(record, ns_t_srv, settings, limits, +callback, received);
}

}  // namespace leat::net
