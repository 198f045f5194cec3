#include <algorithm>
#include <optional>

#include <leat/net/bind_text.hpp>
#include <leat/net/resolve.hpp>
#include <leat/net/system_socket.hpp>
#include <leat/net/udp.hpp>

namespace leat::net {
namespace {

using runtime::direction;

result<raw_socket> open_udp(int family) noexcept {
  auto opened = raw_socket::open(family, SOCK_DGRAM);
  if (!opened) return opened;
  if (auto set = set_option(opened->fd(), SOL_SOCKET, SO_BROADCAST, 1); !set)
    return std::unexpected(set.error());
  return opened;
}

result<raw_socket> open_bound(const endpoint& local, const udp_options& options) noexcept {
  auto opened = open_udp(family_of(local));
  if (!opened) return opened;
  const int fd = opened->fd();
  if (local.address().is_v6()) {
    auto set = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only ? 1 : 0);
    if (!set) return std::unexpected(set.error());
  }
  if (options.reuse_address) {
    if (auto set = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1); !set) return std::unexpected(set.error());
  }
  if (options.reuse_port) {
    if (auto set = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1); !set) return std::unexpected(set.error());
  }
  if (auto bound = bind_socket(fd, local); !bound) return std::unexpected(bound.error());
  return opened;
}

result<void> just_done(const result<std::size_t>& sent) noexcept {
  if (!sent) return std::unexpected(sent.error());
  return {};
}

}  // namespace

result<udp_received> udp_socket::read_from(std::span<std::byte> buffer) {
  if (!descriptor_) return fail(errc::closed);
  socket_address from;
  const auto size = descriptor_->perform(direction::read, [&from, buffer](int fd) {
    from.size = sizeof(from.storage);
    return ::recvfrom(fd, buffer.data(), buffer.size(), MSG_TRUNC, from.data(), &from.size);
  });
  if (!size) return std::unexpected(size.error());
  return udp_received{.size = std::min(*size, buffer.size()),
                      .truncated = *size > buffer.size(),
                      .from = unmapped(to_endpoint(from).value_or(endpoint()))};
}

result<std::size_t> udp_socket::read(std::span<std::byte> buffer) {
  if (!descriptor_) return fail(errc::closed);
  const auto size = descriptor_->perform(
      direction::read, [buffer](int fd) { return ::recv(fd, buffer.data(), buffer.size(), MSG_TRUNC); });
  if (size && *size > buffer.size()) return fail(errc::too_long);
  return size;
}

result<void> udp_socket::write_to(std::span<const std::byte> data, const endpoint& to) {
  if (!descriptor_) return fail(errc::closed);
  const ip_address address = v6_ ? to.address().mapped() : to.address().unmapped();
  const socket_address raw = to_socket_address(endpoint(address, to.port()));
  return just_done(descriptor_->perform(direction::write, [&raw, data](int fd) {
    return ::sendto(fd, data.data(), data.size(), MSG_NOSIGNAL, raw.data(), raw.size);
  }));
}

result<void> udp_socket::write(std::span<const std::byte> data) {
  if (!descriptor_) return fail(errc::closed);
  return just_done(descriptor_->perform(
      direction::write, [data](int fd) { return ::send(fd, data.data(), data.size(), MSG_NOSIGNAL); }));
}

result<udp_socket> listen_udp(const endpoint& local, const udp_options& options) {
  const endpoint where = unmapped(local);
  auto opened = open_bound(where, options);
  if (!opened) return std::unexpected(opened.error());
  return udp_socket(udp_socket::handle(opened->adopt().release()), where.address().is_v6(), endpoint());
}

result<udp_socket> listen_udp(std::string_view address, const udp_options& options) {
  return bind_text(address, "udp", options.v6_only,
                   [&](const endpoint& local) { return listen_udp(local, options); });
}

// Makes connected sockets: a friend of udp_socket.
struct udp_dialer {
  static result<udp_socket> connect(const endpoint& remote, const std::optional<endpoint>& local) {
    auto opened = open_udp(family_of(remote));
    if (!opened) return std::unexpected(opened.error());
    if (local) {
      if (auto bound = bind_socket(opened->fd(), unmapped(*local)); !bound)
        return std::unexpected(bound.error());
    }
    const socket_address raw = to_socket_address(remote);
    if (::connect(opened->fd(), raw.data(), raw.size) != 0) return last_system_error();
    return udp_socket(udp_socket::handle(opened->adopt().release()), remote.address().is_v6(), remote);
  }
};

result<udp_socket> dial_udp(const endpoint& remote, const dial_options& options) {
  const endpoint where = unmapped(remote);
  if (options.local && family_of(unmapped(*options.local)) != family_of(where))
    return system_error(EADDRNOTAVAIL);
  return udp_dialer::connect(where, options.local);
}

result<udp_socket> dial_udp(std::string_view address, const dial_options& options) {
  const auto remotes =
      resolve_endpoints(address, "udp", options.timeout ? deadline_after(*options.timeout) : never);
  if (!remotes) return std::unexpected(remotes.error());
  auto outcome = dial_udp(remotes->front(), options);
  for (std::size_t i = 1; !outcome && i < remotes->size(); ++i) {
    if (auto dialled = dial_udp((*remotes)[i], options)) return dialled;
  }
  return outcome;  // the first one's error, if none could be had
}

}  // namespace leat::net
