#include <algorithm>
#include <span>

#include <leat/net/dial.hpp>
#include <leat/net/resolve.hpp>
#include <leat/net/system_socket.hpp>
#include <leat/net/tcp_options.hpp>

namespace leat::net {
namespace {

using namespace std::chrono_literals;
using runtime::direction;

// With less than this, an address that is merely far away has no chance; better to try fewer.
constexpr auto least_share = 2s;

// How often to dial again when the system connected a socket to itself.
constexpr int self_connect_retries = 2;

// The moment until which the first of `count` addresses may be tried.
time_point share_of(time_point deadline, std::size_t count) noexcept {
  if (deadline == never) return never;
  const time_point now = clock::now();
  const auto share =
      std::max<time_point::duration>((deadline - now) / static_cast<std::ptrdiff_t>(count), least_share);
  return std::min(deadline, now + share);
}

// One step of connect(2), for perform(): the first call begins, later ones ask how it ended.
class connect_step {
 public:
  explicit connect_step(const endpoint& remote) noexcept : remote_(to_socket_address(remote)) {}

  int operator()(int fd) noexcept { return begun_ ? ask(fd) : begin(fd); }

 private:
  int begin(int fd) noexcept {
    begun_ = true;
    if (::connect(fd, remote_.data(), remote_.size) == 0) return 0;
    // EAGAIN would be taken for "wait": it means that no port or route entry is to be had.
    if (errno == EAGAIN) errno = EADDRNOTAVAIL;
    if (errno == EINPROGRESS || errno == EINTR) errno = EAGAIN;
    return -1;
  }

  static int ask(int fd) noexcept {
    int error = 0;
    socklen_t size = sizeof(error);
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return -1;
    if (error != 0) {
      errno = error;
      return -1;
    }
    // A wake-up may come before the connection: only a peer proves it.
    socket_address peer;
    if (::getpeername(fd, peer.data(), &peer.size) == 0) return 0;
    if (errno == ENOTCONN) errno = EAGAIN;
    return -1;
  }

  const socket_address remote_;
  bool begun_ = false;
};

}  // namespace

// Makes connections: a friend of tcp_conn.
struct tcp_dialer {
  const std::optional<endpoint>& local;

  bool may_try(const endpoint& remote) const noexcept {
    return !local || family_of(unmapped(*local)) == family_of(unmapped(remote));
  }

  result<tcp_conn> connect(const endpoint& remote, time_point deadline) const {
    auto opened = raw_socket::open(family_of(remote), SOCK_STREAM);
    if (!opened) return std::unexpected(opened.error());
    if (local) {
      const auto bound = bind_local(opened->fd(), unmapped(*local));
      if (!bound) return std::unexpected(bound.error());
    }
    if (auto set = apply_tcp_defaults(opened->fd()); !set) return std::unexpected(set.error());
    auto entry = opened->adopt();
    if (auto set = entry->set_deadline(direction::write, deadline); !set) return std::unexpected(set.error());
    const auto connected = entry->perform(direction::write, connect_step(remote));
    if (!connected) return std::unexpected(connected.error());
    if (auto set = entry->set_deadline(direction::write, never); !set) return std::unexpected(set.error());
    return tcp_conn(tcp_conn::handle(entry.release()), remote);
  }

  // On loopback, a dial to an unused port of the range that local ports are taken from may meet itself: TCP's
  // simultaneous open (RFC 9293, section 3.5). Nobody wants that.
  result<tcp_conn> connect_to_other(const endpoint& remote, time_point deadline) const {
    for (int retries = 0;; ++retries) {
      auto conn = connect(remote, deadline);
      if (!conn || (local && local->port() != 0) || conn->local_address() != remote) return conn;
      if (retries == self_connect_retries) return system_error(ECONNREFUSED);
    }
  }

  result<tcp_conn> connect_to_any(std::span<const endpoint> remotes, time_point deadline) const {
    std::optional<std::error_code> first_error;
    for (; !remotes.empty(); remotes = remotes.subspan(1)) {
      if (!may_try(remotes.front())) continue;
      auto conn = connect_to_other(unmapped(remotes.front()), share_of(deadline, remotes.size()));
      if (conn) return conn;
      if (!first_error) first_error = conn.error();
      if (clock::now() >= deadline) break;
    }
    return std::unexpected(first_error.value_or(std::error_code(EADDRNOTAVAIL, std::system_category())));
  }

 private:
  // The port of a closed connection can be used again for another peer.
  static result<void> bind_local(int fd, const endpoint& where) noexcept {
    if (auto set = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1); !set) return set;
    return bind_socket(fd, where);
  }
};

namespace {

time_point deadline_of(const dial_options& options) noexcept {
  return options.timeout ? deadline_after(*options.timeout) : never;
}

}  // namespace

result<tcp_conn> dial_tcp(std::string_view address, const dial_options& options) {
  const time_point deadline = deadline_of(options);
  const auto remotes = resolve_endpoints(address, "tcp", deadline);
  if (!remotes) return std::unexpected(remotes.error());
  return tcp_dialer{options.local}.connect_to_any(*remotes, deadline);
}

result<tcp_conn> dial_tcp(const endpoint& remote, const dial_options& options) {
  return tcp_dialer{options.local}.connect_to_any(std::span(&remote, 1), deadline_of(options));
}

}  // namespace leat::net
