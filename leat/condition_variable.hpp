// Waiting, inside a mutex, for something that others change under the same mutex.
//
//   std::unique_lock hold(guard);
//   changed.wait(hold, [&] { return !queue.empty(); });
//
// Where a value is handed over, a channel reads better.
#pragma once

#include <chrono>
#include <condition_variable>  // std::cv_status
#include <mutex>
#include <utility>

#include <leat/mutex.hpp>

namespace leat {

/// A condition variable over leat::mutex, for goroutines and threads. There are no spurious wake-ups, but
/// what was waited for may have changed again before the waiter gets the mutex: use the forms with a
/// predicate.
///
/// May be destroyed once all its waiters have been notified, also before they have the mutex again.
class condition_variable {
 public:
  constexpr condition_variable() noexcept = default;
  condition_variable(const condition_variable&) = delete;
  condition_variable& operator=(const condition_variable&) = delete;

  /// Wakes the waiter that has waited longest, if there is one. The mutex need not be held.
  void notify_one() noexcept;

  /// Wakes all that wait now.
  void notify_all() noexcept;

  /// Frees the mutex, waits to be notified, and takes it again, so that no notification given under the mutex
  /// is missed. Throws std::logic_error if `hold` does not hold a mutex.
  void wait(std::unique_lock<mutex>& hold) { wait_until_notified(hold, never); }

  /// Waits until `done()`, which is asked under the mutex, is true.
  template <typename Predicate>
  void wait(std::unique_lock<mutex>& hold, Predicate done) {
    while (!done())
      wait(hold);
  }

  /// As wait(), until `deadline` at the latest; then returns std::cv_status::timeout, under the mutex all the
  /// same.
  template <typename Clock, typename Duration>
  std::cv_status wait_until(std::unique_lock<mutex>& hold,
                            const std::chrono::time_point<Clock, Duration>& deadline) {
    return wait_until_notified(hold, deadline_at(deadline));
  }

  /// Waits until `done()` is true, or until `deadline`. Returns the last answer of `done()`.
  template <typename Clock, typename Duration, typename Predicate>
  bool wait_until(std::unique_lock<mutex>& hold, const std::chrono::time_point<Clock, Duration>& deadline,
                  Predicate done) {
    const time_point limit = deadline_at(deadline);
    while (!done()) {
      if (wait_until_notified(hold, limit) == std::cv_status::timeout) return done();
    }
    return true;
  }

  /// As wait(), for at most `patience`.
  template <typename Rep, typename Period>
  std::cv_status wait_for(std::unique_lock<mutex>& hold, const std::chrono::duration<Rep, Period>& patience) {
    return wait_until_notified(hold, deadline_after(patience));
  }

  /// Waits until `done()` is true, or for at most `patience`. Returns the last answer of `done()`.
  template <typename Rep, typename Period, typename Predicate>
  bool wait_for(std::unique_lock<mutex>& hold, const std::chrono::duration<Rep, Period>& patience,
                Predicate done) {
    return wait_until(hold, deadline_after(patience), std::move(done));
  }

 private:
  std::cv_status wait_until_notified(std::unique_lock<mutex>& hold, time_point deadline);

  runtime::spinlock lock_;  // guards waiting_; taken before a mutex's own, never while one of those is held
  runtime::wait_queue waiting_;
};

}  // namespace leat
