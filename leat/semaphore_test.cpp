#include <atomic>
#include <limits>
#include <stdexcept>
#include <thread>

#include <leat/parked_test.hpp>
#include <leat/semaphore.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;

LEAT_TEST_ON_WORKERS(a_semaphore);

TEST_P(a_semaphore, lets_no_more_in_than_it_has_permits) {
  run([] {
    semaphore slots(3);
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    wait_group all;
    for (int i = 0; i < 20; ++i) {
      all.go([&] {
        for (int round = 0; round < 50; ++round) {
          slots.acquire();
          const int now = ++inside;
          int seen = most;
          while (now > seen && !most.compare_exchange_weak(seen, now)) {}
          leat::yield();
          --inside;
          slots.release();
        }
      });
    }
    all.wait();
    EXPECT_LE(most, 3);
    EXPECT_EQ(slots.available(), 3);
  });
}

TEST_P(a_semaphore, serves_a_large_request_before_small_ones_that_came_later) {
  run([] {
    semaphore slots(3);
    slots.acquire(2);
    std::atomic<bool> served{false};
    wait_group large;
    large.go([&] {
      slots.acquire(3);
      served = true;
    });
    // The free permit is refused to others as soon as the large request stands in line.
    await([&] {
      if (!slots.try_acquire()) return true;
      slots.release();
      return false;
    });
    EXPECT_EQ(slots.available(), 1);
    wait_group small;
    small.go([&] {
      slots.acquire();
      EXPECT_TRUE(served);
    });
    slots.release();
    slots.release();
    large.wait();
    slots.release(3);
    small.wait();
    EXPECT_EQ(slots.available(), 2);
  });
}

TEST_P(a_semaphore, serves_those_behind_a_large_request_that_gave_up) {
  run([] {
    semaphore slots(1);
    wait_group small;
    std::atomic<bool> gave_up{false};
    wait_group large;
    large.go([&] {
      EXPECT_FALSE(slots.try_acquire_for(20ms, 2));
      gave_up = true;
    });
    await([&] {
      if (gave_up || !slots.try_acquire()) return true;
      slots.release();
      return false;
    });
    small.go([&] { slots.acquire(); });
    small.wait();
    large.wait();
    EXPECT_TRUE(gave_up);
    EXPECT_EQ(slots.available(), 0);
  });
}

TEST_P(a_semaphore, hands_permits_over_in_the_order_of_waiting) {
  run([] {
    semaphore slots(0);
    std::atomic<std::size_t> served{0};
    wait_group all;
    for (std::size_t i = 0; i < 20; ++i) {
      all.go([&, i] {
        slots.acquire();
        EXPECT_EQ(served++, i);
      });
      leat::testing::await_parked(i + 1);
    }
    for (std::size_t i = 0; i < 20; ++i) {
      slots.release();
      await([&] { return served == i + 1; });
    }
    all.wait();
  });
}

TEST_P(a_semaphore, gives_up_at_the_deadline_and_takes_nothing) {
  run([] {
    semaphore slots(1);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(slots.try_acquire_for(5ms, 2));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 5ms);
    EXPECT_FALSE(slots.try_acquire_until(begin, 2));
    EXPECT_EQ(slots.available(), 1);
    EXPECT_TRUE(slots.try_acquire_for(0ms));
  });
}

TEST_P(a_semaphore, loses_no_permit_when_deadlines_race_with_releases) {
  run([] {
    semaphore slots(2);
    wait_group all;
    for (int i = 0; i < 6; ++i) {
      all.go([&, i] {
        for (int round = 0; round < 300; ++round) {
          const int wanted = 1 + (round + i) % 2;
          if (!slots.try_acquire_for(std::chrono::microseconds((round * 5 + i) % 40), wanted)) continue;
          leat::yield();
          slots.release(wanted);
        }
      });
    }
    all.wait();
    EXPECT_EQ(slots.available(), 2);
  });
}

// A permit that is released while somebody waits is that one's, whoever else asks before it runs.
TEST_P(a_semaphore, hands_a_released_permit_to_who_waits_and_not_to_who_comes) {
  run([] {
    for (int round = 0; round < 100; ++round) {
      semaphore slots(0);
      std::atomic<bool> served{false};
      wait_group waiter;
      waiter.go([&] {
        slots.acquire();
        served = true;
      });
      leat::testing::await_parked(1);
      slots.release();
      EXPECT_FALSE(slots.try_acquire());
      waiter.wait();
      EXPECT_TRUE(served);
    }
  });
}

// Two that pass one permit to and fro must not keep a third from it.
TEST_P(a_semaphore, passes_a_permit_around_all_that_ask_again_and_again) {
  run([] {
    semaphore one(1);
    std::atomic<int> turns[3] = {};
    wait_group all;
    for (auto& own : turns) {
      all.go([&] {
        while (turns[0] < 100 || turns[1] < 100 || turns[2] < 100) {
          one.acquire();
          ++own;
          leat::yield();
          one.release();
        }
      });
    }
    all.wait();
  });
}

TEST_P(a_semaphore, names_its_misuse) {
  run([] {
    EXPECT_THROW(semaphore(-1), std::invalid_argument);
    semaphore slots(1);
    EXPECT_THROW(slots.acquire(0), std::invalid_argument);
    EXPECT_THROW(slots.try_acquire(-1), std::invalid_argument);
    EXPECT_THROW(slots.release(0), std::invalid_argument);
    EXPECT_THROW(slots.release(std::numeric_limits<std::ptrdiff_t>::max()), std::logic_error);
    EXPECT_EQ(slots.available(), 1);
  });
}

TEST_P(a_semaphore, passes_permits_between_goroutines_and_foreign_threads) {
  run([] {
    semaphore ping(0);
    semaphore pong(0);
    wait_group done;
    done.add(1);
    const std::jthread outside([&] {
      for (int i = 0; i < 200; ++i) {
        ping.acquire();
        pong.release();
      }
      done.done();
    });
    for (int i = 0; i < 200; ++i) {
      ping.release();
      pong.acquire();
    }
    done.wait();
  });
}

}  // namespace
}  // namespace leat
