#include <algorithm>

#include <leat/net/pauses.hpp>
#include <leat/net/system_socket.hpp>
#include <leat/net/unix_datagram.hpp>
#include <leat/net/unix_sockaddr.hpp>

namespace leat::net {
namespace {

using namespace std::chrono_literals;
using runtime::direction;

constexpr std::chrono::nanoseconds first_pause = 1ms;
constexpr std::chrono::nanoseconds longest_pause = 20ms;

}  // namespace

unix_datagram::unix_datagram(handle owned, const unix_address& local, const unix_address& remote,
                             bound_path file)
    : socket_base(std::move(owned)),
      local_(local),
      remote_(remote),
      file_(std::move(file)),
      pauses_(std::make_shared<net::pauses>()) {}

unix_datagram& unix_datagram::operator=(unix_datagram&& other) noexcept {
  if (this == &other) return *this;
  static_cast<void>(close());
  local_ = other.local_;
  remote_ = other.remote_;
  file_ = std::move(other.file_);
  pauses_ = std::move(other.pauses_);
  socket_base::operator=(std::move(other));
  return *this;
}

unix_datagram::~unix_datagram() {
  static_cast<void>(close());
}

result<unix_received> unix_datagram::read_from(std::span<std::byte> buffer) {
  if (!descriptor_) return fail(errc::closed);
  socket_address from;
  const auto size = descriptor_->perform(direction::read, [&from, buffer](int fd) {
    from.size = sizeof(from.storage);
    return ::recvfrom(fd, buffer.data(), buffer.size(), MSG_TRUNC, from.data(), &from.size);
  });
  if (!size) return std::unexpected(size.error());
  return unix_received{.size = std::min(*size, buffer.size()),
                       .truncated = *size > buffer.size(),
                       .from = unix_sockaddr::to(from)};
}

result<std::size_t> unix_datagram::read(std::span<std::byte> buffer) {
  if (!descriptor_) return fail(errc::closed);
  const auto size = descriptor_->perform(
      direction::read, [buffer](int fd) { return ::recv(fd, buffer.data(), buffer.size(), MSG_TRUNC); });
  if (size && *size > buffer.size()) return fail(errc::too_long);
  return size;
}

// Where a sender is not connected, epoll does not tell it that the receiver's queue has room again: EAGAIN is
// taken out of the descriptor's hands.
result<void> unix_datagram::write_to(std::span<const std::byte> data, const unix_address& to) {
  if (!descriptor_) return fail(errc::closed);
  if (to.is_unnamed()) return fail(errc::bad_address);
  const socket_address raw = unix_sockaddr::from(to);
  for (growing_pause length(first_pause, longest_pause);;) {
    bool is_full = false;
    const auto sent = descriptor_->perform(direction::write, [&](int fd) -> ssize_t {
      const ssize_t size = ::sendto(fd, data.data(), data.size(), MSG_NOSIGNAL, raw.data(), raw.size);
      is_full = size < 0 && errno == EAGAIN;
      return is_full ? 0 : size;
    });
    if (!sent) return std::unexpected(sent.error());
    if (!is_full) return {};
    const auto shared = pauses_;  // the socket may be gone when the pause ends
    if (auto paused = shared->pause(length.next()); !paused) return paused;
  }
}

result<void> unix_datagram::write(std::span<const std::byte> data) {
  if (!descriptor_) return fail(errc::closed);
  const auto sent = descriptor_->perform(
      direction::write, [data](int fd) { return ::send(fd, data.data(), data.size(), MSG_NOSIGNAL); });
  if (!sent) return std::unexpected(sent.error());
  return {};
}

result<void> unix_datagram::close() noexcept {
  auto closed = socket_base::close();
  if (!closed) return closed;
  pauses_->close();
  file_.remove();
  return closed;
}

result<void> unix_datagram::set_write_deadline(time_point when) noexcept {
  auto set = socket_base::set_write_deadline(when);
  if (set) pauses_->set_deadline(when);
  return set;
}

result<void> unix_datagram::set_write_deadline(std::chrono::nanoseconds from_now) noexcept {
  return set_write_deadline(deadline_after(from_now));
}

result<void> unix_datagram::set_deadline(time_point when) noexcept {
  if (auto set = set_read_deadline(when); !set) return set;
  return set_write_deadline(when);
}

result<void> unix_datagram::set_deadline(std::chrono::nanoseconds from_now) noexcept {
  return set_deadline(deadline_after(from_now));
}

// Makes sockets: a friend of unix_datagram.
struct unix_datagram_maker {
  static result<unix_datagram> bind(const unix_address& address, const unix_address& remote,
                                    const unix_datagram_options& options) {
    auto opened = raw_socket::open(AF_UNIX, SOCK_DGRAM);
    if (!opened) return std::unexpected(opened.error());
    const int fd = opened->fd();
    if (auto bound = bind_socket(fd, unix_sockaddr::from(address)); !bound)
      return std::unexpected(bound.error());
    bound_path file;
    if (address.is_path() && options.unlink_on_close) file = bound_path(address.name());
    const auto local = unix_sockaddr::local(fd);
    if (!local) return std::unexpected(local.error());
    if (!remote.is_unnamed()) {
      const socket_address raw = unix_sockaddr::from(remote);
      if (::connect(fd, raw.data(), raw.size) != 0) return last_system_error();
    }
    return unix_datagram(unix_datagram::handle(opened->adopt().release()), *local, remote, std::move(file));
  }
};

result<unix_datagram> listen_unix_datagram(const unix_address& address,
                                           const unix_datagram_options& options) {
  return unix_datagram_maker::bind(address, {}, options);
}

result<unix_datagram> listen_unix_datagram(std::string_view address, const unix_datagram_options& options) {
  const auto parsed = unix_address::parse(address);
  if (!parsed) return std::unexpected(parsed.error());
  return listen_unix_datagram(*parsed, options);
}

result<unix_datagram> dial_unix_datagram(const unix_address& remote) {
  if (remote.is_unnamed()) return fail(errc::bad_address);
  return unix_datagram_maker::bind({}, remote, {});
}

result<unix_datagram> dial_unix_datagram(std::string_view remote) {
  const auto parsed = unix_address::parse(remote);
  if (!parsed) return std::unexpected(parsed.error());
  return dial_unix_datagram(*parsed);
}

}  // namespace leat::net
