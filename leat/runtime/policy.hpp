// Who decides in the place of the scheduler, in the runs that tests make: which of the runnable goroutines
// comes next, whether the running one is stopped at a scheduling point, and what time it is.
//
// Such a run has one worker and no monitor. Every switch goes through the worker's loop, whose queues serve
// only to collect what was made runnable; from there it is handed to the policy.
#pragma once

#include <cstdint>

#include <leat/runtime/goroutine.hpp>
#include <leat/runtime/waiter.hpp>

namespace leat::runtime {

struct scheduler;

/// All is called by the one worker's thread.
class schedule_policy {
 public:
  schedule_policy() = default;
  schedule_policy(const schedule_policy&) = delete;
  schedule_policy& operator=(const schedule_policy&) = delete;
  virtual ~schedule_policy() = default;

  /// The bubble's time.
  virtual time_point now() const noexcept = 0;

  /// What the worker's own random numbers start from; not 0.
  virtual std::uint64_t random_state() noexcept = 0;

  /// Takes over a goroutine that is runnable.
  virtual void add(goroutine& runnable) noexcept = 0;

  /// Whether a timer that is due shall fire before the next goroutine runs, and a number by which one of
  /// several is chosen. Asked again and again while any is due.
  virtual bool fires_timer(std::uint64_t& choice) noexcept = 0;

  /// The goroutine that runs next, which is runnable no more; null when none is.
  virtual goroutine* take_next() noexcept = 0;

  /// Whether the running goroutine shall be stopped at a scheduling point. If so, it is made runnable again
  /// before the next call of take_next().
  virtual bool preempts(goroutine& running) noexcept = 0;

  /// Nothing is runnable, no timer is due, and nothing outside may change that. The earliest timer stands at
  /// `earliest`, time_point::max() if there is none. Moves the clock, or makes a goroutine runnable, or stops
  /// the run.
  virtual void settle(scheduler& all, time_point earliest) noexcept = 0;

  /// Calls the function of a goroutine that starts.
  virtual void call(goroutine& started) = 0;
};

/// What the worker of a run with a policy does to find the next goroutine; null: the run is over.
goroutine* find_by_policy(scheduler& all) noexcept;

/// As run_main(), on one worker and with a policy, which outlives the run.
void run_with_policy(schedule_policy& policy, void (*body)(void*), void* argument,
                     std::source_location where);

/// The policy of the run that the calling goroutine belongs to, or null.
schedule_policy* current_policy() noexcept;

}  // namespace leat::runtime
