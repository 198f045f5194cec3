#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <leat/parked_test.hpp>
#include <leat/runtime/run_queue.hpp>

namespace leat::runtime {
namespace {

using testing::sanitizer_cost;

// Entries that are told apart by their addresses, and never run.
class a_run_queue : public ::testing::Test {
 protected:
  goroutine* entry(std::size_t index) { return &entries_[index]; }
  std::size_t index_of(const goroutine* one) const { return static_cast<std::size_t>(one - entries_.get()); }

  void fill(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      ASSERT_TRUE(queue.push(entry(i)));
  }

  static constexpr std::size_t entry_count = 4096;
  run_queue queue;

 private:
  std::unique_ptr<goroutine[]> entries_ = std::make_unique<goroutine[]>(entry_count);
};

TEST_F(a_run_queue, gives_what_it_took_in_order) {
  EXPECT_EQ(queue.pop(), nullptr);
  for (std::size_t round = 0; round < 10; ++round) {  // the ring turns
    fill(100);
    EXPECT_EQ(queue.size(), 100U);
    for (std::size_t i = 0; i < 100; ++i)
      EXPECT_EQ(queue.pop(), entry(i));
    EXPECT_EQ(queue.pop(), nullptr);
    EXPECT_EQ(queue.size(), 0U);
  }
}

TEST_F(a_run_queue, refuses_what_is_beyond_its_capacity) {
  fill(run_queue::capacity);
  EXPECT_FALSE(queue.push(entry(run_queue::capacity)));
  EXPECT_EQ(queue.size(), run_queue::capacity);
  EXPECT_EQ(queue.pop(), entry(0));
  EXPECT_TRUE(queue.push(entry(run_queue::capacity)));
  for (std::size_t i = 1; i <= run_queue::capacity; ++i)
    EXPECT_EQ(queue.pop(), entry(i));
}

TEST_F(a_run_queue, yields_the_older_half_to_a_thief) {
  for (std::size_t count = 0; count <= run_queue::capacity; ++count) {
    fill(count);
    run_queue thief;
    const std::size_t half = count - count / 2;
    goroutine* first = queue.steal_into(thief);
    if (count == 0) {
      EXPECT_EQ(first, nullptr);
      continue;
    }
    EXPECT_EQ(thief.size(), half - 1) << "one runs at once";
    EXPECT_EQ(queue.size(), count - half);
    EXPECT_EQ(first, entry(half - 1));
    for (std::size_t i = 0; i < half - 1; ++i)
      EXPECT_EQ(thief.pop(), entry(i));
    for (std::size_t i = half; i < count; ++i)
      EXPECT_EQ(queue.pop(), entry(i));
  }
}

// An owner that pushes and pops, and thieves that take from it and from each other.
TEST_F(a_run_queue, under_theft_gives_each_entry_once) {
  constexpr std::size_t thieves = 3;
  std::vector<std::atomic<int>> taken(entry_count);
  std::atomic<std::size_t> total{0};
  const auto take = [&](const goroutine* one) {
    ++taken[index_of(one)];
    ++total;
  };
  std::array<run_queue, thieves> loot;
  {
    std::vector<std::jthread> threads;
    for (std::size_t me = 0; me < thieves; ++me) {
      threads.emplace_back([&, me] {
        while (total < entry_count) {
          goroutine* got = queue.steal_into(loot[me]);
          if (!got) got = loot[(me + 1) % thieves].steal_into(loot[me]);
          if (got) take(got);
          while (goroutine* more = loot[me].pop())
            take(more);
          if (!got) std::this_thread::yield();
        }
      });
    }
    std::size_t next = 0;
    for (std::size_t turn = 0; total < entry_count; ++turn) {
      while (next < entry_count && turn % 7 != 0 && queue.push(entry(next)))
        ++next;
      for (std::size_t i = 0; i < turn % 5; ++i) {
        if (const goroutine* own = queue.pop()) take(own);
      }
      if (next == entry_count) std::this_thread::yield();
    }
  }
  EXPECT_EQ(total, entry_count);
  for (const auto& count : taken)
    EXPECT_EQ(count, 1);
}

// One entry, and everybody after it: the owner and a thief must never both get it.
TEST_F(a_run_queue, with_one_entry_left_has_one_winner) {
  std::atomic<std::size_t> round{0};
  std::atomic<std::size_t> thief_done{0};
  std::atomic<int> thief_got{0};
  const std::size_t rounds = 3000 / sanitizer_cost;
  std::jthread thief([&] {
    run_queue own;
    for (std::size_t seen = 1; seen <= rounds; ++seen) {
      while (round < seen)
        std::this_thread::yield();
      if (queue.steal_into(own)) ++thief_got;
      thief_done = seen;
    }
  });
  int owner_got = 0;
  for (std::size_t now = 1; now <= rounds; ++now) {
    ASSERT_TRUE(queue.push(entry(0)));
    round = now;
    if (queue.pop()) ++owner_got;
    while (thief_done < now)
      std::this_thread::yield();
  }
  EXPECT_EQ(static_cast<std::size_t>(owner_got + thief_got), rounds);
}

}  // namespace
}  // namespace leat::runtime
