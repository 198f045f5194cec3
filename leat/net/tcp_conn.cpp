#include <netinet/tcp.h>

#include <leat/net/system_socket.hpp>
#include <leat/net/tcp_conn.hpp>
#include <leat/net/tcp_options.hpp>

namespace leat::net {
namespace {

bool in_range(std::chrono::seconds value, std::int64_t greatest) noexcept {
  return value.count() >= 1 && value.count() <= greatest;
}

}  // namespace

result<void> tcp_conn::set_no_delay(bool on) {
  return set_int_option(IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
}

result<void> tcp_conn::set_keep_alive(const keep_alive& how) {
  constexpr std::int64_t greatest_seconds = 32767;
  constexpr int greatest_count = 127;
  if (!in_range(how.idle, greatest_seconds) || !in_range(how.interval, greatest_seconds) || how.count < 1 ||
      how.count > greatest_count) {
    return system_error(EINVAL);
  }
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd([&](int fd) { return apply_keep_alive(fd, how); });
}

result<void> tcp_conn::disable_keep_alive() {
  return set_int_option(SOL_SOCKET, SO_KEEPALIVE, 0);
}

result<void> tcp_conn::set_linger(linger mode) {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd([mode](int fd) -> result<void> {
    // A positive time would make close(2) block the thread, non-blocking socket or not; so it is not on
    // offer.
    const struct ::linger option{.l_onoff = mode == linger::reset ? 1 : 0, .l_linger = 0};
    if (::setsockopt(fd, SOL_SOCKET, SO_LINGER, &option, sizeof(option)) != 0) return last_system_error();
    return {};
  });
}

result<tcp_info> tcp_conn::info() const {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd(read_tcp_info);
}

}  // namespace leat::net
