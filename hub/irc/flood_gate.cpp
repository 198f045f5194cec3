#include <algorithm>

#include <hub/irc/flood_gate.hpp>

namespace hub::irc {

void flood_gate::bucket::refill(std::chrono::duration<double> passed) {
  level_ = std::min(burst_, level_ + per_second_ * passed.count());
}

std::chrono::duration<double> flood_gate::bucket::until_open() const {
  if (is_open()) return std::chrono::duration<double>::zero();
  return std::chrono::duration<double>(-level_ / per_second_);
}

flood_gate::flood_gate(const flood_limits& limits, time_point now)
    : lines_(std::max(limits.burst_lines, 1.0), limits.lines_per_second),
      bytes_(std::max(limits.burst_bytes, 1.0), limits.bytes_per_second),
      refilled_at_(now) {}

std::size_t flood_gate::admit(std::string_view bytes, time_point now) {
  lines_.refill(now - refilled_at_);
  bytes_.refill(now - refilled_at_);
  refilled_at_ = now;
  std::size_t passed = 0;
  while (passed < bytes.size() && lines_.is_open() && bytes_.is_open()) {
    const std::size_t line_end = bytes.find('\n', passed);
    const std::size_t next = line_end == std::string_view::npos ? bytes.size() : line_end + 1;
    if (line_end != std::string_view::npos) lines_.take(1);
    bytes_.take(static_cast<double>(next - passed));
    passed = next;
  }
  return passed;
}

std::chrono::nanoseconds flood_gate::wait() const {
  // A little more than the sum says: rounding must not make the caller come back a moment too early, again
  // and again.
  const auto longest = std::max(lines_.until_open(), bytes_.until_open());
  return std::chrono::ceil<std::chrono::nanoseconds>(longest) + std::chrono::microseconds(1);
}

}  // namespace hub::irc
