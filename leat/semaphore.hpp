// A number of permits that goroutines take and give back: how many of something may happen at once.
//
//   leat::semaphore slots{8};
//   slots.acquire();
//   fetch(url);          // by eight at a time
//   slots.release();
#pragma once

#include <chrono>
#include <cstddef>

#include <leat/deadline.hpp>
#include <leat/runtime/spinlock.hpp>
#include <leat/runtime/waiter.hpp>

namespace leat {

namespace detail {
class wake_chain;
}

/// A counting semaphore for goroutines and threads. Requests are served strictly in the order in which they
/// came: who wants many permits is not overtaken for ever by those who want few. May be destroyed when nobody
/// waits for it.
///
/// Functions that take a number of permits throw std::invalid_argument if it is not positive.
class semaphore {
 public:
  /// Starts with `permits`. Throws std::invalid_argument if that is negative.
  explicit semaphore(std::ptrdiff_t permits);
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;

  /// Waits until `permits` are to be had, and takes them all at once.
  void acquire(std::ptrdiff_t permits = 1) { acquire_until(never, permits); }

  /// Takes `permits` if that many are free and nobody waits. Never blocks. Returns whether it took them.
  bool try_acquire(std::ptrdiff_t permits = 1);

  /// As acquire(), for at most `patience`. Returns whether it took them.
  template <typename Rep, typename Period>
  bool try_acquire_for(const std::chrono::duration<Rep, Period>& patience, std::ptrdiff_t permits = 1) {
    return acquire_until(deadline_after(patience), permits);
  }

  /// As acquire(), until `deadline` at the latest. Returns whether it took them.
  template <typename Clock, typename Duration>
  bool try_acquire_until(const std::chrono::time_point<Clock, Duration>& deadline,
                         std::ptrdiff_t permits = 1) {
    return acquire_until(deadline_at(deadline), permits);
  }

  /// Gives `permits` back, also such as were never taken, and wakes those whose turn has come. Throws
  /// std::logic_error if the sum passes what a std::ptrdiff_t can hold.
  void release(std::ptrdiff_t permits = 1);

  /// How many permits are free at this moment.
  std::ptrdiff_t available() const noexcept;

 private:
  struct request;

  bool acquire_until(time_point deadline, std::ptrdiff_t permits);
  void unqueue(request& entry) noexcept;
  void grant(detail::wake_chain& chain) noexcept;

  mutable runtime::spinlock lock_;  // guards what follows
  std::ptrdiff_t available_;
  runtime::wait_queue waiting_;
  request* first_ = nullptr;  // in waiting_: what it wants decides whether anybody is served
};

}  // namespace leat
