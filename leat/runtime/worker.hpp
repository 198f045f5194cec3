// A worker: one thread that runs goroutines, with its own queue, poller, timers and free stacks.
#pragma once

#include <cxxabi.h>
#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include <leat/runtime/goroutine.hpp>
#include <leat/runtime/newborns.hpp>
#include <leat/runtime/poller.hpp>
#include <leat/runtime/run_queue.hpp>
#include <leat/runtime/shown.hpp>
#include <leat/runtime/stack_cache.hpp>
#include <leat/runtime/timer_heap.hpp>

namespace leat::runtime {

struct scheduler;

/// What is still to be done for the goroutine that has just stopped, by whoever runs next on the worker: only
/// then may anybody else see it as stopped.
enum class aftermath : std::uint8_t {
  nothing,
  unlock,   // `what` is a spinlock
  enqueue,  // `what` is the goroutine itself, which only yielded
  retire,   // `what` is the goroutine itself, which has ended
  call,     // `release(what)`
  resume,   // nothing, either: the loop switches to a goroutine
};

struct alignas(64) worker {
  worker(scheduler& owner_, unsigned index_, std::unique_ptr<poller> poll_)
      : owner(owner_), index(index_), poll(std::move(poll_)) {}

  // Read by every park and wake; written by the worker's own thread only.
  shown<goroutine*> running;                // null while the loop runs
  context loop;                             // the scheduling loop, on the thread's native stack
  exception_globals* exceptions = nullptr;  // of the thread
  shown<aftermath> after;  // not `nothing` from before a switch is decided on until after it; see pause.hpp
  void* after_what = nullptr;
  void (*after_release)(void*) = nullptr;
  std::atomic<std::uint64_t> tick{0};  // switches; others compare it to see whether the worker moves on
  std::uint64_t passes = 0;            // through the loop
  std::uint32_t unpolled = 0;          // of them, since the last look at the poller
  std::uint64_t random = 0;
  stack_cache stacks;
  std::uint64_t next_id = 0;  // ids [next_id, last_id) are this worker's to give
  std::uint64_t last_id = 0;
  scheduler& owner;
  const unsigned index;
  bool searching = false;  // counted in scheduler::searching
  sanitizer::fiber loop_fiber;
  shown<pid_t> thread;           // the kernel's number of it; 0 before it has started
  shown<clockid_t> thread_time;  // the clock that tells how long it has computed
  void* signal_stack = nullptr;

  // Counters that others read; each written by this worker's thread only, so plain loads and stores suffice.
  std::atomic<std::int64_t> created{0};
  std::atomic<std::int64_t> ended{0};
  std::atomic<std::int64_t> network_waits{
      0};  // begun here minus ended here; only the sum over workers has meaning
  std::atomic<std::int64_t> yields{0};
  std::atomic<std::int64_t> steals{0};
  std::atomic<std::int64_t> polls{0};
  std::atomic<std::int64_t> events{0};

  // Shared.
  alignas(64) std::atomic<goroutine*> run_next{
      nullptr};  // set by the owner; taken by it or, as a last resort, a thief
  run_queue queue;
  newborns unstarted;
  timer_heap timers;
  const std::unique_ptr<poller> poll;
  spinlock inbox_lock;                          // guards inbox_head and inbox_tail
  std::atomic<goroutine*> inbox_head{nullptr};  // pinned goroutines that others made runnable
  goroutine* inbox_tail = nullptr;
  bool idle = false;                 // in the scheduler's idle list; guarded by scheduler::lock
  std::atomic<bool> asleep{false};   // idle or about to be
  std::atomic<bool> at_rest{false};  // waits in its loop for the end of a pause
  worker* next_idle = nullptr;
};

inline void bump(std::atomic<std::int64_t>& counter, std::int64_t by = 1) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace leat::runtime
