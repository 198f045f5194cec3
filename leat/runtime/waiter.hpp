// How anything waits: a waiter on the waiter's own stack, queued under the lock of what it waits on.
//
// The same waiter serves goroutines and threads that the runtime does not own; for the latter it blocks the
// thread.
//
// Invariants:
//  - a waiter is pushed, removed and popped only under the lock that guards its queue;
//  - whoever pops a waiter owes it exactly one wake(), and may not touch it afterwards;
//  - a waiter with a ticket stands in several queues at once (select), or races with a timer: it belongs to
//  whoever
//    claims the ticket, and pop() skips the ones that somebody else has claimed.
//
// Orderings. What the waker wrote (the value, `ok`, `winner`) is plain memory, and reaches a goroutine by the
// run queue that hands it over: the release there, and the acquire by which a worker takes it. What the
// goroutine wrote before it stopped, its saved context above all, reaches the waker by the lock: whoever runs
// next on the worker releases that lock after the context has been saved, and the waker acquires it before it
// sees the waiter. A thread instead of a goroutine sleeps on `signal`: a release by the waker, an acquire by
// the thread. A ticket's exchange is acquire and release: whoever loses knows that the winner may already
// have taken everything that the waiter stands in; its relaxed look before only saves an exchange that would
// fail. The queue's head may be read without the lock as a hint alone, hence relaxed. parking_model_test.cpp,
// timed_wait_model_test.cpp and select_model_test.cpp go through all interleavings.
#pragma once

#include <atomic>
#include <cstdint>

#include <leat/runtime/clock.hpp>
#include <leat/runtime/spinlock.hpp>

namespace leat::runtime {

struct goroutine;
struct waiter;

/// What a goroutine waits on, for reports.
enum class wait_reason : std::uint8_t {
  none,
  chan_send,
  chan_receive,
  nil_chan,
  select,
  empty_select,
  mutex,
  shared_mutex,
  condition,
  semaphore,
  wait_group,
  once,
  sleep,
  network_read,
  network_write,
  descriptor_lock,
  blocking_call,
  file,
  bubble,
};

/// One decision shared by several waiters: the first claim wins.
struct select_ticket {
  std::atomic<std::uint32_t> claimed{0};
  waiter* winner = nullptr;  // written by the claimer before it wakes; null when a deadline won

  bool claim() noexcept {
    return claimed.load(std::memory_order_relaxed) == 0 &&
           claimed.exchange(1, std::memory_order_acq_rel) == 0;
  }
};

/// The goroutine that runs here, or null on a thread that is not a worker's.
goroutine* current() noexcept;

struct waiter {
  waiter() noexcept : waiter(current()) {}
  explicit waiter(goroutine* owner_) noexcept : owner(owner_) {}
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;

  waiter* next = nullptr;
  waiter* previous = nullptr;
  goroutine* owner;                      // null: a thread waits, on `signal`
  void* slot = nullptr;                  // what is handed over; its type is known to both sides
  select_ticket* ticket = nullptr;       // null: waits on one thing without a deadline
  waiter* whole = this;                  // of a select: the waiter on whose `signal` the thread sleeps
  std::atomic<std::uint32_t> signal{0};  // for threads: 0 waiting, 1 woken (futex word)
  std::uint32_t index = 0;               // of the case, in a select
  bool queued = false;
  bool ok = false;  // set by the peer: completed, as opposed to woken by a close
};

/// A first-in, first-out list of waiters. It owns nothing; guarded by the lock of what is waited on.
class wait_queue {
 public:
  /// May be asked without the lock: the answer was true at some moment.
  bool empty() const noexcept { return head_.load(std::memory_order_relaxed) == nullptr; }

  void push(waiter& entry) noexcept {
    entry.next = nullptr;
    entry.previous = tail_;
    entry.queued = true;
    if (tail_) {
      tail_->next = &entry;
    } else {
      head_.store(&entry, std::memory_order_relaxed);
    }
    tail_ = &entry;
  }

  /// Takes `entry` out if it still stands in this queue.
  void remove(waiter& entry) noexcept {
    if (!entry.queued) return;
    if (entry.previous) {
      entry.previous->next = entry.next;
    } else {
      head_.store(entry.next, std::memory_order_relaxed);
    }
    if (entry.next) {
      entry.next->previous = entry.previous;
    } else {
      tail_ = entry.previous;
    }
    entry.queued = false;
  }

  /// The first waiter that is still to be had, claimed and out of the queue; null if there is none.
  waiter* pop() noexcept {
    while (waiter* first = head_.load(std::memory_order_relaxed)) {
      remove(*first);
      if (!first->ticket) return first;
      if (first->ticket->claim()) {
        first->ticket->winner = first;
        return first;
      }
    }
    return nullptr;
  }

 private:
  std::atomic<waiter*> head_{nullptr};
  waiter* tail_ = nullptr;
};

/// Stops the caller until wake(self). `lock`, held by the caller, is released once the caller has stopped, so
/// that no one can wake it too early. Returns without the lock.
void park(waiter& self, spinlock& lock, wait_reason reason) noexcept;

/// As above, until `deadline` at the latest. `self` must carry a ticket, and already stand in the queue that
/// `lock` guards. Returns true when woken; false when the deadline claimed the ticket: then the caller must
/// take the lock again and remove `self` from its queue, and nothing was handed over. `lock` must not be one
/// that timer callbacks take, as a channel's is: for those, deadline_wait arms the timer before the lock is
/// taken.
bool park_until(waiter& self, spinlock& lock, wait_reason reason, time_point deadline) noexcept;

/// As park(), where several locks are held: `release(argument)` runs once the caller has stopped.
void park_releasing(waiter& self, void (*release)(void*), void* argument, wait_reason reason) noexcept;

/// Lets the owner of a popped waiter run again. Call it without holding locks where possible.
void wake(waiter& entry) noexcept;

/// Parks for good, as a nil channel does: nothing can wake the caller.
[[noreturn]] void park_forever(wait_reason reason) noexcept;

}  // namespace leat::runtime
