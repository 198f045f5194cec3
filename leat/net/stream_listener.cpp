#include <leat/net/pauses.hpp>
#include <leat/net/stream_listener.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {
namespace {

using namespace std::chrono_literals;
using runtime::direction;

constexpr std::chrono::nanoseconds first_pause = 5ms;
constexpr std::chrono::nanoseconds longest_pause = 1s;

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

}  // namespace

stream_listener::stream_listener(handle listening)
    : socket_base(std::move(listening)), pauses_(std::make_shared<net::pauses>()) {}

stream_listener& stream_listener::operator=(stream_listener&& other) noexcept {
  if (this == &other) return *this;
  static_cast<void>(close());
  pauses_ = std::move(other.pauses_);
  socket_base::operator=(std::move(other));
  return *this;
}

stream_listener::~stream_listener() {
  static_cast<void>(close());
}

result<socket_base::handle> stream_listener::accept_next(socket_address& peer) {
  if (!descriptor_) return fail(errc::closed);
  for (growing_pause length(first_pause, longest_pause);;) {
    const auto fd = descriptor_->perform(direction::read, [&peer](int listening) {
      peer.size = sizeof(peer.storage);
      return ::accept4(listening, peer.data(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    });
    if (fd) return handle(raw_socket(static_cast<int>(*fd)).adopt().release());
    if (died_in_queue(fd.error())) continue;
    if (fd.error() == std::errc::invalid_argument) return fail(errc::closed);  // close() is under way
    if (!passes_with_time(fd.error())) return std::unexpected(fd.error());
    const auto shared = pauses_;  // the listener may be gone when the pause ends
    if (auto paused = shared->pause(length.next()); !paused) return std::unexpected(paused.error());
  }
}

// Those who wait in accept() use the socket until they have run, and a poller may hold it longer still. So
// that nobody is taken for a listener meanwhile, and the address can be had again, the socket stops listening
// first.
result<void> stream_listener::close() noexcept {
  if (!descriptor_) return fail(errc::closed);
  static_cast<void>(descriptor_->with_fd([](int fd) -> result<void> {
    if (::shutdown(fd, SHUT_RDWR) != 0) return last_system_error();
    return {};
  }));
  auto closed = socket_base::close();
  if (closed) pauses_->close();
  return closed;
}

result<void> stream_listener::set_deadline(time_point when) noexcept {
  auto set = set_read_deadline(when);
  if (set) pauses_->set_deadline(when);
  return set;
}

result<void> stream_listener::set_deadline(std::chrono::nanoseconds from_now) noexcept {
  return set_deadline(deadline_after(from_now));
}

std::uint64_t stream_listener::pauses() const noexcept {
  return pauses_ ? pauses_->taken() : 0;
}

}  // namespace leat::net
