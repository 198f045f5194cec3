// A model of how workers fall asleep and are woken: sleep(), become_idle(), work_is_visible(), become_awake()
// and wake_one() in scheduler.cpp, and the monitor. See "Who is woken, and when" in scheduler.hpp.
//
// Thread 0 and 1 are workers, 2 a thread that the runtime does not own, 3 the monitor, 4 the kernel, which
// may end the sleep of worker 0 at any moment. Looks at several workers are steps of their own, as they are
// in the code; what happens under scheduler::lock_ is one step.
#include <gtest/gtest.h>

#include <leat/runtime/model_test.hpp>

namespace leat::runtime {
namespace {

using testing::explore_model;
using testing::model_queue;

enum class mistake : std::uint8_t {
  none,
  waker_does_not_look_again,
  worker_sleeps_without_a_look,
  last_worker_leaves_work_to_others,
  interrupt_is_lost
};

struct sleeping {
  static constexpr unsigned threads = 5;
  static constexpr unsigned workers = 2;
  static constexpr unsigned foreign = 2;
  static constexpr unsigned monitor = 3;
  static constexpr unsigned idle_ticks_most = 1;  // 8 in the monitor; fewer are harder for the algorithm

  // Where a thread stands. Those of wake_one() are the same for all; it returns to `back`.
  enum place : std::uint8_t {
    begins,
    takes_global = 1,
    steals,
    leaves_the_rest,
    stops_searching,
    stops_being_eager,
    becomes_idle,
    counts_the_idle,
    looks_at_global,
    looks_at_other,
    sleeps,
    becomes_awake,
    nudges,
    found,
    is_eager,
    looks_for_help,
    runs,
    pushes,
    sees_idle,
    sees_eager,
    is_busy,
    monitor_looks_at_0 = 30,
    monitor_looks_at_1,
    monitor_is_eager,
    monitor_sees_idle,
    monitor_sees_global,
    monitor_sees_0,
    monitor_lies_down,
    monitor_asks_0,
    monitor_asks_1,
    monitor_sleeps,
    monitor_gets_up,
    waker_looks = 60,
    waker_swaps,
    waker_chooses,
    waker_interrupts,
    waker_gives_back,
    waker_sees_idle,
    waker_sees_global,
    ended = 90,
  };

  mistake made = mistake::none;
  std::uint8_t has_monitor = 1;
  std::uint8_t pushes_left = 0;  // of the foreign thread
  std::uint8_t kernel_events = 1;
  std::array<std::uint8_t, threads> at{takes_global, takes_global, pushes, monitor_looks_at_0, begins};
  std::array<std::uint8_t, threads> back{};
  std::array<std::uint8_t, threads> chosen{};  // by the thread's wake_one()
  std::uint8_t global = 0;                     // goroutines in the global queue
  std::uint8_t own = 0;                        // goroutines in the queue of worker 0
  std::uint8_t run = 0;                        // a goroutine has run
  std::uint8_t searching = 0;
  std::uint8_t eager = 1;
  std::uint8_t monitor_asleep = 0;
  std::uint8_t idle_ticks = 0;
  model_queue<workers> idle{};
  std::array<std::uint8_t, workers> asleep{};
  std::array<std::uint8_t, workers> searches{};
  std::array<std::uint8_t, workers> left{};  // what waited in the global queue after the last search
  std::array<std::uint8_t, workers> interrupted{};

  const char* go(unsigned me, unsigned next, const char* what) {
    at[me] = static_cast<std::uint8_t>(next);
    return what;
  }

  const char* return_from_wake(unsigned me, const char* what) { return go(me, back[me], what); }

  const char* wake_one(unsigned me, unsigned then, const char* what) {
    back[me] = static_cast<std::uint8_t>(then);
    return go(me, waker_looks, what);
  }

  const char* step(unsigned me) {
    if (at[me] == ended) return nullptr;
    if (at[me] >= waker_looks) return step_of_waker(me);
    if (me < workers) return at[me] >= found ? step_of_runner(me) : step_of_worker(me);
    if (me == foreign) return step_of_foreign(me);
    if (me == monitor) return has_monitor ? step_of_monitor(me) : nullptr;
    if (kernel_events == 0) return nullptr;
    --kernel_events;
    interrupted[0] = 1;
    return "tells worker 0 of an event";
  }

  // A worker that has ended stands for one that sleeps and is not to be woken.
  bool all_are_idle() const { return idle.count + (at[1] == ended ? 1U : 0U) == workers; }

  const char* step_of_worker(unsigned me) {
    switch (at[me]) {
      case takes_global:
        if (!global) return go(me, steals, "finds nothing in the global queue");
        --global;
        return go(me, found, "takes from the global queue");
      case steals:
        if (!own) return go(me, leaves_the_rest, "finds nothing to steal");
        --own;
        return go(me, found, "takes from the queue of worker 0");
      case leaves_the_rest:
        left[me] = global;
        return go(me, searches[me] ? stops_searching : becomes_idle, "leaves what waits now to others");
      case stops_searching:
        --searching;
        searches[me] = 0;
        return go(me, stops_being_eager, "does not search any more");
      case stops_being_eager:
        eager = 0;
        return go(me, becomes_idle, "sets eager to false");
      case becomes_idle:
        idle.push(me);
        asleep[me] = 1;
        return go(me, made == mistake::worker_sleeps_without_a_look ? sleeps : counts_the_idle,
                  "becomes idle");
      case counts_the_idle:
        if (all_are_idle() && made != mistake::last_worker_leaves_work_to_others) left[me] = 0;
        return go(me, looks_at_global, "looks whether all are idle");
      case looks_at_global:
        return go(me, global > left[me] ? becomes_awake : looks_at_other,
                  "looks at the global queue once more");
      case looks_at_other:
        return go(me, me != 0 && own ? becomes_awake : sleeps, "looks at the other worker's queue once more");
      case sleeps:
        if (!interrupted[me]) return nullptr;
        interrupted[me] = 0;
        return go(me, becomes_awake, "ends its sleep");
      case becomes_awake:
        asleep[me] = 0;
        if (std::find(idle.entries.begin(), idle.entries.begin() + idle.count, me) ==
            idle.entries.begin() + idle.count) {
          searches[me] = 1;
        } else {
          idle.remove(me);
        }
        return go(me, nudges, "becomes awake");
      default:
        monitor_asleep = 0;
        return go(me, takes_global, "nudges the monitor");
    }
  }

  // With a goroutine in hand, and in it.
  const char* step_of_runner(unsigned me) {
    switch (at[me]) {
      case found:
        if (!searches[me]) return go(me, runs, "has found work");
        searches[me] = 0;
        --searching;
        return go(me, is_eager, "has found work and does not search any more");
      case is_eager:
        eager = 1;
        return go(me, looks_for_help, "sets eager to true");
      case looks_for_help:
        if (me == 0 && own && !idle.empty()) return wake_one(me, runs, "finds more than it can do");
        return go(me, runs, "needs no help");
      case runs:
        run = 1;
        return go(me, takes_global, "runs a goroutine to its end");
      case pushes:
        ++own;
        return go(me, sees_idle, "runs a goroutine that makes another runnable here");
      case sees_idle:
        return go(me, idle.empty() ? is_busy : sees_eager, "looks whether a worker is idle");
      case sees_eager:
        if (eager) return wake_one(me, is_busy, "finds eager to be true");
        return go(me, is_busy, "finds eager to be false");
      default:
        return run ? go(me, takes_global, "ends its goroutine, now that the other has run") : nullptr;
    }
  }

  const char* step_of_foreign(unsigned me) {
    if (pushes_left == 0) return go(me, ended, "ends");
    --pushes_left;
    ++global;
    return wake_one(me, pushes, "puts a goroutine into the global queue");
  }

  const char* step_of_waker(unsigned me) {
    switch (at[me]) {
      case waker_looks:
        if (searching) return return_from_wake(me, "finds that somebody searches");
        return go(me, waker_swaps, "finds that nobody searches");
      case waker_swaps:
        if (searching) return return_from_wake(me, "finds that somebody else came first");
        searching = 1;
        return go(me, waker_chooses, "counts a searcher");
      case waker_chooses:
        if (idle.empty()) return go(me, waker_gives_back, "finds no idle worker");
        chosen[me] = idle.entries[idle.count - 1U];
        idle.remove(chosen[me]);
        return go(me, waker_interrupts, "chooses an idle worker");
      case waker_interrupts:
        if (made != mistake::interrupt_is_lost || at[chosen[me]] == sleeps) interrupted[chosen[me]] = 1;
        chosen[me] = 0;
        return return_from_wake(me, "interrupts the chosen worker's sleep");
      case waker_gives_back:
        --searching;
        if (made == mistake::waker_does_not_look_again) return return_from_wake(me, "counts it no more");
        return go(me, waker_sees_idle, "counts it no more");
      case waker_sees_idle:
        if (idle.empty()) return return_from_wake(me, "still finds no idle worker");
        return go(me, waker_sees_global, "finds that a worker is idle by now");
      default:
        if (!global) return return_from_wake(me, "finds nothing in the global queue");
        return go(me, waker_looks, "finds something in the global queue");
    }
  }

  const char* step_of_monitor(unsigned me) {
    switch (at[me]) {
      case monitor_looks_at_0:
      case monitor_looks_at_1: {
        const bool first = at[me] == monitor_looks_at_0;
        if (!asleep[first ? 0 : 1]) {
          idle_ticks = 0;
          return go(me, monitor_is_eager, "sees a worker that is awake");
        }
        if (first) return go(me, monitor_looks_at_1, "sees worker 0 asleep");
        if (++idle_ticks > idle_ticks_most)
          return go(me, monitor_lies_down, "has seen all asleep for long enough");
        return go(me, monitor_is_eager, "sees all asleep");
      }
      case monitor_is_eager:
        eager = 1;
        return go(me, monitor_sees_idle, "sets eager to true");
      case monitor_sees_idle:
        return go(me, idle.empty() ? monitor_looks_at_0 : monitor_sees_global,
                  "looks whether a worker is idle");
      case monitor_sees_global:
        if (global) return wake_one(me, monitor_looks_at_0, "sees that something waits in the global queue");
        return go(me, monitor_sees_0, "looks at the global queue");
      case monitor_sees_0:
        if (own) return wake_one(me, monitor_looks_at_0, "sees that something waits for worker 0");
        return go(me, monitor_looks_at_0, "looks at the workers' queues");
      case monitor_lies_down:
        monitor_asleep = 1;
        return go(me, monitor_asks_0, "says that it sleeps");
      case monitor_asks_0:
        return go(me, asleep[0] ? monitor_asks_1 : monitor_gets_up, "looks at worker 0 once more");
      case monitor_asks_1:
        return go(me, asleep[1] ? monitor_sleeps : monitor_gets_up, "looks at worker 1 once more");
      case monitor_sleeps:
        return monitor_asleep ? nullptr : go(me, monitor_gets_up, "ends its sleep");
      default:
        monitor_asleep = idle_ticks = 0;
        return go(me, monitor_looks_at_0, "looks around again");
    }
  }

  const char* fault() const { return searching > 1 ? "two are counted as searching" : nullptr; }

  const char* fault_at_end() const {
    return global || own ? "a goroutine waits, and nobody will come to it" : nullptr;
  }
};

constexpr std::string_view lost = "a goroutine waits, and nobody will come to it";

// What a foreign thread makes runnable is to be found by two workers alone, or by one and the monitor.
sleeping with_a_foreign_thread(bool has_monitor, mistake made = mistake::none) {
  sleeping all{.made = made, .has_monitor = std::uint8_t{has_monitor}, .pushes_left = 2};
  if (has_monitor) {
    all.at[1] = sleeping::ended;
    all.asleep[1] = 1;
  }
  return all;
}

// Worker 0 runs a goroutine that makes another runnable, and keeps the worker until that one has run. The
// last search found nothing, so that no worker is woken for a single goroutine.
sleeping with_a_busy_worker(bool has_monitor) {
  sleeping all{.has_monitor = std::uint8_t{has_monitor}, .eager = 0};
  all.at[0] = sleeping::pushes;
  return all;
}

TEST(sleeping_model, loses_nothing_that_comes_from_outside) {
  const auto found = explore_model(with_a_foreign_thread(true));
  EXPECT_EQ(found.fault, "");
  EXPECT_GT(found.states, 1000U);
}

TEST(sleeping_model, needs_no_monitor_for_what_comes_from_outside) {
  const auto found = explore_model(with_a_foreign_thread(false));
  EXPECT_EQ(found.fault, "");
  EXPECT_GT(found.states, 1000U);
}

TEST(sleeping_model, gets_what_waits_behind_a_busy_worker_run_by_another) {
  EXPECT_EQ(explore_model(with_a_busy_worker(true)).fault, "");
}

TEST(sleeping_model, shows_that_the_monitor_covers_what_waits_behind_a_busy_worker) {
  const auto found = explore_model(with_a_busy_worker(false));
  EXPECT_TRUE(found.fault.starts_with(lost)) << found.fault;
}

TEST(sleeping_model, shows_why_who_found_no_idle_worker_looks_again) {
  const auto found = explore_model(with_a_foreign_thread(true, mistake::waker_does_not_look_again));
  EXPECT_TRUE(found.fault.starts_with(lost)) << found.fault;
}

TEST(sleeping_model, shows_why_an_idle_worker_looks_once_more_before_it_sleeps) {
  const auto found = explore_model(with_a_foreign_thread(false, mistake::worker_sleeps_without_a_look));
  EXPECT_TRUE(found.fault.starts_with(lost)) << found.fault;
}

TEST(sleeping_model, shows_why_the_last_worker_to_become_idle_leaves_nothing_to_others) {
  for (const bool has_monitor : {false, true}) {
    const auto made = mistake::last_worker_leaves_work_to_others;
    const auto found = explore_model(with_a_foreign_thread(has_monitor, made));
    EXPECT_TRUE(found.fault.starts_with(lost)) << found.fault;
  }
}

TEST(sleeping_model, shows_why_an_interrupt_ends_also_the_sleep_that_has_not_begun) {
  const auto found = explore_model(with_a_foreign_thread(true, mistake::interrupt_is_lost));
  EXPECT_TRUE(found.fault.starts_with(lost)) << found.fault;
}

}  // namespace
}  // namespace leat::runtime
