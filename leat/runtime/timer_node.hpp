// A pending moment: embedded in whatever needs it, so that setting a timer allocates nothing but its place in
// a heap.
#pragma once

#include <cstdint>

#include <leat/runtime/waiter.hpp>

namespace leat::runtime {

struct timer_heap;

struct timer_node {
  /// Runs on a worker, under the heap's lock: short, never blocking, never calling timer_* itself. May wake
  /// goroutines and take the spinlocks of channels and the like. Returns when to fire again;
  /// time_point::max(): not.
  time_point (*fire)(timer_node&) noexcept = nullptr;
  time_point when{};
  std::atomic<timer_heap*> heap{
      nullptr};             // the heap that holds it, written under that heap's lock; null: not pending
  std::uint32_t index = 0;  // place in that heap, guarded by its lock
};

/// Arms a node that is not pending. Its memory must stay valid until it fired or timer_stop() returned.
/// Fails (returns false) only when the runtime does not run.
bool timer_start(timer_node& node, time_point when) noexcept;

/// Disarms. True: it was pending and will not fire. False: it is not pending; if it was firing, that has
/// ended.
bool timer_stop(timer_node& node) noexcept;

/// Moves one that is pending to another moment. False: it is not pending, or with another worker; nothing has
/// changed then.
bool timer_move(timer_node& node, time_point when) noexcept;

}  // namespace leat::runtime
