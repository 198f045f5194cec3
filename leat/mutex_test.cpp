#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <leat/mutex.hpp>
#include <leat/parked_test.hpp>
#include <leat/time.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;

LEAT_TEST_ON_WORKERS(a_mutex);

TEST_P(a_mutex, excludes_others_also_while_its_holder_yields) {
  run([] {
    mutex guard;
    int inside = 0;
    int total = 0;
    wait_group all;
    for (int i = 0; i < 8; ++i) {
      all.go([&] {
        for (int round = 0; round < 1000; ++round) {
          const std::lock_guard hold(guard);
          EXPECT_EQ(++inside, 1);
          if (round % 3 == 0) leat::yield();
          ++total;
          --inside;
        }
      });
    }
    all.wait();
    EXPECT_EQ(total, 8 * 1000);
  });
}

TEST_P(a_mutex, is_taken_by_try_lock_exactly_when_it_is_free) {
  run([] {
    mutex guard;
    EXPECT_TRUE(guard.try_lock());
    EXPECT_FALSE(guard.try_lock());
    guard.unlock();
    EXPECT_TRUE(guard.try_lock());
    guard.unlock();
  });
}

TEST_P(a_mutex, throws_when_it_is_unlocked_but_not_locked) {
  run([] {
    mutex guard;
    EXPECT_THROW(guard.unlock(), std::logic_error);
    guard.lock();
    guard.unlock();
    EXPECT_THROW(guard.unlock(), std::logic_error);
    EXPECT_TRUE(guard.try_lock()) << "misuse must not change it";
    guard.unlock();
  });
}

TEST_P(a_mutex, may_be_unlocked_by_another_goroutine) {
  run([] {
    mutex guard;
    guard.lock();
    leat::go([&] { guard.unlock(); });
    guard.lock();
    guard.unlock();
  });
}

TEST_P(a_mutex, reaches_a_starving_waiter_beside_one_that_never_lets_go_for_long) {
  run([] {
    mutex guard;
    std::atomic<bool> stop{false};
    wait_group hog;
    hog.go([&] {
      while (!stop) {
        const std::lock_guard hold(guard);
        const auto until = std::chrono::steady_clock::now() + 100us;
        while (std::chrono::steady_clock::now() < until)
          leat::yield();
      }
    });
    for (int i = 0; i < 10; ++i) {
      const std::lock_guard hold(guard);  // without hand-over, the hog takes it back every time
      leat::yield();
    }
    stop = true;
    hog.wait();
  });
}

TEST_P(a_mutex, gives_up_at_the_deadline) {
  run([] {
    mutex guard;
    guard.lock();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(guard.try_lock_for(5ms));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 5ms);
    EXPECT_FALSE(guard.try_lock_until(begin));
    EXPECT_FALSE(guard.try_lock_until(std::chrono::system_clock::now() + 1ms));
    guard.unlock();
    EXPECT_TRUE(guard.try_lock_for(0ms)) << "what gave up must leave nothing behind";
    guard.unlock();
  });
}

TEST_P(a_mutex, is_taken_before_the_deadline_when_it_is_freed) {
  run([] {
    mutex guard;
    guard.lock();
    wait_group waiter;
    waiter.go([&] {
      EXPECT_TRUE(guard.try_lock_for(std::chrono::hours::max()));
      guard.unlock();
    });
    leat::testing::await_parked(1);
    guard.unlock();
    waiter.wait();
  });
}

TEST_P(a_mutex, survives_deadlines_that_race_with_unlocks) {
  run([] {
    mutex guard;
    int shared = 0;
    std::atomic<int> taken{0};
    wait_group all;
    for (int i = 0; i < 6; ++i) {
      all.go([&, i] {
        for (int round = 0; round < 300; ++round) {
          if (!guard.try_lock_for(std::chrono::microseconds((round * 7 + i) % 60))) continue;
          ++shared;
          ++taken;
          leat::yield();
          guard.unlock();
        }
      });
    }
    all.wait();
    EXPECT_TRUE(guard.try_lock());
    EXPECT_EQ(shared, taken.load());
    guard.unlock();
  });
}

TEST_P(a_mutex, may_be_destroyed_by_who_last_unlocks_it) {
  run([] {
    for (int round = 0; round < 500; ++round) {
      struct shared_state {
        mutex guard;
        int users = 2;
      };
      auto* state = std::make_unique<shared_state>().release();
      const auto leave = [state] {
        bool last = false;
        {
          const std::lock_guard hold(state->guard);
          last = --state->users == 0;
        }
        if (last) const std::unique_ptr<shared_state> doomed(state);
      };
      wait_group both;
      both.go(leave);
      both.go(leave);
      both.wait();
    }
  });
}

TEST_P(a_mutex, serves_goroutines_and_foreign_threads_alike) {
  run([] {
    mutex guard;
    int total = 0;
    const auto work = [&] {
      for (int round = 0; round < 500; ++round) {
        const std::lock_guard hold(guard);
        ++total;
      }
    };
    wait_group goroutines;
    wait_group foreign;
    foreign.add(2);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        work();
        foreign.done();
      });
    }
    for (int i = 0; i < 4; ++i)
      goroutines.go(work);
    goroutines.wait();
    foreign.wait();
    EXPECT_EQ(total, 6 * 500);
  });
}

TEST_P(a_mutex, excludes_those_that_only_try_as_well) {
  run([] {
    mutex guard;
    int inside = 0;
    std::atomic<int> taken{0};
    wait_group all;
    for (int i = 0; i < 8; ++i) {
      all.go([&] {
        for (int round = 0; round < 500; ++round) {
          if (round % 3 == 0) {
            if (!guard.try_lock()) continue;
          } else {
            guard.lock();
          }
          EXPECT_EQ(++inside, 1);
          ++taken;
          if (round % 7 == 0) leat::yield();
          --inside;
          guard.unlock();
        }
      });
    }
    all.wait();
    EXPECT_GE(taken, 8 * 333);
  });
}

// Who sleeps while others hold the lock most of the time must still come to it every time.
TEST_P(a_mutex, reaches_one_that_sleeps_between_its_turns) {
  run([] {
    mutex guard;
    std::atomic<bool> stop{false};
    wait_group hog;
    hog.go([&] {
      while (!stop) {
        const std::lock_guard hold(guard);
        sleep_for(100us);
      }
    });
    for (int i = 0; i < 10; ++i) {
      sleep_for(100us);
      const std::lock_guard hold(guard);
    }
    stop = true;
    hog.wait();
  });
}

TEST(a_mutex_without_a_runtime, works_between_threads) {
  mutex guard;
  int total = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 2000; ++round) {
          const std::lock_guard hold(guard);
          ++total;
        }
      });
    }
  }
  EXPECT_EQ(total, 4 * 2000);
  guard.lock();
  EXPECT_FALSE(guard.try_lock_for(1ms));
  guard.unlock();
}

}  // namespace
}  // namespace leat
