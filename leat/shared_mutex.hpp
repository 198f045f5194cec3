// A lock that many readers may hold together, or one writer alone.
//
//   leat::shared_mutex guard;
//   { const std::shared_lock reading(guard); show(table); }
//   { const std::unique_lock writing(guard); table.insert(row); }
//
// Worth its price only where readers hold it for long, or park inside; elsewhere leat::mutex is faster.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <leat/deadline.hpp>
#include <leat/runtime/spinlock.hpp>
#include <leat/runtime/waiter.hpp>

namespace leat {

namespace detail {
class wake_chain;
}

/// Meets the standard's SharedTimedMutex requirements, so std::shared_lock, std::unique_lock and friends
/// work; for goroutines and threads.
///
/// Neither side starves: a writer that waits keeps new readers out, and when a writer is done, all readers
/// that wait by then come before the next writer. So a goroutine that reads must not lock for reading again:
/// with a writer between the two it waits for ever. May be destroyed as soon as nobody holds it or waits for
/// it.
class shared_mutex {
 public:
  constexpr shared_mutex() noexcept = default;
  shared_mutex(const shared_mutex&) = delete;
  shared_mutex& operator=(const shared_mutex&) = delete;

  /// Waits until nobody holds the lock, and takes it alone.
  void lock() noexcept {
    if (!try_lock()) lock_contended(never);
  }

  /// Takes the lock alone if nobody holds it now. Never blocks.
  bool try_lock() noexcept {
    runtime::scheduling_point();
    std::uint32_t state = 0;
    return state_.compare_exchange_strong(state, writing, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }

  /// As lock(), for at most `patience`. Returns whether it took the lock.
  template <typename Rep, typename Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& patience) noexcept {
    return try_lock() || lock_contended(deadline_after(patience));
  }

  /// As lock(), until `deadline` at the latest. Returns whether it took the lock.
  template <typename Clock, typename Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& deadline) noexcept {
    return try_lock() || lock_contended(deadline_at(deadline));
  }

  /// Frees the lock. Throws std::logic_error if no writer holds it.
  void unlock();

  /// Waits until no writer holds the lock or waits for it, and takes it together with other readers.
  void lock_shared() noexcept {
    if (!try_lock_shared()) lock_shared_contended(never);
  }

  /// Takes the lock for reading if no writer holds it or waits for it now. Never blocks.
  bool try_lock_shared() noexcept;

  /// As lock_shared(), for at most `patience`. Returns whether it took the lock.
  template <typename Rep, typename Period>
  bool try_lock_shared_for(const std::chrono::duration<Rep, Period>& patience) noexcept {
    return try_lock_shared() || lock_shared_contended(deadline_after(patience));
  }

  /// As lock_shared(), until `deadline` at the latest. Returns whether it took the lock.
  template <typename Clock, typename Duration>
  bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& deadline) noexcept {
    return try_lock_shared() || lock_shared_contended(deadline_at(deadline));
  }

  /// Gives up one reader's hold. Throws std::logic_error if no reader holds the lock.
  void unlock_shared();

 private:
  // bits      who sets them                       who clears them
  // writing   the writer, or who hands over to it  who frees the lock, unless it hands over to another writer
  // queued    who queues, under lock_              who empties the queues, under lock_
  // the rest  the number of readers that hold the lock, in units of one_reader
  static constexpr std::uint32_t writing = 1;
  static constexpr std::uint32_t queued = 2;
  static constexpr std::uint32_t one_reader = 4;

  bool lock_contended(time_point deadline) noexcept;
  bool lock_shared_contended(time_point deadline) noexcept;
  bool announce(std::uint32_t blockers, std::uint32_t gain) noexcept;
  bool stand_in(runtime::wait_queue& queue, time_point deadline) noexcept;
  void give_up(runtime::waiter& self, runtime::wait_queue& queue) noexcept;
  bool pass_on_from_writer() noexcept;
  bool pass_on_from_reader() noexcept;
  std::uint32_t take_readers(detail::wake_chain& chain) noexcept;
  std::uint32_t queued_now() const noexcept { return readers_.empty() && writers_.empty() ? 0 : queued; }

  std::atomic<std::uint32_t> state_{0};
  runtime::spinlock lock_;  // guards the queues
  runtime::wait_queue readers_;
  runtime::wait_queue writers_;
};

}  // namespace leat
