#include <algorithm>
#include <array>

#include <leat/net/connection_race.hpp>

namespace leat::net {
namespace {

using namespace std::chrono_literals;

// RFC 8305, section 8: with less between them, attempts would be a burst.
constexpr std::chrono::nanoseconds least_delay = 100ms;

}  // namespace

result<bool> begin_connect(int fd, const endpoint& remote) noexcept {
  const socket_address to = to_socket_address(remote);
  if (::connect(fd, to.data(), to.size) == 0) return true;
  if (errno == EINPROGRESS || errno == EINTR) return false;
  // Callers would take it for "wait": it means that no port or route entry is to be had.
  if (errno == EAGAIN) return system_error(EADDRNOTAVAIL);
  return last_system_error();
}

result<bool> finish_connect(int fd) noexcept {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return last_system_error();
  if (error != 0) return system_error(error);
  // A wake-up may come before the connection: only a peer proves it.
  socket_address peer;
  if (::getpeername(fd, peer.data(), &peer.size) == 0) return true;
  if (errno == ENOTCONN) return false;
  return last_system_error();
}

bool is_connected_to_itself(int fd) noexcept {
  const auto local = local_endpoint(fd);
  const auto peer = peer_endpoint(fd);
  return local && peer && *local == *peer;
}

result<connection_race::winner> connection_race::run() {
  auto opened = ready_set::open(limits_.ctx);
  if (!opened) return std::unexpected(opened.error());
  ready_.emplace(std::move(*opened));
  const time_point limit = limits_.last_moment();
  for (;;) {
    if (auto won = start_those_due()) return std::move(*won);
    if (under_way_.empty() && remotes_.empty()) return std::unexpected(first_error_);
    std::array<epoll_event, 16> events;
    const auto count = ready_->wait(events, remotes_.empty() ? limit : std::min(limit, next_start_));
    if (!count) return std::unexpected(count.error());
    if (*count == 0 && limit <= clock::now()) return fail(errc::deadline_exceeded);
    for (const epoll_event& event : std::span(events).first(*count)) {
      if (auto won = look_at(event.data.fd)) return std::move(*won);
    }
  }
}

std::optional<connection_race::winner> connection_race::start_those_due() {
  while (!remotes_.empty() && (under_way_.empty() || next_start_ <= clock::now())) {
    const endpoint remote = remotes_.front();
    remotes_ = remotes_.subspan(1);
    if (auto won = start(remote)) return won;
  }
  return std::nullopt;
}

std::optional<connection_race::winner> connection_race::start(const endpoint& remote) {
  auto socket = open_(remote);
  if (!socket) {
    note(socket.error());
    return std::nullopt;
  }
  const auto connected = begin_connect(socket->fd(), remote);
  if (!connected) {
    note(connected.error());
    return std::nullopt;
  }
  if (*connected) return winner{std::move(*socket), remote};
  if (auto watched = ready_->watch(socket->fd(), EPOLLOUT); !watched) {
    note(watched.error());
    return std::nullopt;
  }
  under_way_.push_back({std::move(*socket), remote});
  next_start_ = clock::now() + delay_now();
  return std::nullopt;
}

std::optional<connection_race::winner> connection_race::look_at(int fd) {
  const auto one = std::ranges::find(under_way_, fd, [](const attempt& a) { return a.socket.fd(); });
  if (one == under_way_.end()) return std::nullopt;
  const auto connected = finish_connect(fd);
  if (connected && !*connected) return std::nullopt;
  static_cast<void>(ready_->watch(fd, 0));
  if (connected && (may_meet_itself_ || !is_connected_to_itself(fd)))
    return winner{std::move(one->socket), one->remote};
  note(connected ? std::error_code(ECONNREFUSED, std::system_category()) : connected.error());
  under_way_.erase(one);
  next_start_ = clock::now();
  return std::nullopt;
}

void connection_race::note(std::error_code error) noexcept {
  if (!first_error_) first_error_ = error;
}

std::chrono::nanoseconds connection_race::delay_now() const noexcept {
  const time_point limit = limits_.last_moment();
  if (limit == never) return delay_;
  const auto share = (limit - clock::now()) / static_cast<std::ptrdiff_t>(remotes_.size() + 1);
  return std::min(delay_, std::max<std::chrono::nanoseconds>(share, least_delay));
}

}  // namespace leat::net
