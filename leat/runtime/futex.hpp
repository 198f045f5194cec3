// Sleeping in the kernel on a 32-bit word.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstdint>
#include <ctime>

namespace leat::runtime {

/// Sleeps while `word` holds `expected`, at most for `limit` (duration::max(): no limit). May return early.
inline void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                       std::chrono::nanoseconds limit = std::chrono::nanoseconds::max()) noexcept {
  timespec timeout{};
  const bool limited = limit != std::chrono::nanoseconds::max();
  if (limited) {
    limit = std::max(limit, std::chrono::nanoseconds::zero());
    timeout.tv_sec = static_cast<time_t>(limit.count() / 1'000'000'000);
    timeout.tv_nsec = static_cast<long>(limit.count() % 1'000'000'000);
  }
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, limited ? &timeout : nullptr, nullptr, 0);
}

/// Wakes one thread that sleeps on `word`. The word may be gone already; then a stranger wakes early at
/// worst.
inline void futex_wake(std::atomic<std::uint32_t>& word) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

/// The same, for all threads that sleep on it.
inline void futex_wake_all(std::atomic<std::uint32_t>& word) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace leat::runtime
