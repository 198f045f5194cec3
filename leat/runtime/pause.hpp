// A pause: while it lasts no goroutine starts or goes on, so that those that do not run can be looked at from
// another thread. Nobody is interrupted, and the paths that switch goroutines pay nothing for it but one
// store that needs no order.
//
// How it is reached. `scheduler::summons` sends every worker that switches into its loop, and
// `scheduler::paused` keeps it there. A worker has settled when it
//  - rests in its loop (worker::at_rest), or sleeps in its poller (worker::asleep), from where it comes back
//    through the same place; or
//  - runs a goroutine, and is not about to switch: that one goroutine goes on, and all that the worker can do
//    when it stops is to come to its loop. Waiting for it would be waiting for a goroutine that may never
//    park.
//
// A worker that is about to switch says so in worker::after before it looks at `summons`; the pause sets
// `summons` before it looks at `after`. One of them sees the other: either the switch goes to the loop, or
// the pause waits until it is over. For this the order of store and load matters on both sides, and a fence
// on the worker's, at each switch, would cost more than the switch. So the pause has the kernel put the fence
// into all threads (membarrier). Where it may not, it waits for some milliseconds instead, in which every
// processor has written out what it had stored.
//
// What the pause does not stop: goroutines that run may create others (whose control blocks are complete
// before their state is no longer `free`), make parked ones runnable, and hand them values.
#pragma once

#include <vector>

#include <leat/runtime/scheduler.hpp>

namespace leat::runtime {

class pause {
 public:
  /// Waits until every worker has settled: some microseconds, unless the machine is overloaded. The caller
  /// may be a goroutine; then it must not park before the end of the pause. `all` must live that long.
  explicit pause(scheduler& all);
  ~pause();
  pause(const pause&) = delete;
  pause& operator=(const pause&) = delete;

  /// False: the runtime is about to stop, or is that of a bubble and the caller is not; nothing is known of
  /// its goroutines.
  bool holds() const noexcept { return holds_; }

  /// The worker that runs `one`, or null. If null, it stands still until the pause ends, unless its state is
  /// `running`: then it had just ended when the pause began.
  worker* runner_of(const goroutine& one) const noexcept;

 private:
  bool settle(std::size_t index) noexcept;

  scheduler& all_;
  std::vector<goroutine*> running_;  // by each worker
  bool holds_ = true;
};

}  // namespace leat::runtime
