// Something that happens once, however many goroutines ask for it.
//
//   leat::once opened;
//   opened.call([&] { store.open(path); });   // the first caller opens; all others wait until it has
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include <leat/runtime/spinlock.hpp>
#include <leat/runtime/waiter.hpp>

namespace leat {

/// Calls a function exactly once. A call costs one load once that has happened.
class once {
 public:
  constexpr once() noexcept = default;
  once(const once&) = delete;
  once& operator=(const once&) = delete;

  /// Calls `function` if no call on this object has completed yet; otherwise does nothing. While another call
  /// is under way, waits for its end. So when it returns, one call has completed. An exception passes to the
  /// caller whose function threw it, and the next caller tries again. Throws std::logic_error when a
  /// goroutine calls it from inside its own function, which would wait for itself.
  template <typename F>
  void call(F&& function) {
    runtime::scheduling_point();
    if (state_.load(std::memory_order_acquire) == state::done) [[likely]]
      return;
    if (!begin()) return;
    attempt current{this};
    std::invoke(std::forward<F>(function));
    current.outcome = state::done;
  }

  /// Whether a call has completed.
  bool done() const noexcept { return state_.load(std::memory_order_acquire) == state::done; }

 private:
  // state    who sets it                                  means
  // idle     a caller whose function threw, under lock_   the next caller calls its function
  // running  the caller that found it idle, under lock_   others queue
  // done     the caller whose function returned, under    nobody ever waits again
  //          lock_
  enum class state : std::uint8_t { idle, running, done };

  struct attempt {
    once* owner;
    state outcome = state::idle;
    ~attempt() { owner->finish(outcome); }
  };

  bool begin();
  void finish(state outcome) noexcept;

  std::atomic<state> state_{state::idle};
  runtime::spinlock lock_;                // guards waiting_ and caller_
  runtime::goroutine* caller_ = nullptr;  // that runs its function; null for a thread
  runtime::wait_queue waiting_;
};

}  // namespace leat
