#include <gtest/gtest.h>

#include <hub/log_clock.hpp>

namespace hub {
namespace {

using namespace std::chrono_literals;

constexpr chat::moment noon{1'700'000'000s};

TEST(log_clock, goes_with_the_clock) {
  log_clock clock;
  EXPECT_EQ(clock.moment_at(noon), noon);
  EXPECT_EQ(clock.moment_at(noon + 1ms), noon + 1ms);
  EXPECT_EQ(clock.moment_at(noon + 24h), noon + 24h);
}

TEST(log_clock, stands_while_a_small_step_back_is_made_up_for) {
  log_clock clock;
  clock.moment_at(noon);
  EXPECT_EQ(clock.moment_at(noon - 2s), noon);
  EXPECT_EQ(clock.moment_at(noon - 1ms), noon);
  EXPECT_EQ(clock.moment_at(noon + 1ms), noon + 1ms);
}

TEST(log_clock, follows_a_large_step_back) {
  log_clock clock;
  clock.moment_at(noon + 24h * 365);
  EXPECT_EQ(clock.moment_at(noon), noon);
  EXPECT_EQ(clock.moment_at(noon - 1s), noon);
}

}  // namespace
}  // namespace hub
