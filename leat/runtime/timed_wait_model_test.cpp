// A model of a wait with a deadline: the stage table of waiter.cpp.
//
// Thread 0 is the worker that runs the goroutine, and then finishes the switch for it; thread 1 is a timer
// that fires at any moment from when it is armed, or too late; thread 2 hands a value over; thread 3 is
// another worker. Whichever worker is free goes on with the goroutine. What it waited with (the timer's node,
// the waiter, the stage) lives on its stack, so nobody may touch it once the goroutine has returned.
#include <gtest/gtest.h>

#include <utility>

#include <leat/runtime/model_test.hpp>

namespace leat::runtime {
namespace {

using testing::explore_model;

enum class mistake : std::uint8_t {
  none,
  timer_ignores_the_stage,
  stage_moves_after_the_unlock,
  nobody_looks_for_an_expired_stage,
  node_is_not_taken_from_the_heap,
};

enum class stage : std::uint8_t { leaving, stopped, expired };
enum class claimant : std::uint8_t { nobody, timer, waker };

struct timed_wait_model {
  static constexpr unsigned threads = 4;

  mistake made = mistake::none;
  std::uint8_t at[threads] = {};
  std::uint8_t locked = 0;       // of what is waited on
  std::uint8_t heap_locked = 0;  // of the timers
  std::uint8_t armed = 0;        // the node stands in the heap
  std::uint8_t in_heap = 0;      // node.heap is not null
  stage progress = stage::leaving;
  claimant ticket = claimant::nobody;
  std::uint8_t queued = 0;
  std::uint8_t in_ring = 0;       // the value, when nobody waited for it
  std::uint8_t took = 0;          // the goroutine found it there
  std::uint8_t expired_seen = 0;  // what thread 0 found in the stage
  std::uint8_t runnable = 0;
  std::uint8_t on_stack = 1;
  std::uint8_t returned = 0;      // from the wait: what was on its stack is gone
  std::uint8_t touched_gone = 0;  // somebody used it nevertheless

  const char* go(unsigned me, unsigned next, const char* what) {
    at[me] = static_cast<std::uint8_t>(next);
    return what;
  }

  void touch() { touched_gone |= returned; }

  static bool take(std::uint8_t& lock) { return std::exchange(lock, 1) == 0; }

  const char* step(unsigned me) {
    if (at[me] >= 20) return run_whatever_is_runnable(me);
    switch (me) {
      case 0:
        return wait(at[0]);
      case 1:
        return fire(at[1]);
      case 2:
        return wake(at[2]);
      default:
        return go(3, 20, "has nothing else to do");
    }
  }

  const char* wait(unsigned place) {
    switch (place) {
      case 0:
        armed = in_heap = 1;
        return go(0, 1, "arms the timer");
      case 1:
        return take(locked) ? go(0, 2, "takes the lock") : nullptr;
      case 2:
        if (in_ring) {
          in_ring = locked = 0;
          took = 1;
          return go(0, 24, "finds the value and unlocks");
        }
        queued = 1;
        return go(0, 3, "queues the waiter");
      case 3:
        --on_stack;
        return go(0, made == mistake::stage_moves_after_the_unlock ? 5 : 4, "has left the goroutine's stack");
      case 4:
        touch();
        expired_seen = progress == stage::expired && made != mistake::nobody_looks_for_an_expired_stage;
        progress = stage::stopped;
        return go(0, made == mistake::stage_moves_after_the_unlock ? 6 : 5, "moves the stage to stopped");
      case 5:
        locked = 0;
        return go(0, made == mistake::stage_moves_after_the_unlock ? 4 : 6,
                  "unlocks, for the one that has stopped");
      default:
        if (expired_seen) ++runnable;
        return go(0, 20,
                  expired_seen ? "makes the goroutine runnable, for the timer" : "has finished the switch");
    }
  }

  // Never before it is armed. It may come so late that it fires in nobody's time: then it finds no node.
  const char* fire(unsigned place) {
    switch (place) {
      case 0:
        if (at[0] == 0 || !take(heap_locked)) return nullptr;
        return go(1, 1, "locks the heap of timers");
      case 1:
        if (!armed) {
          heap_locked = 0;
          return go(1, 9, "finds no timer that is due");
        }
        armed = 0;
        return go(1, 2, "takes the due timer out");
      case 2:
        touch();
        if (ticket != claimant::nobody) return go(1, 5, "finds the ticket claimed");
        ticket = claimant::timer;
        return go(1, 3, "claims the ticket");
      case 3: {
        touch();
        const bool was_stopped = progress == stage::stopped;
        progress = stage::expired;
        if (!was_stopped && made != mistake::timer_ignores_the_stage)
          return go(1, 5, "finds that the goroutine is still leaving");
        in_heap = 0;
        return go(1, 4, "finds that the goroutine has stopped");
      }
      case 4:
        ++runnable;
        return go(1, 6, "makes the goroutine runnable");
      case 5:
        touch();
        in_heap = 0;
        return go(1, 6, "marks the node as out of the heap");
      case 6:
        heap_locked = 0;
        return go(1, 9, "unlocks the heap of timers");
      default:
        return nullptr;
    }
  }

  const char* wake(unsigned place) {
    switch (place) {
      case 0:
        return take(locked) ? go(2, 1, "takes the lock") : nullptr;
      case 1:
        if (!queued) return go(2, 4, "finds no waiter");
        touch();
        queued = 0;
        return go(2, 2, "takes the waiter out");
      case 2:
        touch();
        if (ticket != claimant::nobody) return go(2, 4, "finds the ticket claimed");
        ticket = claimant::waker;
        return go(2, 3, "claims the ticket and hands the value over");
      case 3:
        locked = 0;
        return go(2, 5, "unlocks");
      case 4:
        in_ring = 1;
        locked = 0;
        return go(2, 9, "leaves the value in the ring and unlocks");
      case 5:
        ++runnable;
        return go(2, 9, "makes the goroutine runnable");
      default:
        return nullptr;
    }
  }

  const char* run_whatever_is_runnable(unsigned me) {
    switch (at[me]) {
      case 20:
        if (!runnable) return nullptr;
        --runnable;
        ++on_stack;
        return go(me, ticket == claimant::timer ? 21 : 24, "goes on with the goroutine");
      case 21:
        return take(locked) ? go(me, 22, "takes the lock again") : nullptr;
      case 22:
        queued = 0;
        return go(me, 23, "takes the waiter out, if it still stands there");
      case 23:
        locked = 0;
        return go(me, 24, "unlocks");
      case 24:
        if (made == mistake::node_is_not_taken_from_the_heap || !in_heap)
          return go(me, 26, "need not stop the timer");
        return take(heap_locked) ? go(me, 25, "locks the heap of timers, to stop the timer") : nullptr;
      case 25:
        armed = in_heap = heap_locked = 0;
        return go(me, 26, "takes the timer out of the heap and unlocks that");
      default:
        ++returned;
        --on_stack;
        return go(me, 20, "returns from the wait");
    }
  }

  const char* fault() const {
    if (on_stack > 1) return "two workers are on one stack";
    if (returned > 1) return "the goroutine went on twice";
    if (touched_gone) return "somebody uses what is gone";
    return nullptr;
  }

  const char* fault_at_end() const {
    if (returned != 1) return "the goroutine waits for ever";
    if (queued || armed) return "a waiter or a timer is left behind";
    if (in_ring + took + (ticket == claimant::waker) != 1) return "the value is lost, or there twice";
    return nullptr;
  }
};

TEST(timed_wait_model, ends_once_whether_the_timer_or_the_waker_wins) {
  const auto found = explore_model(timed_wait_model{});
  EXPECT_EQ(found.fault, "");
  EXPECT_GT(found.states, 200U);
}

TEST(timed_wait_model, shows_why_the_timer_asks_whether_the_goroutine_has_stopped) {
  const auto found = explore_model(timed_wait_model{.made = mistake::timer_ignores_the_stage});
  EXPECT_TRUE(found.fault.starts_with("two workers are on one stack")) << found.fault;
}

TEST(timed_wait_model, shows_why_the_stage_moves_before_the_locks_are_released) {
  const auto found = explore_model(timed_wait_model{.made = mistake::stage_moves_after_the_unlock});
  EXPECT_TRUE(found.fault.starts_with("somebody uses what is gone")) << found.fault;
}

TEST(timed_wait_model, shows_why_the_finished_switch_looks_for_an_expired_stage) {
  const auto found = explore_model(timed_wait_model{.made = mistake::nobody_looks_for_an_expired_stage});
  EXPECT_TRUE(found.fault.starts_with("the goroutine waits for ever")) << found.fault;
}

TEST(timed_wait_model, shows_why_the_timer_is_stopped_under_the_lock_of_its_heap) {
  const auto found = explore_model(timed_wait_model{.made = mistake::node_is_not_taken_from_the_heap});
  EXPECT_TRUE(found.fault.starts_with("somebody uses what is gone")) << found.fault;
}

}  // namespace
}  // namespace leat::runtime
