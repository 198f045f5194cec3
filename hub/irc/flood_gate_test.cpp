#include <gtest/gtest.h>

#include <string>

#include <hub/irc/flood_gate.hpp>

namespace hub::irc {
namespace {

using namespace std::chrono_literals;

constexpr flood_limits lines_only{
    .burst_lines = 3, .lines_per_second = 2, .burst_bytes = 0, .bytes_per_second = 0};
constexpr flood_gate::time_point start{100s};

TEST(flood_gate, a_burst_passes_and_then_lines_come_at_the_rate) {
  flood_gate gate(lines_only, start);
  const std::string_view lines = "a\nb\nc\nd\ne\nf\n";
  EXPECT_EQ(gate.admit(lines, start), 6U);
  EXPECT_EQ(gate.admit(lines, start), 0U);
  EXPECT_EQ(gate.admit(lines, start + 500ms), 2U);
  EXPECT_EQ(gate.admit(lines, start + 10s), 6U);
}

TEST(flood_gate, after_the_wait_it_lets_something_pass) {
  flood_gate gate(lines_only, start);
  auto now = start;
  EXPECT_EQ(gate.admit("a\nb\nc\nd\n", now), 6U);
  for (int index = 0; index < 100; ++index) {
    EXPECT_EQ(gate.admit("d\n", now), 0U);
    now += gate.wait();
    ASSERT_EQ(gate.admit("d\n", now), 2U);
  }
  EXPECT_NEAR(std::chrono::duration<double>(now - start).count(), 49.5,
              0.1);  // the first one may pass as soon as the level is above zero
}

TEST(flood_gate, bytes_without_a_line_end_are_bounded_too) {
  flood_gate gate({.burst_lines = 1, .lines_per_second = 0, .burst_bytes = 100, .bytes_per_second = 10},
                  start);
  const std::string endless(250, 'x');
  EXPECT_EQ(gate.admit(endless, start), 250U);
  EXPECT_EQ(gate.admit(endless, start + 14s), 0U);
  EXPECT_GT(gate.wait(), 900ms);
  EXPECT_EQ(gate.admit(endless, start + 16s), 250U);
}

TEST(flood_gate, a_rate_of_zero_is_no_limit) {
  flood_gate gate({.burst_lines = 1, .lines_per_second = 0, .burst_bytes = 1, .bytes_per_second = 0}, start);
  std::string many;
  for (int index = 0; index < 1000; ++index)
    many += "x\n";
  EXPECT_EQ(gate.admit(many, start), many.size());
  EXPECT_EQ(gate.admit(many, start), many.size());
}

}  // namespace
}  // namespace hub::irc
