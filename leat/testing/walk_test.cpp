#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include <leat/testing/walk.hpp>

namespace leat::testing {
namespace {

using numbers = std::vector<std::uint64_t>;

TEST(a_walk_plan, is_what_its_seed_says) {
  for (const walk_plan& plan : {walk_plan{}, walk_plan{.depth = 0, .steps = 0, .random = 7},
                                walk_plan{.depth = 15, .steps = 1048575, .random = 0xff'ffff'ffff},
                                walk_plan{.depth = 3, .steps = 120, .random = 1}}) {
    const walk_plan again = walk_plan::of(plan.seed());
    EXPECT_EQ(again.depth, plan.depth);
    EXPECT_EQ(again.steps, plan.steps);
    EXPECT_EQ(again.random, plan.random);
  }
}

TEST(a_walk_plan, of_a_small_number_is_a_random_walk) {
  EXPECT_EQ(describe(walk_plan::of(12345)), "random walk");
  EXPECT_EQ(describe(walk_plan{.depth = 3, .steps = 120, .random = 1}), "PCT of depth 3 over 120 steps");
}

TEST(a_walk_plan, keeps_its_parts_apart_when_one_is_too_large) {
  const walk_plan plan = walk_plan::of(walk_plan{.depth = 99, .steps = 0xffff'ffff, .random = ~0ULL}.seed());
  EXPECT_EQ(plan.depth, 15U);
  EXPECT_EQ(plan.steps, 1048575U);
}

TEST(a_random_sequence, is_the_same_for_the_same_start_and_within_its_limit) {
  random_sequence a(1);
  random_sequence b(1);
  random_sequence c(2);
  bool differs = false;
  for (int i = 0; i < 1000; ++i) {
    const std::size_t value = a.below(10);
    EXPECT_EQ(value, b.below(10));
    EXPECT_LT(value, 10U);
    differs = differs || value != c.below(10);
  }
  EXPECT_TRUE(differs);
}

TEST(a_random_walk, chooses_each_with_the_same_probability) {
  walk way(5);
  const numbers three{10, 20, 30};
  std::array<int, 3> times{};
  for (int i = 0; i < 30'000; ++i)
    ++times[way.choose(three)];
  for (const int count : times)
    EXPECT_NEAR(count, 10'000, 500);
}

TEST(a_random_walk, stops_the_running_one_always_or_rarely_but_never_for_nobody) {
  int eager = 0;
  int lazy = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    walk way(seed);
    int stopped = 0;
    for (int i = 0; i < 1000; ++i) {
      EXPECT_FALSE(way.preempts(1, {}));
      stopped += way.preempts(1, numbers{2}) ? 1 : 0;
    }
    eager += stopped > 400 ? 1 : 0;
    lazy += stopped < 50 ? 1 : 0;
    EXPECT_EQ(way.steps(), 2000U);
  }
  EXPECT_GT(eager, 5);
  EXPECT_GT(lazy, 5);
}

std::uint64_t pct(std::uint32_t depth, std::uint32_t steps, std::uint64_t random) {
  return walk_plan{.depth = depth, .steps = steps, .random = random}.seed();
}

TEST(pct, keeps_the_order_of_priorities_between_its_change_points) {
  walk way(pct(1, 100, 3));
  numbers left{1, 2, 3, 4};
  numbers order;
  while (!left.empty()) {
    const std::size_t place = way.choose(left);
    order.push_back(left[place]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(place));
  }
  for (std::size_t higher = 0; higher < order.size(); ++higher) {
    for (std::size_t lower = higher + 1; lower < order.size(); ++lower) {
      EXPECT_FALSE(way.preempts(order[higher], numbers{order[lower]}));
      EXPECT_TRUE(way.preempts(order[lower], numbers{order[higher]}));
    }
  }
}

TEST(pct, chooses_every_order_with_about_the_same_probability) {
  std::map<std::size_t, int> first;
  for (std::uint64_t random = 0; random < 3000; ++random) {
    walk way(pct(2, 100, random * 7919));
    ++first[way.choose(numbers{1, 2, 3})];
  }
  for (const auto& [place, count] : first)
    EXPECT_NEAR(count, 1000, 200) << place;
}

TEST(pct, makes_one_less_change_than_its_depth) {
  for (std::uint32_t depth = 1; depth <= 5; ++depth) {
    walk way(pct(depth, 50, 11));
    std::uint32_t changes = 0;
    std::uint64_t running = 1;
    const auto other = [&] { return running == 1 ? 2U : 1U; };
    if (way.preempts(running, numbers{other()})) running = other();  // now the higher one runs
    for (int step = 0; step < 100; ++step) {
      if (!way.preempts(running, numbers{other()})) continue;
      running = other();
      ++changes;
    }
    EXPECT_LE(changes, depth - 1);
    EXPECT_GE(changes, depth > 1 ? 1U : 0U);
  }
}

TEST(pct, lets_nobody_keep_others_waiting_for_ever) {
  walk way(pct(1, 100, 3));
  const numbers both{1, 2};
  const std::uint64_t first = both[way.choose(both)];
  const numbers other{3 - first};
  int asked = 0;
  while (!way.preempts(first, other))
    ASSERT_LT(++asked, 2000);
  EXPECT_GE(asked, 500);
}

TEST(pct, lets_all_others_go_before_one_that_yields) {
  walk way(pct(1, 100, 3));
  const numbers all{1, 2, 3};
  const std::uint64_t first = all[way.choose(all)];
  way.yielded(first);
  const std::uint64_t second = all[way.choose(all)];
  EXPECT_NE(second, first);
  way.yielded(second);
  const std::uint64_t third = all[way.choose(all)];
  EXPECT_NE(third, first);
  EXPECT_NE(third, second);
  way.yielded(third);
  EXPECT_EQ(all[way.choose(all)], first) << "whoever yielded first is the first again";
}

}  // namespace
}  // namespace leat::testing
