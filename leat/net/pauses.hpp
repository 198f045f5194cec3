// Pauses before another try, for what passes with time and is told by no event: no descriptors left, a
// neighbour's full queue. Not for users.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

#include <leat/condition_variable.hpp>
#include <leat/mutex.hpp>
#include <leat/net/system_error.hpp>

namespace leat::net {

/// Where the operations of one socket pause. Shared with the pausing calls, so that it outlives them.
class pauses {
 public:
  /// Waits for `length`. Errors: errc::closed, errc::deadline_exceeded.
  result<void> pause(std::chrono::nanoseconds length) {
    const time_point until = deadline_after(length);
    taken_.fetch_add(1, std::memory_order_relaxed);
    std::unique_lock hold(guard_);
    for (;;) {
      if (closed_) return fail(errc::closed);
      const time_point now = clock::now();
      if (deadline_ <= now) return fail(errc::deadline_exceeded);
      if (until <= now) return {};
      changed_.wait_until(hold, std::min(until, deadline_));
    }
  }

  void close() noexcept {
    const std::lock_guard hold(guard_);
    closed_ = true;
    changed_.notify_all();
  }

  void set_deadline(time_point when) noexcept {
    const std::lock_guard hold(guard_);
    deadline_ = when;
    changed_.notify_all();
  }

  /// How many there were.
  std::uint64_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> taken_{0};
  mutex guard_;
  condition_variable changed_;   // `closed_` or `deadline_`
  bool closed_ = false;          // guarded by `guard_`
  time_point deadline_ = never;  // guarded by `guard_`
};

/// How long one operation pauses: twice as long each time.
class growing_pause {
 public:
  constexpr growing_pause(std::chrono::nanoseconds first, std::chrono::nanoseconds longest) noexcept
      : next_(first), longest_(longest) {}

  std::chrono::nanoseconds next() noexcept {
    const auto length = next_;
    next_ = std::min(next_ * 2, longest_);
    return length;
  }

 private:
  std::chrono::nanoseconds next_;
  const std::chrono::nanoseconds longest_;
};

}  // namespace leat::net
