#include <net/if.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <limits>

#include <leat/net/options.hpp>
#include <leat/net/system_socket.hpp>
#include <leat/net/tcp_options.hpp>

namespace leat::net {
namespace {

constexpr int largest_int = std::numeric_limits<int>::max();

result<int> get_option(int fd, int level, int name) noexcept {
  int value = 0;
  socklen_t size = sizeof(value);
  if (::getsockopt(fd, level, name, &value, &size) != 0) return last_system_error();
  return value;
}

result<bool> as_flag(const result<int>& value) noexcept {
  if (!value) return std::unexpected(value.error());
  return *value != 0;
}

result<std::size_t> as_size(const result<int>& value) noexcept {
  if (!value) return std::unexpected(value.error());
  return static_cast<std::size_t>(*value);
}

bool in_range(std::chrono::seconds value, std::int64_t greatest) noexcept {
  return value.count() >= 1 && value.count() <= greatest;
}

// What IPv4 and IPv6 call the same thing.
struct ip_option {
  int v4;
  int v6;
};
constexpr ip_option hop_limit_option{IP_TTL, IPV6_UNICAST_HOPS};
constexpr ip_option traffic_class_option{IP_TOS, IPV6_TCLASS};

result<void> set_ip_option(int fd, ip_option which, int value) noexcept {
  const auto family = get_option(fd, SOL_SOCKET, SO_DOMAIN);
  if (!family) return std::unexpected(family.error());
  if (*family == AF_INET) return set_option(fd, IPPROTO_IP, which.v4, value);
  if (*family != AF_INET6) return system_error(EOPNOTSUPP);
  // For the IPv4 packets of a dual-stack socket; one that is IPv6 only takes it, too, and has no use for it.
  if (auto set = set_option(fd, IPPROTO_IP, which.v4, value); !set) return set;
  return set_option(fd, IPPROTO_IPV6, which.v6, value);
}

result<int> get_ip_option(int fd, ip_option which) noexcept {
  const auto family = get_option(fd, SOL_SOCKET, SO_DOMAIN);
  if (!family) return family;
  if (*family == AF_INET) return get_option(fd, IPPROTO_IP, which.v4);
  if (*family == AF_INET6) return get_option(fd, IPPROTO_IPV6, which.v6);
  return system_error(EOPNOTSUPP);
}

}  // namespace

template <typename Use>
auto socket_options::on_fd(Use&& use) const -> decltype(use(0)) {
  if (entry_) return entry_->with_fd(use);
  if (fd_ < 0) return fail(errc::closed);
  return use(fd_);
}

result<void> socket_options::set(int level, int name, int value) const noexcept {
  return on_fd([=](int fd) { return set_option(fd, level, name, value); });
}

result<int> socket_options::get(int level, int name) const noexcept {
  return on_fd([=](int fd) { return get_option(fd, level, name); });
}

result<void> socket_options::set_text(int level, int name, std::string_view text,
                                      std::size_t limit_bytes) const noexcept {
  if (text.size() >= limit_bytes || text.find('\0') != std::string_view::npos) return system_error(EINVAL);
  return on_fd([=](int fd) -> result<void> {
    const auto size = static_cast<socklen_t>(text.size());
    if (::setsockopt(fd, level, name, text.data(), size) != 0) return last_system_error();
    return {};
  });
}

result<std::string> socket_options::get_text(int level, int name) const {
  return on_fd([=](int fd) -> result<std::string> {
    std::array<char, 64> text{};
    socklen_t size = text.size() - 1;
    if (::getsockopt(fd, level, name, text.data(), &size) != 0) return last_system_error();
    return std::string(text.data());
  });
}

result<void> socket_options::set_read_buffer(std::size_t bytes) noexcept {
  return set(SOL_SOCKET, SO_RCVBUF, static_cast<int>(std::min<std::size_t>(bytes, largest_int / 2)));
}

result<std::size_t> socket_options::read_buffer() const noexcept {
  return as_size(get(SOL_SOCKET, SO_RCVBUF));
}

result<void> socket_options::set_write_buffer(std::size_t bytes) noexcept {
  return set(SOL_SOCKET, SO_SNDBUF, static_cast<int>(std::min<std::size_t>(bytes, largest_int / 2)));
}

result<std::size_t> socket_options::write_buffer() const noexcept {
  return as_size(get(SOL_SOCKET, SO_SNDBUF));
}

result<void> socket_options::set_reuse_address(bool on) noexcept {
  return set(SOL_SOCKET, SO_REUSEADDR, on ? 1 : 0);
}

result<bool> socket_options::reuse_address() const noexcept {
  return as_flag(get(SOL_SOCKET, SO_REUSEADDR));
}

result<void> socket_options::set_reuse_port(bool on) noexcept {
  return set(SOL_SOCKET, SO_REUSEPORT, on ? 1 : 0);
}

result<bool> socket_options::reuse_port() const noexcept {
  return as_flag(get(SOL_SOCKET, SO_REUSEPORT));
}

result<void> socket_options::set_mark(std::uint32_t mark) noexcept {
  return set(SOL_SOCKET, SO_MARK, static_cast<int>(mark));
}

result<std::uint32_t> socket_options::mark() const noexcept {
  const auto value = get(SOL_SOCKET, SO_MARK);
  if (!value) return std::unexpected(value.error());
  return static_cast<std::uint32_t>(*value);
}

result<void> socket_options::set_device(std::string_view interface) noexcept {
  return set_text(SOL_SOCKET, SO_BINDTODEVICE, interface, IF_NAMESIZE);
}

result<std::string> socket_options::device() const {
  return get_text(SOL_SOCKET, SO_BINDTODEVICE);
}

result<void> socket_options::set_hop_limit(int hops) noexcept {
  if (hops < 1 || hops > 255) return system_error(EINVAL);
  return on_fd([hops](int fd) { return set_ip_option(fd, hop_limit_option, hops); });
}

result<int> socket_options::hop_limit() const noexcept {
  return on_fd([](int fd) { return get_ip_option(fd, hop_limit_option); });
}

result<void> socket_options::set_traffic_class(int byte) noexcept {
  if (byte < 0 || byte > 255) return system_error(EINVAL);
  return on_fd([byte](int fd) { return set_ip_option(fd, traffic_class_option, byte); });
}

result<int> socket_options::traffic_class() const noexcept {
  return on_fd([](int fd) { return get_ip_option(fd, traffic_class_option); });
}

result<void> socket_options::set_no_delay(bool on) noexcept {
  return set(IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
}

result<bool> socket_options::no_delay() const noexcept {
  return as_flag(get(IPPROTO_TCP, TCP_NODELAY));
}

result<void> socket_options::set_keep_alive(const keep_alive& how) noexcept {
  constexpr std::int64_t greatest_seconds = 32767;
  constexpr int greatest_count = 127;
  if (!in_range(how.idle, greatest_seconds) || !in_range(how.interval, greatest_seconds) || how.count < 1 ||
      how.count > greatest_count) {
    return system_error(EINVAL);
  }
  return on_fd([&how](int fd) { return apply_keep_alive(fd, how); });
}

result<void> socket_options::disable_keep_alive() noexcept {
  return set(SOL_SOCKET, SO_KEEPALIVE, 0);
}

result<std::optional<keep_alive>> socket_options::keep_alive_times() const noexcept {
  return on_fd([](int fd) -> result<std::optional<keep_alive>> {
    const auto on = get_option(fd, SOL_SOCKET, SO_KEEPALIVE);
    if (!on) return std::unexpected(on.error());
    if (*on == 0) return std::nullopt;
    const auto idle = get_option(fd, IPPROTO_TCP, TCP_KEEPIDLE);
    const auto interval = get_option(fd, IPPROTO_TCP, TCP_KEEPINTVL);
    const auto count = get_option(fd, IPPROTO_TCP, TCP_KEEPCNT);
    for (const auto& one : {idle, interval, count}) {
      if (!one) return std::unexpected(one.error());
    }
    return keep_alive{std::chrono::seconds(*idle), std::chrono::seconds(*interval), *count};
  });
}

result<void> socket_options::set_linger(linger mode) noexcept {
  return on_fd([mode](int fd) -> result<void> {
    // A positive time would make close(2) block the thread, non-blocking socket or not; so it is not on
    // offer.
    const struct ::linger option{.l_onoff = mode == linger::reset ? 1 : 0, .l_linger = 0};
    if (::setsockopt(fd, SOL_SOCKET, SO_LINGER, &option, sizeof(option)) != 0) return last_system_error();
    return {};
  });
}

result<linger> socket_options::linger_mode() const noexcept {
  return on_fd([](int fd) -> result<linger> {
    struct ::linger option{};
    socklen_t size = sizeof(option);
    if (::getsockopt(fd, SOL_SOCKET, SO_LINGER, &option, &size) != 0) return last_system_error();
    return option.l_onoff != 0 && option.l_linger == 0 ? linger::reset : linger::deliver;
  });
}

result<void> socket_options::set_user_timeout(std::chrono::milliseconds longest) noexcept {
  if (longest.count() < 0 || longest.count() > largest_int) return system_error(EINVAL);
  return set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(longest.count()));
}

result<std::chrono::milliseconds> socket_options::user_timeout() const noexcept {
  const auto value = get(IPPROTO_TCP, TCP_USER_TIMEOUT);
  if (!value) return std::unexpected(value.error());
  return std::chrono::milliseconds(*value);
}

result<void> socket_options::set_congestion_control(std::string_view algorithm) noexcept {
  constexpr std::size_t limit_bytes = 16;  // the kernel's TCP_CA_NAME_MAX
  return set_text(IPPROTO_TCP, TCP_CONGESTION, algorithm, limit_bytes);
}

result<std::string> socket_options::congestion_control() const {
  return get_text(IPPROTO_TCP, TCP_CONGESTION);
}

result<void> socket_options::set_fast_open(int waiting) noexcept {
  if (waiting < 0) return system_error(EINVAL);
  return set(IPPROTO_TCP, TCP_FASTOPEN, waiting);
}

result<int> socket_options::fast_open() const noexcept {
  return get(IPPROTO_TCP, TCP_FASTOPEN);
}

result<void> socket_options::with_fd(const std::function<result<void>(int fd)>& use) const {
  return on_fd([&use](int fd) { return use(fd); });
}

}  // namespace leat::net
