// A mutual exclusion lock for goroutines: whoever must wait parks, and the worker runs others meanwhile.
//
//   leat::mutex guard;
//   int balance = 0;
//   leat::go([&] { const std::lock_guard hold(guard); balance += 5; });
//
// Holding it across anything that parks is allowed. It also works from threads that the runtime does not own:
// there it blocks the thread. Use it where data is shared; where work is handed over, a channel reads better.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <leat/deadline.hpp>
#include <leat/runtime/interleave.hpp>
#include <leat/runtime/spinlock.hpp>
#include <leat/runtime/waiter.hpp>

namespace leat {

/// Meets the standard's TimedLockable requirements, so std::lock_guard, std::unique_lock and std::scoped_lock
/// work.
///
/// Not recursive: locking it twice in one goroutine waits for ever. It has no owner: another goroutine may
/// unlock it.
///
/// It is not strictly fair, because a running goroutine that takes a lock just freed saves two switches; but
/// who has waited for a millisecond is handed the lock before anybody else. May be destroyed as soon as
/// nobody holds it or waits for it.
class mutex {
 public:
  constexpr mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  /// Waits until the lock is free, and takes it.
  void lock() noexcept {
    runtime::scheduling_point();
    if (!take()) [[unlikely]]
      lock_contended(never);
  }

  /// Takes the lock if it is free now. Never blocks.
  bool try_lock() noexcept;

  /// As lock(), for at most `patience`. Returns whether it took the lock.
  template <typename Rep, typename Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& patience) noexcept {
    runtime::scheduling_point();
    return take() || lock_contended(deadline_after(patience));
  }

  /// As lock(), until `deadline` at the latest. Returns whether it took the lock.
  template <typename Clock, typename Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& deadline) noexcept {
    runtime::scheduling_point();
    return take() || lock_contended(deadline_at(deadline));
  }

  /// Frees the lock. Throws std::logic_error if it is not held.
  void unlock() {
    std::uint32_t state = held;
    if (!state_.compare_exchange_strong(state, 0, std::memory_order_release, std::memory_order_relaxed))
        [[unlikely]] {
      unlock_contended();
    }
  }

 private:
  // bit       who sets it                                 who clears it
  // held      who takes the lock                          who frees it; a hand-over leaves it set
  // queued    who queues, under lock_                     who empties the queues, under lock_
  // woken     who frees the lock and wakes a waiter for   that waiter, when it takes the lock or queues again
  //           it; nobody else is woken meanwhile
  static constexpr std::uint32_t held = 1;
  static constexpr std::uint32_t queued = 2;
  static constexpr std::uint32_t woken = 4;

  struct contender;
  enum class verdict : std::uint8_t { owner, free, woken, expired };

  // One instruction, whatever the other bits are: somebody waits nearly all the time where there is
  // contention.
  bool take() noexcept { return (state_.fetch_or(held, std::memory_order_acquire) & held) == 0; }

  bool lock_contended(time_point deadline) noexcept;
  bool take_as(bool was_woken) noexcept;
  void spin() const noexcept;
  bool announce(bool was_woken) noexcept;
  verdict wait_in_line(runtime::time_point since, time_point deadline, bool was_woken) noexcept;
  void unlock_contended();
  bool pass_on() noexcept;
  bool queues_empty() const noexcept { return returning_.empty() && waiting_.empty(); }

  std::atomic<std::uint32_t> state_{0};
  runtime::spinlock lock_;  // guards the queues
  runtime::wait_queue
      returning_;  // the waiter that was woken and found the lock taken again: it is first in line
  runtime::wait_queue waiting_;
};

}  // namespace leat
