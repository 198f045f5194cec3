#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <leat/blocking.hpp>
#include <leat/chan.hpp>
#include <leat/parked_test.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(a_blocking_call);

TEST_P(a_blocking_call, returns_what_its_function_returns) {
  run([] {
    EXPECT_EQ(blocking([] { return 7; }), 7);
    EXPECT_EQ(*blocking([] { return std::make_unique<int>(8); }), 8);
    EXPECT_EQ(blocking([] { return std::string(1000, 'x'); }).size(), 1000U);
    bool called = false;
    blocking([&] { called = true; });
    EXPECT_TRUE(called);
  });
}

TEST_P(a_blocking_call, throws_what_its_function_throws) {
  run([] {
    try {
      blocking([]() -> int { throw std::runtime_error("from the pool"); });
      ADD_FAILURE() << "no exception";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "from the pool");
    }
    EXPECT_EQ(blocking([] { return std::uncaught_exceptions(); }), 0);
  });
}

TEST_P(a_blocking_call, runs_on_a_thread_that_is_no_workers) {
  run([] {
    EXPECT_NE(blocking([] { return std::this_thread::get_id(); }), std::this_thread::get_id());
    EXPECT_EQ(blocking([] { return goroutine_id(); }), 0U);
  });
}

TEST_P(a_blocking_call, lets_other_goroutines_run_meanwhile) {
  run([] {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    std::atomic<bool> answered{false};
    wait_group done;
    done.go([&] {
      char byte = 0;
      EXPECT_EQ(blocking([&] { return ::read(ends[0], &byte, 1); }), 1);
      EXPECT_EQ(byte, 'b');
      answered = true;
    });
    testing::await_parked(1);
    testing::let_others_run();
    EXPECT_FALSE(answered);
    EXPECT_EQ(::write(ends[1], "b", 1), 1);
    done.wait();
    ::close(ends[0]);
    ::close(ends[1]);
  });
}

// Each call waits for all others to have begun.
TEST_P(a_blocking_call, runs_beside_many_others) {
  run([] {
    constexpr int calls = 64;
    std::latch all(calls);
    wait_group done;
    for (int i = 0; i < calls; ++i)
      done.go([&] { blocking([&] { all.arrive_and_wait(); }); });
    done.wait();
  });
}

TEST_P(a_blocking_call, waits_its_turn_beyond_the_limit_of_threads) {
  run([] {
    std::atomic<int> running{0};
    std::atomic<int> most{0};
    std::atomic<int> finished{0};
    constexpr int calls = 600;
    wait_group done;
    for (int i = 0; i < calls; ++i) {
      done.go([&] {
        blocking([&] {
          const int now = ++running;
          for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {}
          std::this_thread::yield();
          --running;
        });
        ++finished;
      });
    }
    done.wait();
    EXPECT_EQ(finished, calls);
    EXPECT_LE(most, 256);
  });
}

TEST_P(a_blocking_call, may_be_made_again_and_again) {
  run([] {
    wait_group done;
    for (int who = 0; who < 8; ++who) {
      done.go([who] {
        for (int i = 0; i < 1000 / sanitizer_cost; ++i)
          ASSERT_EQ(blocking([&] { return who * i; }), who * i);
      });
    }
    done.wait();
  });
}

TEST_P(a_blocking_call, may_use_channels) {
  run([] {
    const chan<int> c;
    wait_group done;
    done.go([c] {
      blocking([c] {
        for (int i = 0; i < 100; ++i)
          c.send(int{i});
        c.close();
      });
    });
    int expected = 0;
    for (const int value : c)
      EXPECT_EQ(value, expected++);
    EXPECT_EQ(expected, 100);
    done.wait();
  });
}

TEST(a_blocking_call_outside_of_run, is_just_a_call) {
  EXPECT_EQ(blocking([] { return std::this_thread::get_id(); }), std::this_thread::get_id());
  EXPECT_THROW(blocking([] { throw 1; }), int);
}

TEST(a_blocking_call_under_way, does_not_hold_up_the_end_of_the_program) {
  static std::atomic<bool> go_on;
  static std::atomic<bool> over;
  for (const unsigned workers : {1U, 2U}) {
    go_on = over = false;
    leat::run(run_options{.workers = workers}, [] {
      go([] {
        blocking([] {
          while (!go_on)
            std::this_thread::yield();
          over = true;
        });
        ADD_FAILURE() << "its goroutine was forgotten";
      });
      testing::await_parked(1);
    });
    EXPECT_FALSE(over);
    go_on = true;
    while (!over)
      std::this_thread::yield();
    leat::run(run_options{.workers = workers}, [] { EXPECT_EQ(blocking([] { return 1; }), 1); });
  }
}

}  // namespace
}  // namespace leat
