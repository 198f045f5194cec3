#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <leat/runtime/newborns.hpp>

namespace leat::runtime {
namespace {

// Entries that are told apart by their addresses, and never run.
class newborns_test : public ::testing::Test {
 protected:
  goroutine* entry(std::size_t index) { return &entries_[index]; }
  std::size_t index_of(const goroutine* one) const { return static_cast<std::size_t>(one - entries_.get()); }

  void fill(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      ASSERT_TRUE(born.push(entry(i)));
  }

  static constexpr std::size_t entry_count = 4096;
  newborns born;

 private:
  std::unique_ptr<goroutine[]> entries_ = std::make_unique<goroutine[]>(entry_count);
};

TEST_F(newborns_test, are_taken_from_either_end) {
  EXPECT_EQ(born.take_newest(), nullptr);
  EXPECT_EQ(born.take_oldest(), nullptr);
  for (std::size_t round = 0; round < 10; ++round) {  // the ring turns
    fill(100);
    EXPECT_EQ(born.size(), 100U);
    for (std::size_t i = 0; i < 50; ++i) {
      EXPECT_EQ(born.take_newest(), entry(99 - i));
      EXPECT_EQ(born.take_oldest(), entry(i));
    }
    EXPECT_EQ(born.take_newest(), nullptr);
  }
}

TEST_F(newborns_test, beyond_their_capacity_are_refused_until_the_older_half_leaves) {
  fill(newborns::capacity);
  EXPECT_FALSE(born.push(entry(newborns::capacity)));
  const newborns::list older = born.take_older_half();
  EXPECT_EQ(older.count, newborns::capacity / 2);
  const goroutine* next = older.head;
  for (std::size_t i = 0; i < older.count; ++i, next = next->next)
    ASSERT_EQ(next, entry(i));
  EXPECT_EQ(next, nullptr);
  EXPECT_EQ(older.tail, entry(older.count - 1));
  EXPECT_TRUE(born.push(entry(newborns::capacity)));
  EXPECT_EQ(born.take_oldest(), entry(older.count));
}

TEST_F(newborns_test, have_no_older_half_when_there_are_none) {
  const newborns::list none = born.take_older_half();
  EXPECT_EQ(none.head, nullptr);
  EXPECT_EQ(none.count, 0U);
}

TEST_F(newborns_test, lose_the_older_half_to_a_thief) {
  for (std::size_t count = 0; count <= newborns::capacity; ++count) {
    fill(count);
    run_queue thief;
    const std::size_t half = count - count / 2;
    EXPECT_EQ(born.steal_into(thief), count == 0 ? nullptr : entry(0)) << "one runs at once";
    for (std::size_t i = 1; i < half; ++i)
      EXPECT_EQ(thief.pop(), entry(i));
    EXPECT_EQ(thief.pop(), nullptr);
    for (std::size_t i = count; i > half; --i)
      EXPECT_EQ(born.take_newest(), entry(i - 1));
    EXPECT_EQ(born.size(), 0U);
  }
}

TEST_F(newborns_test, under_theft_are_each_given_once) {
  std::vector<std::atomic<int>> taken(entry_count);
  std::atomic<std::size_t> total{0};
  const auto take = [&](const goroutine* one) {
    ++taken[index_of(one)];
    ++total;
  };
  {
    std::vector<std::jthread> threads;
    for (int thief = 0; thief < 3; ++thief) {
      threads.emplace_back([&] {
        run_queue loot;
        while (total < entry_count) {
          const goroutine* got = born.steal_into(loot);
          if (got) take(got);
          while (const goroutine* more = loot.pop())
            take(more);
          if (!got) std::this_thread::yield();
        }
      });
    }
    std::size_t next = 0;
    for (std::size_t turn = 0; total < entry_count; ++turn) {
      while (next < entry_count && turn % 7 != 0 && born.push(entry(next)))
        ++next;
      for (std::size_t i = 0; i < turn % 5; ++i) {
        if (const goroutine* own = i % 2 == 0 ? born.take_newest() : born.take_oldest()) take(own);
      }
      if (next == entry_count) std::this_thread::yield();
    }
  }
  EXPECT_EQ(total, entry_count);
  for (const auto& count : taken)
    EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace leat::runtime
