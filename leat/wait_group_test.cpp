#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>

#include <leat/parked_test.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;

LEAT_TEST_ON_WORKERS(a_wait_group);

TEST_P(a_wait_group, waits_for_all_and_may_be_used_again) {
  run([] {
    wait_group group;
    group.wait();
    for (int round = 0; round < 10; ++round) {
      std::atomic<int> finished{0};
      group.add(16);
      for (int i = 0; i < 16; ++i) {
        leat::go([&, group]() mutable {
          leat::yield();
          ++finished;
          group.done();
        });
      }
      group.wait();
      EXPECT_EQ(finished, 16);
    }
  });
}

TEST_P(a_wait_group, wakes_every_waiter) {
  run([] {
    wait_group work;
    work.add(1);
    wait_group waiters;
    for (int i = 0; i < 16; ++i)
      waiters.go([&] { work.wait(); });
    leat::testing::await_parked(16);
    work.done();
    waiters.wait();
  });
}

TEST_P(a_wait_group, throws_below_zero_and_stays_as_it_was) {
  run([] {
    wait_group group;
    EXPECT_THROW(group.done(), std::logic_error);
    group.add(2);
    EXPECT_THROW(group.add(-3), std::logic_error);
    EXPECT_THROW(group.add(PTRDIFF_MAX), std::logic_error);
    EXPECT_THROW(group.add(PTRDIFF_MIN), std::logic_error);
    group.add(-2);
    group.wait();
  });
}

TEST_P(a_wait_group, counts_the_goroutines_that_it_starts) {
  run([] {
    wait_group group;
    int values[100] = {};
    for (int i = 0; i < 100; ++i)
      group.go([&values, i] { values[i] = i; });
    group.wait();
    for (int i = 0; i < 100; ++i)
      EXPECT_EQ(values[i], i);
  });
}

TEST_P(a_wait_group, ends_after_what_its_goroutine_held_is_destroyed) {
  run([] {
    wait_group group;
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> seen = held;
    group.go([held = std::move(held)] { leat::yield(); });
    group.wait();
    EXPECT_TRUE(seen.expired());
  });
}

TEST_P(a_wait_group, may_be_dropped_while_its_goroutines_run) {
  run([] {
    wait_group after;
    after.add(1);
    {
      wait_group dropped;
      dropped.go([after]() mutable {
        for (int i = 0; i < 5; ++i)
          leat::yield();
        after.done();
      });
    }
    after.wait();
  });
}

TEST_P(a_wait_group, may_be_destroyed_as_soon_as_wait_returns) {
  run([] {
    for (int round = 0; round < 1000; ++round) {
      wait_group group;
      group.go([] {});
      group.wait();
    }
  });
}

TEST_P(a_wait_group, shares_its_count_between_copies) {
  run([] {
    wait_group group;
    wait_group copy = group;
    copy.add(1);
    EXPECT_FALSE(group.wait_for(0ms));
    wait_group other;
    other = copy;
    other.done();
    group.wait();
    other = wait_group();
    other.add(1);
    group.wait();
    other.done();
  });
}

TEST_P(a_wait_group, says_whether_the_count_came_to_zero_in_time) {
  run([] {
    wait_group group;
    group.add(1);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(group.wait_for(5ms));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 5ms);
    leat::go([&] { group.done(); });
    EXPECT_TRUE(group.wait_until(never));
    EXPECT_TRUE(group.wait_for(0ms));
  });
}

TEST_P(a_wait_group, survives_deadlines_that_race_with_the_last_done) {
  run([] {
    for (int round = 0; round < 300; ++round) {
      wait_group group;
      group.go([] { leat::yield(); });
      if (!group.wait_for(std::chrono::microseconds(round % 30))) group.wait();
    }
  });
}

TEST_P(a_wait_group, joins_goroutines_and_foreign_threads) {
  run([] {
    wait_group group;
    group.add(2);
    const std::jthread first([&] { group.done(); });
    const std::jthread second([&] {
      group.done();
      group.wait();
    });
    group.wait();
  });
}

// Whoever waits returns after all that it waits for, however the counts race.
TEST_P(a_wait_group, never_lets_a_waiter_go_too_early) {
  run([] {
    for (int round = 0; round < 500; ++round) {
      wait_group group;
      std::atomic<int> done{0};
      group.add(1);
      const auto work = [&] {
        ++done;
        group.done();
      };
      group.add(1);
      leat::go(work);
      wait_group waiters;
      for (int i = 0; i < 2; ++i) {
        waiters.go([&] {
          group.wait();
          EXPECT_EQ(done, 2);
        });
      }
      work();
      waiters.wait();
    }
  });
}

// No call of wait() has to have returned before the next round may begin.
TEST_P(a_wait_group, may_be_used_again_before_those_that_waited_have_run) {
  run([] {
    for (int round = 0; round < 200; ++round) {
      wait_group group;
      group.add(1);
      wait_group waiters;
      for (int i = 0; i < 4; ++i)
        waiters.go([&] { group.wait(); });
      leat::testing::await_parked(4);
      group.done();
      group.add(1);  // at once: the four are runnable, but have not run
      EXPECT_FALSE(group.wait_for(0ms));
      waiters.wait();
      group.done();
      group.wait();
    }
  });
}

// Adding while others wait is no misuse: they wait for what was added too.
TEST_P(a_wait_group, may_grow_while_others_wait) {
  run([] {
    wait_group group;
    std::atomic<int> done{0};
    group.go([&] {
      for (int i = 0; i < 50; ++i) {
        group.go([&] {
          leat::yield();
          ++done;
        });
        leat::yield();
      }
    });
    wait_group waiters;
    for (int i = 0; i < 3; ++i) {
      waiters.go([&] {
        group.wait();
        EXPECT_EQ(done, 50);
      });
    }
    waiters.wait();
  });
}

TEST(a_wait_group_without_a_runtime, works_between_threads_but_starts_nothing) {
  wait_group group;
  group.add(1);
  const std::jthread other([&] { group.done(); });
  group.wait();
  EXPECT_THROW(group.go([] {}), std::system_error);
  group.wait();
}

}  // namespace
}  // namespace leat
