#include <netinet/tcp.h>

#include <algorithm>
#include <vector>

#include <leat/net/address_selection.hpp>
#include <leat/net/connection_race.hpp>
#include <leat/net/dial.hpp>
#include <leat/net/resolver.hpp>
#include <leat/net/system_names.hpp>
#include <leat/net/system_socket.hpp>
#include <leat/net/tcp_options.hpp>

namespace leat::net {
namespace {

using namespace std::chrono_literals;
using runtime::direction;

// With less than this, an address that is merely far away has no chance; better to try fewer.
constexpr auto least_share = 2s;

// The moment until which the first of `count` addresses may be tried when they are tried in turn.
time_point share_of(time_point deadline, std::size_t count) noexcept {
  if (deadline == never) return never;
  const time_point now = clock::now();
  const auto share =
      std::max<time_point::duration>((deadline - now) / static_cast<std::ptrdiff_t>(count), least_share);
  return std::min(deadline, now + share);
}

wait_limits limits_of(const dial_options& options) noexcept {
  return {.deadline = options.timeout ? deadline_after(*options.timeout) : never, .ctx = options.ctx};
}

// Whether our end can be where it is to be.
bool may_try(const endpoint& remote, const dial_options& options) noexcept {
  return !options.local || family_of(unmapped(*options.local)) == family_of(unmapped(remote));
}

result<void> prepare_socket(int fd, const endpoint& remote, const dial_options& options) {
  if (auto set = apply_tcp_defaults(fd); !set) return set;
  if (options.fast_open) {
    if (auto set = set_option(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1); !set) return set;
  }
  if (options.control) {
    if (auto done = options.control(socket_options(fd), remote); !done) return done;
  }
  if (!options.local) return {};
  // The port of a closed connection can be used again for another peer.
  if (auto set = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1); !set) return set;
  return bind_socket(fd, unmapped(*options.local));
}

result<raw_socket> open_socket(const endpoint& remote, const dial_options& options) {
  auto opened = raw_socket::open(family_of(remote), SOCK_STREAM);
  if (!opened) return opened;
  if (auto prepared = prepare_socket(opened->fd(), remote, options); !prepared)
    return std::unexpected(prepared.error());
  return opened;
}

}  // namespace

// Makes connections: a friend of tcp_conn.
struct tcp_dialer {
  const dial_options& options;

  // One address, and no context: the connection's own descriptor is all it takes.
  result<tcp_conn> connect_alone(const endpoint& remote, time_point deadline) const {
    auto opened = open_socket(remote, options);
    if (!opened) return std::unexpected(opened.error());
    auto entry = opened->adopt();
    if (auto set = entry->set_deadline(direction::write, deadline); !set) return std::unexpected(set.error());
    bool begun = false;
    const auto connected = entry->perform(direction::write, [&](int fd) {
      const auto done = begun ? finish_connect(fd) : begin_connect(fd, remote);
      begun = true;
      if (done && *done) return 0;
      errno = done ? EAGAIN : done.error().value();
      return -1;
    });
    if (!connected) return std::unexpected(connected.error());
    if (is_unwanted(*entry)) return system_error(ECONNREFUSED);
    if (auto set = entry->set_deadline(direction::write, never); !set) return std::unexpected(set.error());
    return tcp_conn(tcp_conn::handle(entry.release()), remote);
  }

  result<tcp_conn> race(std::span<const endpoint> remotes, const wait_limits& limits) const {
    const connection_race::opener open = [this](const endpoint& remote) {
      return open_socket(remote, options);
    };
    auto won = connection_race(remotes, limits, options.attempt_delay, may_meet_itself(), open).run();
    if (!won) return std::unexpected(won.error());
    return tcp_conn(tcp_conn::handle(won->socket.adopt().release()), won->remote);
  }

  result<tcp_conn> connect_one(const endpoint& remote, const wait_limits& limits) const {
    if (limits.ctx.node()) return race(std::span(&remote, 1), limits);
    return connect_alone(remote, limits.deadline);
  }

  result<tcp_conn> connect_in_turn(std::span<const endpoint> remotes, const wait_limits& limits) const {
    std::error_code first_error;
    for (; !remotes.empty(); remotes = remotes.subspan(1)) {
      wait_limits share = limits;
      share.deadline = share_of(limits.last_moment(), remotes.size());
      auto conn = connect_one(remotes.front(), share);
      if (conn) return conn;
      if (!first_error) first_error = conn.error();
      if (auto passed = limits.passed()) return std::unexpected(passed);
    }
    return std::unexpected(first_error);
  }

  result<tcp_conn> connect(std::span<const endpoint> remotes, const wait_limits& limits) const {
    std::vector<endpoint> candidates;
    for (const endpoint& remote : remotes.first(std::min(remotes.size(), most_answers))) {
      if (may_try(remote, options)) candidates.push_back(unmapped(remote));
    }
    if (candidates.empty()) return system_error(EADDRNOTAVAIL);
    if (auto passed = limits.passed()) return std::unexpected(passed);
    if (candidates.size() == 1) return connect_one(candidates.front(), limits);
    if (options.attempt_delay <= 0s) return connect_in_turn(candidates, limits);
    return race(candidates, limits);
  }

 private:
  // Who asks for a port of his own may mean to.
  bool may_meet_itself() const noexcept { return options.local && options.local->port() != 0; }

  bool is_unwanted(runtime::descriptor& entry) const {
    if (may_meet_itself()) return false;
    return entry.with_fd([](int fd) -> result<bool> { return is_connected_to_itself(fd); }).value_or(false);
  }
};

result<tcp_conn> dial_tcp(std::string_view address, const dial_options& options) {
  const wait_limits limits = limits_of(options);
  const resolver as_system;
  auto remotes = (options.names ? *options.names : as_system).endpoints(address, "tcp", limits);
  if (!remotes) return std::unexpected(remotes.error());
  interleave_families(*remotes);
  return tcp_dialer{options}.connect(*remotes, limits);
}

result<tcp_conn> dial_tcp(const endpoint& remote, const dial_options& options) {
  return dial_tcp(std::span(&remote, 1), options);
}

result<tcp_conn> dial_tcp(std::span<const endpoint> remotes, const dial_options& options) {
  return tcp_dialer{options}.connect(remotes, limits_of(options));
}

}  // namespace leat::net
