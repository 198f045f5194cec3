#include <atomic>
#include <stdexcept>
#include <thread>

#include <leat/once.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

LEAT_TEST_ON_WORKERS(a_once);

TEST_P(a_once, calls_one_function_and_all_callers_see_it_done) {
  run([] {
    once first;
    int value = 0;
    std::atomic<int> calls{0};
    wait_group all;
    for (int i = 0; i < 20; ++i) {
      all.go([&] {
        first.call([&] {
          ++calls;
          for (int j = 0; j < 10; ++j)
            leat::yield();
          value = 42;
        });
        EXPECT_EQ(value, 42);
        EXPECT_TRUE(first.done());
      });
    }
    all.wait();
    EXPECT_EQ(calls, 1);
  });
}

TEST_P(a_once, lets_the_next_caller_try_after_an_exception) {
  run([] {
    once first;
    std::atomic<int> thrown{0};
    std::atomic<int> attempts{0};
    wait_group all;
    for (int i = 0; i < 5; ++i) {
      all.go([&] {
        try {
          first.call([&] {
            leat::yield();
            if (++attempts < 3) throw std::runtime_error("not yet");
          });
        } catch (const std::runtime_error&) {
          ++thrown;
        }
      });
    }
    all.wait();
    EXPECT_EQ(thrown, 2);
    EXPECT_EQ(attempts, 3);
    EXPECT_TRUE(first.done());
  });
}

TEST_P(a_once, whose_function_throws_has_not_happened) {
  run([] {
    once first;
    int calls = 0;
    for (int i = 0; i < 3; ++i) {
      EXPECT_THROW(first.call([&] {
        ++calls;
        throw std::runtime_error("not yet");
      }),
                   std::runtime_error);
      EXPECT_FALSE(first.done());
    }
    first.call([&] { ++calls; });
    first.call([&] { ADD_FAILURE() << "a second time"; });
    EXPECT_EQ(calls, 4);
  });
}

TEST_P(a_once, refuses_a_call_from_inside_its_function) {
  run([] {
    once first;
    EXPECT_THROW(first.call([&] { first.call([] {}); }), std::logic_error);
    EXPECT_FALSE(first.done());
    first.call([] {});
    EXPECT_TRUE(first.done());
  });
}

TEST_P(a_once, holds_between_goroutines_and_foreign_threads) {
  run([] {
    for (int round = 0; round < 20; ++round) {
      once first;
      int calls = 0;
      wait_group all;
      all.add(1);
      const std::jthread outside([&] {
        first.call([&] { ++calls; });
        all.done();
      });
      for (int i = 0; i < 3; ++i)
        all.go([&] { first.call([&] { ++calls; }); });
      all.wait();
      EXPECT_EQ(calls, 1);
    }
  });
}

}  // namespace
}  // namespace leat
