#include <gtest/gtest.h>

#include <mutex>

#include <leat/chan.hpp>
#include <leat/go.hpp>

namespace leat {
namespace {

void park_with_mutex() {
  run([] {
    std::mutex guard;
    chan<int> values;
    go([=] { values.send(1); });
    const std::lock_guard hold(guard);
    values.receive();
  });
}

TEST(a_debug_build_death, reports_who_parks_while_it_holds_a_standard_mutex) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(park_with_mutex(), "goroutine 1 parks \\[chan receive\\] while it holds 1 std::mutex");
}

TEST(a_debug_build, lets_a_goroutine_hold_a_standard_mutex_while_it_does_not_wait) {
  run([] {
    std::mutex guard;
    chan<int> values{1};
    {
      const std::lock_guard hold(guard);
      values.send(1);
    }
    EXPECT_EQ(values.receive(), 1);
  });
}

}  // namespace
}  // namespace leat
