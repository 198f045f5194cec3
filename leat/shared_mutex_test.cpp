#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <leat/parked_test.hpp>
#include <leat/shared_mutex.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;

class a_shared_mutex : public leat::testing::on_workers {
 protected:
  // While a reader holds the lock, new readers are refused exactly when a writer waits.
  static void await_writer(shared_mutex& guard) {
    await([&] {
      if (!guard.try_lock_shared()) return true;
      guard.unlock_shared();
      return false;
    });
  }
};
INSTANTIATE_TEST_SUITE_P(on, a_shared_mutex, ::testing::Values(1u, 2u, 4u), leat::testing::workers_name);

TEST_P(a_shared_mutex, lets_readers_in_together) {
  run([] {
    shared_mutex guard;
    std::atomic<int> inside{0};
    wait_group all;
    for (int i = 0; i < 10; ++i) {
      all.go([&] {
        const std::shared_lock hold(guard);
        ++inside;
        await([&] { return inside == 10; });
      });
    }
    all.wait();
  });
}

TEST_P(a_shared_mutex, keeps_writers_from_everybody) {
  run([] {
    shared_mutex guard;
    std::atomic<int> activity{0};
    int value = 0;
    wait_group all;
    for (int i = 0; i < 3; ++i) {
      all.go([&] {
        for (int round = 0; round < 300; ++round) {
          const std::lock_guard hold(guard);
          EXPECT_EQ(activity.fetch_add(10'000), 0);
          ++value;
          if (round % 4 == 0) leat::yield();
          activity -= 10'000;
        }
      });
    }
    for (int i = 0; i < 6; ++i) {
      all.go([&] {
        for (int round = 0; round < 300; ++round) {
          const std::shared_lock hold(guard);
          EXPECT_LT(activity.fetch_add(1), 10'000);
          if (round % 5 == 0) leat::yield();
          --activity;
        }
      });
    }
    all.wait();
    EXPECT_EQ(value, 3 * 300);
  });
}

TEST_P(a_shared_mutex, stops_new_readers_while_a_writer_waits) {
  run([] {
    shared_mutex guard;
    guard.lock_shared();
    std::atomic<bool> written{false};
    wait_group writer;
    writer.go([&] {
      const std::lock_guard hold(guard);
      written = true;
    });
    await_writer(guard);
    wait_group reader;
    reader.go([&] {
      const std::shared_lock hold(guard);
      EXPECT_TRUE(written);
    });
    EXPECT_FALSE(written);
    guard.unlock_shared();
    writer.wait();
    reader.wait();
  });
}

TEST_P(a_shared_mutex, admits_the_readers_that_wait_before_the_next_writer) {
  run([] {
    shared_mutex guard;
    guard.lock();
    std::atomic<int> readers{0};
    wait_group all;
    all.go([&] {
      const std::lock_guard hold(guard);
      EXPECT_EQ(readers, 3);
    });
    leat::testing::await_parked(1);
    for (int i = 0; i < 3; ++i) {
      all.go([&] {
        const std::shared_lock hold(guard);
        ++readers;
      });
    }
    leat::testing::await_parked(4);
    guard.unlock();
    all.wait();
  });
}

TEST_P(a_shared_mutex, admits_readers_when_the_writer_that_kept_them_out_gives_up) {
  run([] {
    shared_mutex guard;
    guard.lock_shared();
    std::atomic<bool> gave_up{false};
    wait_group writer;
    writer.go([&] {
      EXPECT_FALSE(guard.try_lock_for(20ms));
      gave_up = true;
    });
    await([&] {
      if (gave_up || !guard.try_lock_shared()) return true;
      guard.unlock_shared();
      return false;
    });
    wait_group readers;
    for (int i = 0; i < 3; ++i) {
      readers.go([&] {
        guard.lock_shared();
        guard.unlock_shared();
      });
    }
    readers.wait();
    writer.wait();
    guard.unlock_shared();
    EXPECT_TRUE(guard.try_lock());
    guard.unlock();
  });
}

TEST_P(a_shared_mutex, gives_up_at_the_deadline) {
  run([] {
    shared_mutex guard;
    guard.lock();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(guard.try_lock());
    EXPECT_FALSE(guard.try_lock_shared());
    EXPECT_FALSE(guard.try_lock_for(2ms));
    EXPECT_FALSE(guard.try_lock_shared_for(2ms));
    EXPECT_FALSE(guard.try_lock_until(begin));
    EXPECT_FALSE(guard.try_lock_shared_until(begin));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 4ms);
    guard.unlock();
    EXPECT_TRUE(guard.try_lock_shared_for(0ms));
    EXPECT_TRUE(guard.try_lock_shared());
    guard.unlock_shared();
    guard.unlock_shared();
    EXPECT_TRUE(guard.try_lock_for(0ms));
    guard.unlock();
  });
}

TEST_P(a_shared_mutex, survives_deadlines_that_race_with_unlocks) {
  run([] {
    shared_mutex guard;
    std::atomic<int> activity{0};
    wait_group all;
    for (int i = 0; i < 6; ++i) {
      all.go([&, i] {
        for (int round = 0; round < 300; ++round) {
          const auto patience = std::chrono::microseconds((round * 3 + i) % 50);
          if (i < 2 && guard.try_lock_for(patience)) {
            EXPECT_EQ(activity.fetch_add(1000), 0);
            leat::yield();
            activity -= 1000;
            guard.unlock();
          } else if (guard.try_lock_shared_for(patience)) {
            EXPECT_LT(activity.fetch_add(1), 1000);
            leat::yield();
            --activity;
            guard.unlock_shared();
          }
        }
      });
    }
    all.wait();
    EXPECT_TRUE(guard.try_lock()) << "it must be free at the end";
    guard.unlock();
  });
}

// All combinations of how many read and how many write, each checking what the other may not do meanwhile.
TEST_P(a_shared_mutex, holds_for_any_number_of_readers_and_writers) {
  run([] {
    for (const int readers : {1, 3, 10}) {
      for (const int writers : {1, 2, 4}) {
        shared_mutex guard;
        std::atomic<int> activity{0};
        wait_group all;
        for (int i = 0; i < writers; ++i) {
          all.go([&] {
            for (int round = 0; round < 50; ++round) {
              const std::unique_lock hold(guard);
              EXPECT_EQ(activity.fetch_add(10'000), 0);
              if (round % 3 == 0) leat::yield();
              activity -= 10'000;
            }
          });
        }
        for (int i = 0; i < readers; ++i) {
          all.go([&] {
            for (int round = 0; round < 50; ++round) {
              const std::shared_lock hold(guard);
              EXPECT_LT(activity.fetch_add(1), 10'000);
              if (round % 3 == 0) leat::yield();
              --activity;
            }
          });
        }
        all.wait();
        EXPECT_TRUE(guard.try_lock());
        guard.unlock();
      }
    }
  });
}

TEST_P(a_shared_mutex, names_its_misuse) {
  run([] {
    shared_mutex guard;
    EXPECT_THROW(guard.unlock(), std::logic_error);
    EXPECT_THROW(guard.unlock_shared(), std::logic_error);
    guard.lock_shared();
    EXPECT_THROW(guard.unlock(), std::logic_error);
    guard.unlock_shared();
    guard.lock();
    EXPECT_THROW(guard.unlock_shared(), std::logic_error);
    guard.unlock();
  });
}

TEST_P(a_shared_mutex, serves_goroutines_and_foreign_threads_alike) {
  run([] {
    shared_mutex guard;
    int value = 0;
    const auto work = [&] {
      for (int round = 0; round < 200; ++round) {
        if (round % 10 == 0) {
          const std::lock_guard hold(guard);
          ++value;
        } else {
          const std::shared_lock hold(guard);
          EXPECT_GE(value, 0);
        }
      }
    };
    wait_group all;
    all.add(2);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        work();
        all.done();
      });
    }
    for (int i = 0; i < 3; ++i)
      all.go(work);
    all.wait();
    EXPECT_EQ(value, 5 * 20);
  });
}

}  // namespace
}  // namespace leat
