// Moments: how durations and the time points of any clock become deadlines on the one clock that leat waits
// by.
//
// That clock is monotonic: a deadline made from a wall-clock time is fixed when it is made, and later
// corrections of the wall clock do not move it. Nothing here overflows: what lies further ahead than a
// century is never.
#pragma once

#include <chrono>

#include <leat/clock.hpp>

namespace leat {

/// The deadline that never comes.
inline constexpr time_point never = time_point::max();

namespace detail {

inline constexpr std::chrono::duration<double> century{100.0 * 366 * 24 * 3600};

}  // namespace detail

/// The moment `delay` from now: now if it is zero or less, `never` if it is more than a century.
template <typename Rep, typename Period>
time_point deadline_after(const std::chrono::duration<Rep, Period>& delay) noexcept {
  const std::chrono::duration<double> seconds = delay;
  if (!(seconds < detail::century)) return never;
  const time_point now = clock::now();
  if (seconds.count() <= 0) return now;
  return now + std::chrono::ceil<time_point::duration>(delay);
}

/// `when`, as a moment of the monotonic clock.
template <typename Clock, typename Duration>
time_point deadline_at(const std::chrono::time_point<Clock, Duration>& when) noexcept {
  if constexpr (std::is_same_v<Clock, std::chrono::steady_clock> || std::is_same_v<Clock, clock>) {
    const std::chrono::duration<double> seconds = when.time_since_epoch();
    if (!(seconds < detail::century)) return never;
    if (seconds.count() <= 0) return time_point{};
    return std::chrono::ceil<time_point::duration>(when);
  } else {
    const auto now = Clock::now();
    if (when <= now) return clock::now();
    return deadline_after(when - now);
  }
}

}  // namespace leat
