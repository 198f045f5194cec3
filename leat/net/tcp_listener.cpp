#include <leat/net/bind_text.hpp>
#include <leat/net/system_socket.hpp>
#include <leat/net/tcp_listener.hpp>
#include <leat/net/tcp_options.hpp>

namespace leat::net {
namespace {

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
  if (options.control) {
    if (auto done = options.control(socket_options(fd), local); !done) return std::unexpected(done.error());
  }
  if (auto bound = bind_socket(fd, local); !bound) return std::unexpected(bound.error());
  if (::listen(fd, options.backlog) != 0) return last_system_error();
  return opened;
}

}  // namespace

result<tcp_conn> tcp_listener::accept() {
  socket_address peer;
  auto accepted = accept_next(peer);
  if (!accepted) return std::unexpected(accepted.error());
  return tcp_conn(std::move(*accepted), unmapped(to_endpoint(peer).value_or(endpoint())));
}

result<accept_queue> tcp_listener::queue() const {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd(read_accept_queue);
}

result<tcp_listener> listen_tcp(const endpoint& local, const listen_options& options) {
  auto opened = open_listener(unmapped(local), options);
  if (!opened) return std::unexpected(opened.error());
  const auto bound = local_endpoint(opened->fd());
  if (!bound) return std::unexpected(bound.error());
  return tcp_listener(tcp_listener::handle(opened->adopt().release()), *bound);
}

result<tcp_listener> listen_tcp(std::string_view address, const listen_options& options) {
  return bind_text(address, "tcp", options.v6_only,
                   [&](const endpoint& local) { return listen_tcp(local, options); });
}

}  // namespace leat::net
