#include <algorithm>
#include <atomic>
#include <mutex>

#include <leat/condition_variable.hpp>
#include <leat/mutex.hpp>
#include <leat/net/bind_text.hpp>
#include <leat/net/system_socket.hpp>
#include <leat/net/tcp_listener.hpp>
#include <leat/net/tcp_options.hpp>

namespace leat::net {

using namespace std::chrono_literals;

// Where accept() pauses. Shared with the pausing calls, so that it outlives them.
struct tcp_listener::backoff {
  static constexpr std::chrono::nanoseconds first = 5ms;
  static constexpr std::chrono::nanoseconds longest = 1s;

  /// Waits for `length`. Errors: errc::closed, errc::deadline_exceeded.
  result<void> pause(std::chrono::nanoseconds length) {
    const time_point until = deadline_after(length);
    pauses.fetch_add(1, std::memory_order_relaxed);
    std::unique_lock hold(guard);
    for (;;) {
      if (closed) return fail(errc::closed);
      const time_point now = clock::now();
      if (deadline <= now) return fail(errc::deadline_exceeded);
      if (until <= now) return {};
      changed.wait_until(hold, std::min(until, deadline));
    }
  }

  void close() {
    const std::lock_guard hold(guard);
    closed = true;
    changed.notify_all();
  }

  void set_deadline(time_point when) {
    const std::lock_guard hold(guard);
    deadline = when;
    changed.notify_all();
  }

  std::atomic<std::uint64_t> pauses{0};
  mutex guard;
  condition_variable changed;   // `closed` or `deadline`
  bool closed = false;          // guarded by `guard`
  time_point deadline = never;  // guarded by `guard`
};

namespace {

using runtime::direction;

// Connections that failed while they waited in the queue: accept(2) reports their errors as its own.
bool died_in_queue(const std::error_code& error) noexcept {
  if (error.category() != std::system_category()) return false;
  switch (error.value()) {
    case ECONNABORTED:
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

bool passes_with_time(const std::error_code& error) noexcept {
  if (error.category() != std::system_category()) return false;
  switch (error.value()) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EPERM:
      return true;
    default:
      return false;
  }
}

result<raw_socket> open_listener(const endpoint& local, const listen_options& options) {
  auto opened = raw_socket::open(family_of(local), SOCK_STREAM);
  if (!opened) return opened;
  const int fd = opened->fd();
  if (local.address().is_v6()) {
    // The system's default is a matter of /proc/sys/net/ipv6/bindv6only: say it in either case.
    auto set = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only ? 1 : 0);
    if (!set) return std::unexpected(set.error());
  }
  if (options.reuse_address) {
    if (auto set = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1); !set) return std::unexpected(set.error());
  }
  if (options.reuse_port) {
    if (auto set = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1); !set) return std::unexpected(set.error());
  }
  if (auto set = apply_tcp_defaults(fd); !set) return std::unexpected(set.error());
  if (auto bound = bind_socket(fd, local); !bound) return std::unexpected(bound.error());
  if (::listen(fd, options.backlog) != 0) return last_system_error();
  return opened;
}

}  // namespace

tcp_listener& tcp_listener::operator=(tcp_listener&& other) noexcept {
  if (this == &other) return *this;
  static_cast<void>(close());
  local_ = other.local_;
  backoff_ = std::move(other.backoff_);
  socket_base::operator=(std::move(other));
  return *this;
}

tcp_listener::~tcp_listener() {
  static_cast<void>(close());
}

result<tcp_conn> tcp_listener::accept() {
  if (!descriptor_) return fail(errc::closed);
  for (std::chrono::nanoseconds length = backoff::first;;) {
    socket_address peer;
    const auto fd = descriptor_->perform(direction::read, [&peer](int listening) {
      peer.size = sizeof(peer.storage);
      return ::accept4(listening, peer.data(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    });
    if (fd) {
      raw_socket accepted(static_cast<int>(*fd));
      const endpoint remote = unmapped(to_endpoint(peer).value_or(endpoint()));
      return tcp_conn(handle(accepted.adopt().release()), remote);
    }
    if (died_in_queue(fd.error())) continue;
    if (!passes_with_time(fd.error())) return std::unexpected(fd.error());
    const auto shared = backoff_;  // the listener may be gone when the pause ends
    if (auto paused = shared->pause(length); !paused) return std::unexpected(paused.error());
    length = std::min(length * 2, backoff::longest);
  }
}

result<void> tcp_listener::close() noexcept {
  auto closed = socket_base::close();
  if (closed) backoff_->close();
  return closed;
}

result<void> tcp_listener::set_deadline(time_point when) {
  auto set = set_read_deadline(when);
  if (set) backoff_->set_deadline(when);
  return set;
}

result<void> tcp_listener::set_deadline(std::chrono::nanoseconds from_now) {
  return set_deadline(deadline_after(from_now));
}

std::uint64_t tcp_listener::pauses() const noexcept {
  return backoff_ ? backoff_->pauses.load(std::memory_order_relaxed) : 0;
}

result<tcp_listener> listen_tcp(const endpoint& local, const listen_options& options) {
  auto opened = open_listener(unmapped(local), options);
  if (!opened) return std::unexpected(opened.error());
  const auto bound = local_endpoint(opened->fd());
  if (!bound) return std::unexpected(bound.error());
  auto shared = std::make_shared<tcp_listener::backoff>();
  return tcp_listener(tcp_listener::handle(opened->adopt().release()), *bound, std::move(shared));
}

result<tcp_listener> listen_tcp(std::string_view address, const listen_options& options) {
  return bind_text(address, "tcp", options.v6_only,
                   [&](const endpoint& local) { return listen_tcp(local, options); });
}

}  // namespace leat::net
