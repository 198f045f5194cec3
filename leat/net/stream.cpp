#include <leat/net/stream.hpp>

namespace leat::net {

result<void> stream::set_deadline(time_point when) noexcept {
  if (auto set = set_read_deadline(when); !set) return set;
  return set_write_deadline(when);
}

result<void> stream::set_deadline(std::chrono::nanoseconds from_now) noexcept {
  return set_deadline(deadline_after(from_now));
}

result<void> stream::set_read_deadline(std::chrono::nanoseconds from_now) noexcept {
  return set_read_deadline(deadline_after(from_now));
}

result<void> stream::set_write_deadline(std::chrono::nanoseconds from_now) noexcept {
  return set_write_deadline(deadline_after(from_now));
}

}  // namespace leat::net
