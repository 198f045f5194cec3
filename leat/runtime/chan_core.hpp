// What all channels share, whatever they carry: a lock, the state, and two queues of waiters.
//
// Invariants, whenever the lock is free:
//  - if the ring is not empty, no receiver waits; if it is not full, no sender waits (a select that waits on
//  both
//    sides of one unbuffered channel stands in both queues, but never meets itself);
//  - a waiter in a queue is parked, or about to be: whoever takes it out must wake it, exactly once;
//  - after close, no sender waits and none ever will; receivers take what the ring still holds.
//
// `count`, `closed` and the queues' heads are written under the lock and may be read without it: a look at
// them says what was true at some moment, which is all that an operation that must not block may promise.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <leat/runtime/interleave.hpp>
#include <leat/runtime/waiter.hpp>

// For operations in which a goroutine may park: it goes on after a switch, and the processor mispredicts
// every return from a call that it was made to forget.
#define LEAT_INLINE [[gnu::always_inline]] inline

namespace leat::runtime {

struct chan_core {
  chan_core(std::size_t capacity_, std::uint32_t memory_offset_) noexcept
      : memory_offset(memory_offset_), capacity(capacity_) {}
  chan_core(const chan_core&) = delete;
  chan_core& operator=(const chan_core&) = delete;

  spinlock lock;
  std::atomic<bool> closed{false};
  std::atomic<std::uint32_t> references{1};
  const std::uint32_t memory_offset;  // of this object in the memory that was allocated for it
  const std::size_t capacity;
  std::size_t head = 0;               // of the ring: where the next value to receive stands
  std::atomic<std::size_t> count{0};  // of values in the ring
  wait_queue receivers;
  wait_queue senders;

  bool may_send() const noexcept {
    return !receivers.empty() || count.load(std::memory_order_relaxed) < capacity ||
           closed.load(std::memory_order_relaxed);
  }

  bool may_receive() const noexcept {
    return count.load(std::memory_order_relaxed) > 0 || !senders.empty() ||
           closed.load(std::memory_order_acquire);
  }

  std::size_t tail() const noexcept {
    const std::size_t place = head + count.load(std::memory_order_relaxed);
    return place < capacity ? place : place - capacity;
  }

  void advance_head() noexcept { head = head + 1 < capacity ? head + 1 : 0; }

  void grow(std::size_t by) noexcept {
    count.store(count.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  void shrink() noexcept {
    count.store(count.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  }

  /// Waits, with the lock held on entry and released on return. True: a peer took (or gave) what `slot`
  /// points to; false: the channel was closed.
  bool wait_to_send(void* slot) noexcept;
  bool wait_to_receive(void* slot) noexcept;

  /// Throws channel_error when it is closed already.
  void close();
};

[[noreturn]] void throw_send_on_closed();
[[noreturn]] void throw_close_of_nil();

}  // namespace leat::runtime
