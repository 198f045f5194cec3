// A model of how a goroutine stops, and is woken: park() with the aftermath of the switch, and wake(). See
// waiter.hpp and switch_away() in scheduler.cpp.
//
// Worker 0 runs a goroutine that waits for a value; worker 1 hands one over, and then wakes whoever still
// waits. Whichever worker is free runs the goroutine once it is runnable. Two workers must never be on its
// stack, and the value must come.
#include <gtest/gtest.h>

#include <utility>

#include <leat/runtime/model_test.hpp>

namespace leat::runtime {
namespace {

using testing::explore_model;

enum class mistake : std::uint8_t {
  none,
  unlocks_before_it_stops,
  looks_before_it_locks,
  leaves_the_waiter_queued
};

struct parking {
  static constexpr unsigned threads = 2;

  mistake made = mistake::none;
  std::uint8_t at[threads] = {};
  std::uint8_t locked = 0;
  std::uint8_t queued = 0;     // the waiter stands in the queue
  std::uint8_t in_ring = 0;    // the value, when it came before the waiter
  std::uint8_t runnable = 0;   // how often the goroutine stands in a run queue
  std::uint8_t on_stack = 1;   // workers on the goroutine's stack
  std::uint8_t ended = 0;      // the goroutine has its value
  std::uint8_t saw_value = 0;  // of the look before the lock, when that mistake is made

  const char* go(unsigned me, unsigned next, const char* what) {
    at[me] = static_cast<std::uint8_t>(next);
    return what;
  }

  bool try_lock() { return std::exchange(locked, 1) == 0; }

  const char* step(unsigned me) {
    if (at[me] >= 10) return run_whatever_is_runnable(me);
    return me == 0 ? wait(at[0]) : wake(at[1]);
  }

  const char* wait(unsigned place) {
    switch (place) {
      case 0:
        saw_value = in_ring;
        return go(0, 1, "runs the goroutine, which looks for the value");
      case 1:
        return try_lock() ? go(0, 2, "takes the lock") : nullptr;
      case 2:
        if (made == mistake::looks_before_it_locks ? saw_value : in_ring) {
          in_ring = locked = 0;
          --on_stack;
          ++ended;
          return go(0, 10, "finds the value, unlocks and ends the goroutine");
        }
        queued = 1;
        return go(0, made == mistake::unlocks_before_it_stops ? 3 : 4, "queues the waiter");
      case 3:
        locked = 0;
        return go(0, 4, "unlocks, still on the goroutine's stack");
      case 4:
        --on_stack;
        return go(0, made == mistake::unlocks_before_it_stops ? 10 : 5, "has left the goroutine's stack");
      default:
        locked = 0;
        return go(0, 10, "unlocks, for the goroutine that has stopped");
    }
  }

  const char* wake(unsigned place) {
    switch (place) {
      case 0:
        return try_lock() ? go(1, 1, "takes the lock") : nullptr;
      case 1:
        if (!queued) {
          in_ring = 1;
          return go(1, 2, "puts the value into the ring");
        }
        if (made != mistake::leaves_the_waiter_queued) queued = 0;
        return go(1, 3, "takes the waiter out and hands it the value");
      case 2:
        locked = 0;
        return go(1, 5, "unlocks");
      case 3:
        locked = 0;
        return go(1, 4, "unlocks");
      case 4:
        ++runnable;
        return go(1, 5, "makes the goroutine runnable");
      case 5:  // as a close that comes after the value does
        return try_lock() ? go(1, 6, "takes the lock again") : nullptr;
      default:
        if (queued) ++runnable;
        queued = locked = 0;
        return go(1, 10, "wakes whoever still stands in the queue, and unlocks");
    }
  }

  const char* run_whatever_is_runnable(unsigned me) {
    if (at[me] == 10) {
      if (!runnable) return nullptr;
      --runnable;
      ++on_stack;
      return go(me, 11, "goes on with the goroutine");
    }
    --on_stack;
    ++ended;
    return go(me, 10, "ends the goroutine");
  }

  const char* fault() const {
    if (on_stack > 1) return "two workers are on one stack";
    if (runnable + ended > 1) return "the goroutine is woken twice";
    return nullptr;
  }

  const char* fault_at_end() const { return ended == 1 ? nullptr : "the goroutine waits for ever"; }
};

TEST(parking_model, wakes_a_goroutine_once_and_only_after_it_has_stopped) {
  const auto found = explore_model(parking{});
  EXPECT_EQ(found.fault, "");
  EXPECT_GT(found.states, 20U);
}

TEST(parking_model, shows_why_the_lock_is_released_by_whoever_runs_next) {
  const auto found = explore_model(parking{.made = mistake::unlocks_before_it_stops});
  EXPECT_TRUE(found.fault.starts_with("two workers are on one stack")) << found.fault;
}

TEST(parking_model, shows_why_the_look_is_under_the_lock) {
  const auto found = explore_model(parking{.made = mistake::looks_before_it_locks});
  EXPECT_TRUE(found.fault.starts_with("the goroutine waits for ever")) << found.fault;
}

TEST(parking_model, shows_why_whoever_wakes_a_waiter_takes_it_out_of_its_queue) {
  const auto found = explore_model(parking{.made = mistake::leaves_the_waiter_queued});
  EXPECT_TRUE(found.fault.starts_with("the goroutine is woken twice")) << found.fault;
}

// The example of model_test.hpp, and a circle.
struct counter {
  static constexpr unsigned threads = 2;
  std::uint8_t shared = 0;
  std::uint8_t at[2] = {};
  std::uint8_t read[2] = {};

  const char* step(unsigned me) {
    switch (at[me]) {
      case 0:
        read[me] = shared;
        at[me] = 1;
        return "reads";
      case 1:
        shared = static_cast<std::uint8_t>(read[me] + 1);
        at[me] = 2;
        return "writes";
      default:
        return nullptr;
    }
  }
  const char* fault() const { return nullptr; }
  const char* fault_at_end() const { return shared == 2 ? nullptr : "an increment is lost"; }
};

struct circle {
  static constexpr unsigned threads = 1;
  std::uint8_t turn = 0;

  const char* step(unsigned) {
    turn ^= 1U;
    return "turns";
  }
  const char* fault() const { return nullptr; }
  const char* fault_at_end() const { return nullptr; }
};

TEST(exploring_a_model, finds_a_fault_by_a_shortest_way) {
  EXPECT_EQ(explore_model(counter{}).fault,
            "an increment is lost, after:\n  thread 0 reads\n  thread 1 reads\n  thread 0 writes\n  thread 1 "
            "writes");
}

TEST(exploring_a_model, finds_threads_that_go_round_for_ever) {
  EXPECT_TRUE(explore_model(circle{}).fault.starts_with("from here on there is no end"));
}

TEST(exploring_a_model, gives_up_beyond_the_limit) {
  EXPECT_EQ(explore_model(counter{}, 3).fault, "there are more states than may be");
}

}  // namespace
}  // namespace leat::runtime
