#include <netinet/udp.h>

#include <algorithm>

#include <leat/net/bind_text.hpp>
#include <leat/net/packet_info.hpp>
#include <leat/net/resolver.hpp>
#include <leat/net/system_socket.hpp>
#include <leat/net/udp.hpp>

namespace leat::net {
namespace {

using runtime::direction;

result<void> switch_on(int fd, int level, int name, bool wanted) noexcept {
  return wanted ? set_option(fd, level, name, 1) : result<void>();
}

// A socket with what the options ask for, before it is bound: what comes later already knows of it.
// `options.coalesced_reads` becomes what the system does.
result<raw_socket> open_udp(int family, udp_options& options) noexcept {
  auto opened = raw_socket::open(family, SOCK_DGRAM);
  if (!opened) return opened;
  const int fd = opened->fd();
  const auto configure = [&]() -> result<void> {
    const bool v6 = family == AF_INET6;
    if (auto set = set_option(fd, SOL_SOCKET, SO_BROADCAST, 1); !set) return set;
    if (auto set = switch_on(fd, SOL_SOCKET, SO_REUSEADDR, options.reuse_address); !set) return set;
    if (auto set = switch_on(fd, SOL_SOCKET, SO_REUSEPORT, options.reuse_port); !set) return set;
    if (auto set = switch_on(fd, IPPROTO_IP, IP_PKTINFO, options.packet_info); !set) return set;
    return switch_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, options.packet_info && v6);
  };
  if (auto configured = configure(); !configured) return std::unexpected(configured.error());
  options.coalesced_reads = options.coalesced_reads && set_option(fd, SOL_UDP, UDP_GRO, 1).has_value();
  return opened;
}

result<void> just_done(const result<std::size_t>& sent) noexcept {
  if (!sent) return std::unexpected(sent.error());
  return {};
}

}  // namespace

// --- One by one ---

// One call would give several datagrams, and nothing of where each ends.
result<void> udp_socket::check_single_reads() const noexcept {
  if (!descriptor_) return fail(errc::closed);
  if (coalesced_) return system_error(EOPNOTSUPP);
  return {};
}

result<udp_received> udp_socket::read_from(std::span<std::byte> buffer) {
  if (auto may = check_single_reads(); !may) return std::unexpected(may.error());
  socket_address from;
  const auto size = descriptor_->perform_shared(direction::read, [&from, buffer](int fd) {
    from.size = sizeof(from.storage);
    return ::recvfrom(fd, buffer.data(), buffer.size(), MSG_TRUNC, from.data(), &from.size);
  });
  if (!size) return std::unexpected(size.error());
  return udp_received{.size = std::min(*size, buffer.size()),
                      .truncated = *size > buffer.size(),
                      .from = unmapped(to_endpoint(from).value_or(endpoint()))};
}

result<udp_message> udp_socket::read_message(std::span<std::byte> buffer) {
  if (auto may = check_single_reads(); !may) return std::unexpected(may.error());
  socket_address from;
  control_buffer control;
  iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const auto size = descriptor_->perform_shared(direction::read, [&](int fd) {
    message.msg_name = from.data();
    message.msg_namelen = sizeof(from.storage);
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    return ::recvmsg(fd, &message, MSG_TRUNC);
  });
  if (!size) return std::unexpected(size.error());
  return udp_message{.size = std::min(*size, buffer.size()),
                     .truncated = *size > buffer.size(),
                     .from = unmapped(to_endpoint(from.data(), message.msg_namelen).value_or(endpoint())),
                     .arrival = read_controls(message).arrival};
}

result<std::size_t> udp_socket::read(std::span<std::byte> buffer) {
  if (auto may = check_single_reads(); !may) return std::unexpected(may.error());
  const auto size = descriptor_->perform_shared(
      direction::read, [buffer](int fd) { return ::recv(fd, buffer.data(), buffer.size(), MSG_TRUNC); });
  if (size && *size > buffer.size()) return fail(errc::too_long);
  return size;
}

result<void> udp_socket::write_to(std::span<const std::byte> data, const endpoint& to) {
  if (!descriptor_) return fail(errc::closed);
  const socket_address raw = to_socket_address(unmapped(to));  // a dual-stack socket takes IPv4 as it is
  return just_done(descriptor_->perform_shared(direction::write, [&raw, data](int fd) {
    return ::sendto(fd, data.data(), data.size(), MSG_NOSIGNAL, raw.data(), raw.size);
  }));
}

result<void> udp_socket::write_from(std::span<const std::byte> data, const endpoint& to,
                                    const ip_address& local, std::uint32_t interface) {
  if (!descriptor_) return fail(errc::closed);
  const endpoint where = unmapped(to);
  const ip_address from = local.unmapped();
  if (!from.is_unspecified() && from.is_v6() != where.address().is_v6()) return system_error(EAFNOSUPPORT);
  socket_address raw = to_socket_address(where);
  control_buffer control;
  iovec part{.iov_base = const_cast<std::byte*>(data.data()), .iov_len = data.size()};
  msghdr message{};
  message.msg_name = raw.data();
  message.msg_namelen = raw.size;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  control_writer(message, control).source(where.address().is_v6(), from, interface);
  return just_done(descriptor_->perform_shared(
      direction::write, [&message](int fd) { return ::sendmsg(fd, &message, MSG_NOSIGNAL); }));
}

result<void> udp_socket::write(std::span<const std::byte> data) {
  if (!descriptor_) return fail(errc::closed);
  return just_done(descriptor_->perform_shared(
      direction::write, [data](int fd) { return ::send(fd, data.data(), data.size(), MSG_NOSIGNAL); }));
}

// --- Opening ---

// Makes sockets: a friend of udp_socket.
struct udp_opener {
  static result<udp_socket> listen(const endpoint& local, udp_options options) {
    auto opened = open_udp(family_of(local), options);
    if (!opened) return std::unexpected(opened.error());
    if (local.address().is_v6()) {
      auto set = set_option(opened->fd(), IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only ? 1 : 0);
      if (!set) return std::unexpected(set.error());
    }
    if (auto bound = bind_socket(opened->fd(), local); !bound) return std::unexpected(bound.error());
    return adopt(*opened, local.address().is_v6(), endpoint(), options);
  }

  static result<udp_socket> connect(const endpoint& remote, const dial_options& dialled,
                                    udp_options options) {
    auto opened = open_udp(family_of(remote), options);
    if (!opened) return std::unexpected(opened.error());
    if (dialled.control) {
      if (auto done = dialled.control(socket_options(opened->fd()), remote); !done)
        return std::unexpected(done.error());
    }
    if (dialled.local) {
      if (auto bound = bind_socket(opened->fd(), unmapped(*dialled.local)); !bound)
        return std::unexpected(bound.error());
    }
    const socket_address raw = to_socket_address(remote);
    if (::connect(opened->fd(), raw.data(), raw.size) != 0) return last_system_error();
    return adopt(*opened, remote.address().is_v6(), remote, options);
  }

 private:
  // Every datagram that a peer takes is an event of room to write: only those who wait want to know.
  static udp_socket adopt(raw_socket& opened, bool v6, const endpoint& remote, const udp_options& options) {
    auto adopted = opened.adopt(runtime::write_events::when_waiting);
    return udp_socket(udp_socket::handle(adopted.release()), v6, remote, options);
  }
};

result<udp_socket> listen_udp(const endpoint& local, const udp_options& options) {
  return udp_opener::listen(unmapped(local), options);
}

result<udp_socket> listen_udp(std::string_view address, const udp_options& options) {
  return bind_text(address, "udp", options.v6_only,
                   [&](const endpoint& local) { return listen_udp(local, options); });
}

result<std::vector<udp_socket>> listen_udp_shared(std::string_view address, std::size_t count,
                                                  udp_options options) {
  options.reuse_port = true;
  std::vector<udp_socket> sockets;
  sockets.reserve(std::max<std::size_t>(count, 1));
  auto first = listen_udp(address, options);
  if (!first) return std::unexpected(first.error());
  const endpoint local = first->local_address();
  sockets.push_back(std::move(*first));
  while (sockets.size() < count) {
    auto next = listen_udp(local, options);
    if (!next) return std::unexpected(next.error());
    sockets.push_back(std::move(*next));
  }
  return sockets;
}

result<udp_socket> dial_udp(const endpoint& remote, const dial_options& options,
                            const udp_options& socket_options) {
  const endpoint where = unmapped(remote);
  if (options.local && family_of(unmapped(*options.local)) != family_of(where))
    return system_error(EADDRNOTAVAIL);
  return udp_opener::connect(where, options, socket_options);
}

result<udp_socket> dial_udp(std::string_view address, const dial_options& options,
                            const udp_options& socket_options) {
  const wait_limits limits{.deadline = options.timeout ? deadline_after(*options.timeout) : never,
                           .ctx = options.ctx};
  const resolver as_system;
  const auto remotes = (options.names ? *options.names : as_system).endpoints(address, "udp", limits);
  if (!remotes) return std::unexpected(remotes.error());
  auto outcome = dial_udp(remotes->front(), options, socket_options);
  for (std::size_t i = 1; !outcome && i < remotes->size(); ++i) {
    if (auto dialled = dial_udp((*remotes)[i], options, socket_options)) return dialled;
  }
  return outcome;  // the first one's error, if none could be had
}

}  // namespace leat::net
