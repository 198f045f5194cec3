#include <algorithm>
#include <limits>

#include <leat/net/socket_base.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {
namespace {

using runtime::direction;

result<void> set_buffer(runtime::descriptor* entry, int name, std::size_t bytes) noexcept {
  if (!entry) return fail(errc::closed);
  constexpr std::size_t greatest = std::numeric_limits<int>::max() / 2;  // the kernel doubles it
  const int size = static_cast<int>(std::min(bytes, greatest));
  return entry->with_fd([&](int fd) { return set_option(fd, SOL_SOCKET, name, size); });
}

result<void> set_one(runtime::descriptor* entry, direction which, time_point when) noexcept {
  if (!entry) return fail(errc::closed);
  return entry->set_deadline(which, when);
}

}  // namespace

void socket_base::closer::operator()(runtime::descriptor* entry) const noexcept {
  runtime::descriptor_closer{}(entry);
}

result<void> socket_base::close() noexcept {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->close();
}

result<void> socket_base::set_deadline(time_point when) noexcept {
  if (auto set = set_read_deadline(when); !set) return set;
  return set_write_deadline(when);
}

result<void> socket_base::set_read_deadline(time_point when) noexcept {
  return set_one(descriptor_.get(), direction::read, when);
}

result<void> socket_base::set_write_deadline(time_point when) noexcept {
  return set_one(descriptor_.get(), direction::write, when);
}

result<void> socket_base::set_deadline(std::chrono::nanoseconds from_now) noexcept {
  return set_deadline(deadline_after(from_now));
}

result<void> socket_base::set_read_deadline(std::chrono::nanoseconds from_now) noexcept {
  return set_read_deadline(deadline_after(from_now));
}

result<void> socket_base::set_write_deadline(std::chrono::nanoseconds from_now) noexcept {
  return set_write_deadline(deadline_after(from_now));
}

result<void> socket_base::set_read_buffer(std::size_t bytes) noexcept {
  return set_buffer(descriptor_.get(), SO_RCVBUF, bytes);
}

result<void> socket_base::set_write_buffer(std::size_t bytes) noexcept {
  return set_buffer(descriptor_.get(), SO_SNDBUF, bytes);
}

endpoint socket_base::local_address() const noexcept {
  if (!descriptor_) return {};
  return descriptor_->with_fd(local_endpoint).value_or(endpoint());
}

result<void> socket_base::set_int_option(int level, int name, int value) noexcept {
  if (!descriptor_) return fail(errc::closed);
  return descriptor_->with_fd([&](int fd) { return set_option(fd, level, name, value); });
}

}  // namespace leat::net
