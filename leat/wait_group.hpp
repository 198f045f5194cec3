// Waiting until a number of goroutines has finished.
//
//   leat::wait_group downloads;
//   for (auto& url : urls) downloads.go([&] { fetch(url); });
//   downloads.wait();
//
// Where the goroutines can fail, or should be given up together, use leat::task_group.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

#include <leat/deadline.hpp>
#include <leat/go.hpp>

namespace leat {

/// A handle of a counter that goroutines count down and others wait for. Copies share the counter, so that
/// goroutines may take the handle along by value; it lives until the last handle is gone and the count is
/// zero.
class wait_group {
 public:
  wait_group();
  wait_group(const wait_group& other) noexcept;
  wait_group& operator=(const wait_group& other) noexcept;
  ~wait_group();

  /// Adds `count` to what is still to be done; negative counts take away. Throws std::logic_error, and
  /// changes nothing, if the result would be negative or above two thousand million.
  void add(std::ptrdiff_t count = 1);

  /// One is done. The last one wakes all that wait. Throws std::logic_error if nothing was to be done.
  void done() { add(-1); }

  /// Waits until the count is zero. After that the group may be used again, at once.
  void wait() const noexcept;

  /// As wait(), for at most `patience`. Returns whether the count came to zero.
  template <typename Rep, typename Period>
  bool wait_for(const std::chrono::duration<Rep, Period>& patience) const noexcept {
    return wait_limited(deadline_after(patience));
  }

  /// As wait(), until `deadline` at the latest. Returns whether the count came to zero.
  template <typename Clock, typename Duration>
  bool wait_until(const std::chrono::time_point<Clock, Duration>& deadline) const noexcept {
    return wait_limited(deadline_at(deadline));
  }

  /// Starts a goroutine that calls `function` and counts as one until it ends. Throws as leat::go does.
  template <typename F>
    requires std::invocable<std::decay_t<F>>
  void go(F&& function, std::source_location where = std::source_location::current()) {
    add(1);
    try {
      // The shared counter outlives the goroutine, because it is not at zero before the goroutine has ended.
      leat::go(task<std::decay_t<F>>{std::forward<F>(function), *shared_}, where);
    } catch (...) {
      done();
      throw;
    }
  }

 private:
  struct counter;

  template <typename F>
  struct task {
    F function;
    counter& group;

    void operator()() && {
      // The function, with all that it holds, is gone before the waiters go on.
      call(std::move(function));
      change(group, -1);
    }
  };

  template <typename F>
  static void call(F function) {
    std::invoke(std::move(function));
  }
  static void change(counter& shared, std::ptrdiff_t count);
  static void release(counter& shared) noexcept;
  bool wait_limited(time_point deadline) const noexcept;

  counter* shared_;
};

}  // namespace leat
