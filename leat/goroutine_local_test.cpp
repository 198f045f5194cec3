#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <leat/chan.hpp>
#include <leat/goroutine_local.hpp>
#include <leat/parked_test.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

LEAT_TEST_ON_WORKERS(a_goroutine_local);

TEST_P(a_goroutine_local, belongs_to_its_goroutine_wherever_that_runs) {
  static goroutine_local<int> number;
  static goroutine_local<std::string> text;
  run([] {
    wait_group done;
    for (int who = 1; who <= 50; ++who) {
      done.go([who] {
        EXPECT_EQ(*number, 0) << "made anew, whoever had the stack before";
        *number = who;
        text->assign(std::to_string(who));
        for (int i = 0; i < 20; ++i) {
          leat::yield();
          ASSERT_EQ(*number, who);
          ASSERT_EQ(text.get(), std::to_string(who));
        }
      });
    }
    done.wait();
    EXPECT_EQ(*number, 0);
  });
}

// Counts how many exist.
struct census {
  static inline std::atomic<int> living{0};
  census() { ++living; }
  census(const census&) = delete;
  census& operator=(const census&) = delete;
  ~census() { --living; }
};

TEST_P(a_goroutine_local, is_made_on_first_use_and_destroyed_with_its_goroutine) {
  static goroutine_local<census> counted;
  run([] {
    const chan<unit> first_use;
    const chan<unit> end;
    wait_group done;
    for (int i = 0; i < 10; ++i) {
      done.go([=] {
        first_use.receive();
        counted.get();
        end.receive();
      });
    }
    EXPECT_EQ(census::living, 0);
    first_use.close();
    await([] { return census::living == 10; });
    end.close();
    await([] { return census::living == 0; });
    done.wait();
  });
}

TEST_P(a_goroutine_local, of_the_main_goroutine_is_destroyed_at_its_end) {
  static goroutine_local<census> counted;
  run([] {
    counted.get();
    EXPECT_EQ(census::living, 1);
  });
  EXPECT_EQ(census::living, 0);
}

TEST_P(a_goroutine_local, may_park_in_its_destructor) {
  static std::atomic<int> ended;
  ended = 0;
  struct parking {
    ~parking() {
      leat::yield();
      ++ended;
    }
  };
  static goroutine_local<parking> one;
  run([] {
    for (int i = 0; i < 10; ++i)
      go([] { one.get(); });
    await([] { return ended == 10; });
    await([] { return goroutine_count() == 1; });
  });
}

TEST_P(a_goroutine_local, may_use_others_in_its_destructor) {
  static std::atomic<int> last;
  last = 0;
  static goroutine_local<int> later;
  struct user {
    ~user() {
      *later += 1;
      last = *later;
    }
  };
  static goroutine_local<user> first;
  run([] {
    wait_group done;
    go([] { first.get(); });
    await([] { return last == 1; });
  });
}

TEST_P(a_goroutine_local, whose_constructor_throws_may_be_tried_again) {
  static int failures;
  failures = 2;
  struct reluctant {
    int value = 7;
    reluctant() {
      if (failures-- > 0) throw std::runtime_error("not yet");
    }
  };
  static goroutine_local<reluctant> one;
  run([] {
    EXPECT_THROW(one.get(), std::runtime_error);
    EXPECT_THROW(one.get(), std::runtime_error);
    EXPECT_EQ(one->value, 7);
  });
}

TEST_P(a_goroutine_local, keeps_its_place_when_there_are_many) {
  static std::array<goroutine_local<std::size_t>, 100> many;
  run([] {
    wait_group done;
    for (std::size_t who = 0; who < 5; ++who) {
      done.go([who] {
        for (std::size_t i = 0; i < many.size(); ++i)
          *many[i] = who * 1000 + i;
        leat::yield();
        for (std::size_t i = 0; i < many.size(); ++i)
          EXPECT_EQ(*many[i], who * 1000 + i);
      });
    }
    done.wait();
  });
}

TEST(a_goroutine_local_outside_of_goroutines, belongs_to_the_thread) {
  static goroutine_local<int> number;
  *number = 1;
  std::jthread([] {
    EXPECT_EQ(*number, 0);
    *number = 2;
  }).join();
  EXPECT_EQ(*number, 1);
  leat::run(run_options{.workers = 1}, [] { EXPECT_EQ(*number, 0) << "the goroutine's, not the thread's"; });
  EXPECT_EQ(*number, 1);
}

}  // namespace
}  // namespace leat
