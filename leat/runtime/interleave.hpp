// What differs while a bubble of leat::testing runs: the clock is virtual, and a goroutine may be stopped in
// favour of another before each operation by which goroutines meet. Otherwise all that it costs is a look at
// one variable that nobody writes.
#pragma once

#include <atomic>
#include <chrono>

namespace leat::runtime {

/// Set while a bubble runs; written only when no goroutine exists.
extern std::atomic<bool> bubble_runs;

inline bool in_bubble() noexcept {
  return bubble_runs.load(std::memory_order_relaxed);
}

/// The bubble's time, for its goroutines; the machine's for everybody else.
[[gnu::cold]] std::chrono::steady_clock::time_point bubble_time() noexcept;

/// Lets another goroutine of the bubble run first, if its schedule wants that.
[[gnu::cold]] void interleave() noexcept;

/// Stands at the beginning of every operation by which goroutines meet. Never call it with a spinlock held:
/// whoever runs next may want that lock, on the same thread.
inline void scheduling_point() noexcept {
  if (in_bubble()) [[unlikely]]
    interleave();
}

}  // namespace leat::runtime
