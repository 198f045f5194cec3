// The scheduler: which goroutine runs where.
//
// Each worker runs what its own queue holds. `run_next` holds the goroutine that was made runnable last by
// the one that runs: the two probably take turns, and it should run next, here, while its data is warm. A
// goroutine that parks switches straight to the next one; only a worker that finds nothing in its own queue,
// and every 64th switch, passes through its loop, which looks at timers, the poller, the global queue and, at
// last, the other workers.
//
// Goroutines that have not run yet are started newest first (newborns.hpp), before those that only wait for
// their turn. Of the others, who waits longest runs first, whatever the number: what the own queue cannot
// take goes behind the global one, which moves up by as many as have run, and the poller is asked for more
// only when there is little left (or every fourth pass). Without that, some of a thousand busy connections
// would wait twenty times as long as others.
//
// Who is woken, and when. A wake costs microseconds, a switch nanoseconds, so waking somebody for each
// runnable goroutine makes two workers slower than one. So: a sleeping worker is woken only if none is
// searching already, and after a search that found nothing no worker is woken until the monitor's next tick
// (`eager`). A worker that was woken in vain searches for a few microseconds, then sleeps again.
//
// Who is helped by those that have nothing to do: helping.hpp.
//
// The monitor, a thread that looks around every one to eight milliseconds while any worker is awake (less
// often the longer nothing was amiss), sees to what falls through: goroutines that became runnable in the
// moment when the last searcher gave up, and whatever waits behind a goroutine that keeps its worker without
// ever parking: its run_next, its timers, its poller. It sleeps when all do.
//
// What is never lost, with the monitor or without: whatever a thread that is no worker makes runnable. It
// goes into the global queue, and then the thread looks at `searching`; a worker leaves `searching`, joins
// the idle ones, and then looks at the global queue. All of these are sequentially consistent, so one of the
// two sees the other. A worker may leave what waits there to those that are awake; the last one to become
// idle leaves nothing. A worker that puts something into its own queue only looks, without an order, at
// whether somebody is idle: it is awake, and comes to that itself, or the monitor sees to it.
// sleeping_model_test.cpp goes through all interleavings of this.
//
// Rejected:
//  - a full fence on every wake-up of a goroutine, so that no worker can fall asleep beside work: 5-8 ns each
//    on the hottest path, to save at most one tick of delay in a rare race;
//  - one poller for all workers: simpler, but every worker contends for its lock, and goroutines drift
//    between cores;
//  - waking a worker for each goroutine in run_next, as Go does: a ping-pong pair then keeps a second core
//    busy;
//  - stealing at sight: a select over eight busy senders took six times as long on two workers as on one;
//  - a deque without locks for the goroutines that have not run (Chase and Lev, 2005): no faster, because the
//    owner's fence costs what an uncontended lock does;
//  - firing only as many timers as there is room for in the own queue: no faster, and one more rule.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <leat/runtime/global_queue.hpp>
#include <leat/runtime/policy.hpp>
#include <leat/runtime/worker.hpp>

namespace leat::runtime {

struct scheduler {
  scheduler(unsigned workers_wanted, poller_kind polls_by);
  ~scheduler();
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;

  /// Runs workers until stop(); the calling thread is worker 0.
  void run(goroutine* main_goroutine);

  /// After run(): waits for the other workers, for a second at most. False: one is stuck in a goroutine that
  /// never parks, and this object must stay.
  bool join() noexcept;

  /// Any thread: ends run() as soon as every worker has come to a scheduling point.
  void stop() noexcept;

  /// Makes a pinned goroutine runnable.
  void push_pinned(goroutine* entry) noexcept;

  /// Moves a worker's share of the global queue into its own one.
  void take_share_of_global(worker& here) noexcept;

  /// Wakes an idle worker if there is one and none is searching.
  void wake_one() noexcept;

  /// Counts of something other than goroutines that may make one runnable; while it is positive, nothing is a
  /// deadlock.
  std::atomic<std::int64_t> outside{0};

  std::atomic<std::int64_t> created_outside{0};  // goroutines started by threads that are no workers

  const poller_kind pollers;  // of all workers
  std::vector<std::unique_ptr<worker>> workers;
  schedule_policy* policy = nullptr;  // of a test's run; set before any worker runs
  std::atomic<bool> stopping{false};
  // Why every switch goes through the loop: it stops, pauses, has a policy.
  std::atomic<std::uint32_t> summons{0};
  std::atomic<std::uint32_t> paused{
      0};  // futex word: 1 while workers must stay in their loops; see pause.hpp
  std::atomic<std::int64_t> coarse_ms{0};  // the time for reports: right to some ms while any worker is awake
  std::atomic<bool> eager{true};
  std::atomic<bool> rescue{false};           // the monitor saw a worker stuck: search its private places too
  std::atomic<std::uint32_t> idle_count{0};  // written under lock
  std::atomic<std::uint32_t> searching{0};
  global_queue global;
  std::atomic<std::uint64_t> id_blocks{0};
  std::atomic<std::int64_t> wakes{0};  // of sleeping workers; written under lock
  const std::uint64_t generation;      // tells the descriptors of an earlier run

 private:
  friend struct worker_loop;
  friend struct policy_loop;

  void start_threads();
  worker* take_idle() noexcept;
  bool all_wait() noexcept;
  bool is_deadlocked() noexcept;
  std::uint64_t ticks() const noexcept;
  void monitor() noexcept;
  bool someone_is_stuck(std::vector<std::uint64_t>& seen_ticks) noexcept;
  bool help_who_needs_it(std::vector<std::uint64_t>& seen_ticks) noexcept;
  bool all_asleep() const noexcept;
  void nudge_monitor() noexcept;
  void hurry_monitor() noexcept;
  void read_clock() noexcept;

  std::mutex lock_;  // guards what follows
  worker* idle_list_ = nullptr;

  std::vector<std::thread> threads_;
  std::atomic<std::uint32_t> monitor_hurries_{0};  // futex word: how often hurry_monitor() was heard
  std::atomic<bool> monitor_slow_{false};          // it looks around less often than it can
  std::thread monitor_thread_;
  std::atomic<std::uint32_t> workers_left_{0};
};

/// Held by threads that are no workers while they use active_scheduler(), and to change it.
extern std::mutex lifetime;

/// The scheduler that runs now, or null.
scheduler* active_scheduler() noexcept;

/// timer_start() for threads that are no workers.
bool timer_start_outside(timer_node& node, time_point when) noexcept;

/// The poller that a descriptor joins when the caller has to wait for it; null when the runtime does not run.
poller* poller_of_caller() noexcept;

/// Takes a descriptor out of the poller that watches it since that run of the runtime, unless the run is
/// over.
void remove_from_poller(poller& watcher, std::uint64_t generation, descriptor& entry) noexcept;

/// Which run of the runtime this is, from 1; 0 when it does not run.
std::uint64_t current_generation() noexcept;

/// Counts goroutines that wait for the network: while there are any, nothing is a deadlock.
void count_network_wait(std::int64_t change) noexcept;

/// wake(), for those who wake many: the woken run in the order in which they were woken.
void wake_in_order(waiter& entry) noexcept;

/// Places a goroutine that nobody else can make runnable any more in the queue of this worker (or of any).
void make_runnable(goroutine* entry) noexcept;

/// The same, at the end of the queue: for batches, and for those that merely yield.
void make_runnable_last(goroutine* entry) noexcept;

/// The same, for one that has not run yet.
void make_runnable_first_time(goroutine* entry) noexcept;

/// Stops the running goroutine and runs another; `after` tells the next one what to do once it has stopped.
void switch_away(worker* here, goroutine* self, aftermath after, void* what,
                 void (*release)(void*) = nullptr) noexcept;

/// Stack reports; see report.cpp. report_deadlock() ends the process with status 2.
[[noreturn]] void report_deadlock() noexcept;
void install_crash_handlers();
void install_signal_stack(worker& here);
void remove_signal_stack(worker& here) noexcept;

/// How many threads the blocking pool has.
int blocking_threads() noexcept;

}  // namespace leat::runtime
