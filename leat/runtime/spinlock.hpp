// The lock of everything that goroutines wait on: held for a few instructions, released by plain store.
//
// It may be released by another goroutine than the one that took it: whoever runs next on a worker releases
// the lock of the goroutine that has just parked there.
#pragma once

#include <atomic>
#include <cstdint>

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

 private:
  // Spins a little, then lets the holder's thread run: it may have been descheduled by the kernel.
  void lock_contended() noexcept;

  std::atomic<std::uint32_t> held_{0};
};

}  // namespace leat::runtime
