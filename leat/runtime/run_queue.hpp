// A worker's runnable goroutines: a ring that its owner fills and empties, and from which others steal.
//
// The owner alone moves `tail_`; `head_` moves by compare-and-swap, by the owner to take one and by a thief
// to take half. A thief reads the slots before it moves `head_`: if the swap succeeds, nobody can have taken
// or overwritten them meanwhile, since the owner writes a slot only after `head_` has passed it.
//
// Orderings: the owner's release of `tail_` publishes the slot; a taker's acquire of `tail_` sees it. The
// release of `head_` orders the reads of the slots before the owner's acquire of `head_` that lets it write
// them again.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <leat/runtime/goroutine.hpp>

namespace leat::runtime {

/// `Atomic` is std::atomic but in run_queue_orders_test.cpp, where the queue is small and every order that
/// the memory model allows is tried.
template <template <typename> class Atomic, std::uint32_t Capacity>
class basic_run_queue {
 public:
  static constexpr std::uint32_t capacity = Capacity;

  std::uint32_t size() const noexcept {
    const std::uint32_t head = head_.load(std::memory_order_acquire);
    const std::uint32_t tail = tail_.load(std::memory_order_acquire);
    const std::uint32_t count = tail - head;
    return count <= capacity ? count : 0;  // the two were not read at one moment
  }

  /// Owner only. False when it holds `most` already.
  bool push(goroutine* entry, std::uint32_t most = capacity) noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) >= most) return false;
    slots_[tail % capacity].store(entry, std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Owner only. Null when empty.
  goroutine* pop() noexcept {
    std::uint32_t head = head_.load(std::memory_order_acquire);
    while (head != tail_.load(std::memory_order_relaxed)) {
      goroutine* entry = slots_[head % capacity].load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel, std::memory_order_acquire)) {
        return entry;
      }
    }
    return nullptr;
  }

  /// Owner only: gets one that runs soon into the cache, where so many wait that it has probably left it. It
  /// must not be looked at: a thief may have taken it, run it to its end, and its stack may be gone.
  void warm() const noexcept {
    const std::uint32_t head = head_.load(std::memory_order_relaxed);
    if (tail_.load(std::memory_order_relaxed) - head < many) return;
    const auto* control =
        reinterpret_cast<const std::byte*>(slots_[(head + 1) % capacity].load(std::memory_order_relaxed));
    for (std::ptrdiff_t line = -stack_lines; line < control_lines; ++line)
      __builtin_prefetch(control + line * 64, 1);
  }

  /// By others: moves half of what is here to `thief`, which its owner calls and which is empty; returns one
  /// of them to run at once, or null.
  goroutine* steal_into(basic_run_queue& thief) noexcept {
    for (;;) {
      std::uint32_t head = head_.load(std::memory_order_acquire);
      const std::uint32_t tail = tail_.load(std::memory_order_acquire);
      const std::uint32_t available = tail - head;
      const std::uint32_t count = available - available / 2;
      if (count == 0) return nullptr;
      if (count > capacity / 2) continue;  // head and tail were not read at one moment
      const std::uint32_t thief_tail = thief.tail_.load(std::memory_order_relaxed);
      for (std::uint32_t i = 0; i < count; ++i) {
        goroutine* entry = slots_[(head + i) % capacity].load(std::memory_order_relaxed);
        thief.slots_[(thief_tail + i) % capacity].store(entry, std::memory_order_relaxed);
      }
      if (!head_.compare_exchange_strong(head, head + count, std::memory_order_acq_rel,
                                         std::memory_order_relaxed)) {
        continue;
      }
      goroutine* first = thief.slots_[(thief_tail + count - 1) % capacity].load(std::memory_order_relaxed);
      thief.tail_.store(thief_tail + count - 1, std::memory_order_release);
      return first;
    }
  }

 private:
  static constexpr std::uint32_t many = 32;  // goroutines, of a kilobyte each, fill a first-level cache
  static constexpr std::ptrdiff_t stack_lines = 8;
  static constexpr std::ptrdiff_t control_lines = 2;

  alignas(64) Atomic<std::uint32_t> head_{0};
  alignas(64) Atomic<std::uint32_t> tail_{0};
  std::array<Atomic<goroutine*>, capacity> slots_{};
};

using run_queue = basic_run_queue<std::atomic, 256>;

}  // namespace leat::runtime
