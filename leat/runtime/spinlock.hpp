// The lock of everything that goroutines wait on: held for a few instructions, released by plain store.
//
// It may be released by another goroutine than the one that took it: whoever runs next on a worker releases
// the lock of the goroutine that has just parked there.
#pragma once

#include <atomic>
#include <cstdint>

#include <leat/runtime/sanitizer.hpp>

namespace leat::runtime {

class spinlock {
 public:
  void lock() noexcept {
    if (held_.exchange(1, std::memory_order_acquire) != 0) [[unlikely]]
      lock_contended();
  }

  bool try_lock() noexcept {
    return held_.load(std::memory_order_relaxed) == 0 && held_.exchange(1, std::memory_order_acquire) == 0;
  }

  void unlock() noexcept { held_.store(0, std::memory_order_release); }

  /// A goroutine that will park holding the lock says so first, and whoever runs after it releases the lock
  /// for it. Two steps, so that ThreadSanitizer sees the release as the parked goroutine's, and not as one of
  /// the stranger who happens to run next on the worker.
  void leave_held() noexcept { sanitizer::give(this); }
  LEAT_UNCHECKED void unlock_for_parked() noexcept {
    __atomic_store_n(reinterpret_cast<std::uint32_t*>(&held_), 0U, __ATOMIC_RELEASE);
  }

 private:
  // Spins a little, then lets the holder's thread run: it may have been descheduled by the kernel.
  void lock_contended() noexcept;

  std::atomic<std::uint32_t> held_{0};
};

}  // namespace leat::runtime
