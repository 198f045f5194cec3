// A worker's goroutines that have not run yet: the owner starts the newest first, thieves take the oldest.
//
// Newest first, because a program that starts goroutines faster than they end then goes into depth: a tree of
// a million of them has a few dozen alive at a time, whose stacks are warm, and not half a million. The
// oldest are no worse off for long: every pass through the worker's loop may start one, thieves take them,
// and when there are too many the older half joins the global queue.
//
// Orderings: a lock guards everything, and what the owner wrote before push() is ordered by it. Only `size_`
// is also read without the lock, relaxed: as a hint of whether to take the lock, after which it is read
// again, and by workers that are about to sleep. These may miss one that was pushed just then; its owner is
// awake and comes to it, or the monitor wakes somebody (see scheduler.hpp).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include <leat/runtime/goroutine.hpp>
#include <leat/runtime/run_queue.hpp>

namespace leat::runtime {

class newborns {
 public:
  static constexpr std::uint32_t capacity = 256;

  /// What it was at some moment.
  std::uint32_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

  /// Owner only. False when full.
  bool push(goroutine* entry) noexcept {
    const std::lock_guard guard(lock_);
    const std::uint32_t count = size();
    if (count == capacity) return false;
    slots_[(oldest_ + count) % capacity] = entry;
    size_.store(count + 1, std::memory_order_relaxed);
    return true;
  }

  /// The newest, or null.
  goroutine* take_newest() noexcept {
    if (size() == 0) return nullptr;
    const std::lock_guard guard(lock_);
    const std::uint32_t count = size();
    if (count == 0) return nullptr;
    size_.store(count - 1, std::memory_order_relaxed);
    return slots_[(oldest_ + count - 1) % capacity];
  }

  /// The oldest, or null.
  goroutine* take_oldest() noexcept {
    if (size() == 0) return nullptr;
    const std::lock_guard guard(lock_);
    return size() == 0 ? nullptr : pop_oldest();
  }

  struct list {
    goroutine* head = nullptr;
    goroutine* tail = nullptr;
    std::uint32_t count = 0;
  };

  /// The older half, linked by `next`, the oldest first.
  list take_older_half() noexcept {
    list taken;
    const std::lock_guard guard(lock_);
    for (std::uint32_t left = (size() + 1) / 2; left > 0; --left, ++taken.count) {
      goroutine* entry = pop_oldest();
      entry->next = nullptr;
      (taken.tail ? taken.tail->next : taken.head) = entry;
      taken.tail = entry;
    }
    return taken;
  }

  /// By others: moves the older half to `thief`, which its owner calls and which is empty; returns the oldest
  /// of them, to run at once, or null.
  goroutine* steal_into(run_queue& thief) noexcept {
    if (size() == 0) return nullptr;
    const std::lock_guard guard(lock_);
    const std::uint32_t half = (size() + 1) / 2;
    if (half == 0) return nullptr;
    goroutine* first = pop_oldest();
    for (std::uint32_t moved = 1; moved < half; ++moved)
      thief.push(pop_oldest());
    return first;
  }

 private:
  goroutine* pop_oldest() noexcept {
    goroutine* entry = slots_[oldest_];
    oldest_ = (oldest_ + 1) % capacity;
    size_.store(size() - 1, std::memory_order_relaxed);
    return entry;
  }

  alignas(64) spinlock lock_;  // guards what follows
  std::uint32_t oldest_ = 0;
  std::atomic<std::uint32_t> size_{0};  // may be read without it
  std::array<goroutine*, capacity> slots_{};
};

}  // namespace leat::runtime
