#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#include <leat/chan.hpp>
#include <leat/dying_test.hpp>
#include <leat/go.hpp>

// What is to be found on the stack.
namespace kitchen {

[[gnu::noinline]] void wait_for_an_egg(const leat::chan<int>& eggs) {
  eggs.receive();
  LEAT_KEEP_FRAME;
}

}  // namespace kitchen

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::end_of;
using testing::ending;
using testing::place;

// How a run ends whose main goroutine parks with what `lock` has locked.
ending end_of_parking_with(auto lock) {
  return end_of([&] {
    leat::run({.workers = 1}, [&] {  // so that nobody has sent before
      const chan<int> eggs;
      go([=] { eggs.send(1); });
      const auto hold = lock();
      kitchen::wait_for_an_egg(eggs);
    });
  });
}

std::mutex plain;
std::timed_mutex timed;
std::recursive_mutex recursive;
std::shared_mutex shared;
std::shared_timed_mutex shared_timed;

TEST(a_debug_build, ends_a_program_whose_goroutine_parks_with_a_mutex_and_says_why_and_where) {
  const int start = __LINE__ + 2;
  const ending seen = end_of([] {
    leat::run({.workers = 1}, [] {
      const chan<int> eggs;
      go([=] { eggs.send(1); });
      const std::lock_guard hold(plain);
      kitchen::wait_for_an_egg(eggs);
    });
  });
  EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
  EXPECT_SAYS(seen, "leat: goroutine 1 parks [chan receive] while it holds 1 std::mutex\n");
  EXPECT_SAYS(seen, "use leat::mutex, which may be held while waiting, or unlock it before\n");
  EXPECT_SAYS(seen, "started at ");
  EXPECT_SAYS(seen, place(__FILE__, start));
  EXPECT_SAYS(seen, "kitchen::wait_for_an_egg(");
}

TEST(a_debug_build, counts_the_mutexes) {
  const ending seen =
      end_of_parking_with([] { return std::make_pair(std::unique_lock(plain), std::unique_lock(timed)); });
  EXPECT_SAYS(seen, "while it holds 2 std::mutexes\n");
}

TEST(a_debug_build, knows_every_kind_of_lock) {
  const auto expect_found = [](auto lock) {
    const ending seen = end_of_parking_with(lock);
    EXPECT_SAYS(seen, "while it holds 1 std::mutex\n");
  };
  const auto later = std::chrono::system_clock::now() + 1min;
  expect_found([] { return std::unique_lock(plain, std::try_to_lock); });
  expect_found([] { return std::unique_lock(recursive); });
  expect_found([] { return std::unique_lock(timed); });
  expect_found([] { return std::unique_lock(timed, 1min); });
  expect_found([=] { return std::unique_lock(timed, later); });
  expect_found([] { return std::unique_lock(shared); });
  expect_found([] { return std::shared_lock(shared); });
  expect_found([] { return std::unique_lock(shared, std::try_to_lock); });
  expect_found([] { return std::shared_lock(shared, std::try_to_lock); });
  expect_found([] { return std::unique_lock(shared_timed, 1min); });
  expect_found([] { return std::shared_lock(shared_timed, 1min); });
  expect_found([=] { return std::unique_lock(shared_timed, later); });
  expect_found([=] { return std::shared_lock(shared_timed, later); });
}

TEST(a_debug_build, ends_a_program_whose_goroutine_yields_with_a_mutex) {
  const ending seen = end_of([] {
    leat::run([] {
      const std::lock_guard hold(plain);
      leat::yield();
    });
  });
  EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
  EXPECT_SAYS(seen, "leat: goroutine 1 yields while it holds 1 std::mutex\n");
}

TEST(a_debug_build, lets_a_goroutine_hold_a_standard_mutex_while_it_does_not_wait) {
  run([] {
    chan<int> values{1};
    {
      const std::scoped_lock hold(plain, timed, recursive);
      const std::lock_guard again(recursive);
      const std::shared_lock also(shared);
      EXPECT_FALSE(std::unique_lock(shared, std::try_to_lock));  // which fails, and so counts nothing
      values.send(1);
    }
    EXPECT_EQ(values.receive(), 1);
    leat::yield();
  });
}

TEST(a_debug_build, is_not_confused_by_a_wait_on_a_standard_condition_variable) {
  run([] {
    std::condition_variable never;
    {
      std::unique_lock hold(plain);
      EXPECT_EQ(never.wait_for(hold, 1ms), std::cv_status::timeout);
    }
    leat::yield();
  });
}

TEST(a_debug_build, lets_goroutines_park_below_a_mutex_that_the_caller_of_run_holds) {
  const std::lock_guard hold(plain);
  run([] {
    const chan<int> values;
    go([=] { values.send(1); });
    EXPECT_EQ(values.receive(), 1);
  });
}

}  // namespace
}  // namespace leat
