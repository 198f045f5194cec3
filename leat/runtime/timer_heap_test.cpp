#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <leat/parked_test.hpp>
#include <leat/runtime/timer_heap.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;
using testing::sanitizer_cost;

constexpr time_point at(int moment) {
  return time_point(std::chrono::microseconds(moment));
}

// A timer that writes its name into a log when it fires.
struct named_timer : timer_node {
  int name = 0;
  std::vector<int>* log = nullptr;
  time_point again = time_point::max();  // what the callback returns

  static time_point fired(timer_node& node) noexcept {
    auto& self = static_cast<named_timer&>(node);
    self.log->push_back(self.name);
    return self.again;
  }
};

class a_timer_heap : public ::testing::Test {
 protected:
  named_timer& make(int name) {
    named_timer& made = timers_.emplace_back();
    made.name = name;
    made.log = &log;
    made.fire = named_timer::fired;
    return made;
  }

  timer_heap heap;
  std::vector<int> log;

 private:
  std::deque<named_timer> timers_;
};

TEST_F(a_timer_heap, fires_in_the_order_of_the_moments) {
  for (const int moment : {5, 3, 9, 1, 7, 2, 8, 4, 6, 0})
    heap.start(make(moment), at(moment));
  EXPECT_EQ(heap.earliest(), at(0));
  EXPECT_TRUE(heap.fire_due(at(100)));
  EXPECT_EQ(log, (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(heap.earliest(), time_point::max());
  EXPECT_FALSE(heap.fire_due(at(100)));
}

TEST_F(a_timer_heap, fires_what_is_due_and_nothing_else) {
  for (int moment = 0; moment < 100; ++moment)
    heap.start(make(moment), at(moment));
  EXPECT_TRUE(heap.fire_due(at(49)));
  EXPECT_EQ(log.size(), 50U) << "a moment that is now is due";
  EXPECT_EQ(heap.earliest(), at(50));
  EXPECT_FALSE(heap.fire_due(at(49)));
}

TEST_F(a_timer_heap, fires_any_one_of_those_that_are_due) {
  std::set<int> first;
  for (std::uint64_t choice = 0; choice < 10; ++choice) {
    for (int name = 0; name < 20; ++name)
      heap.start(make(name), at(name < 10 ? 1 : 2));
    log.clear();
    heap.fire_one_due(at(1), choice);
    ASSERT_EQ(log.size(), 1U);
    first.insert(log.front());
    for (int left = 9; left > 0; --left) {
      EXPECT_EQ(heap.earliest(), at(1));
      heap.fire_one_due(at(1), choice * 7);
    }
    std::ranges::sort(log);
    EXPECT_EQ(log, (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    heap.fire_one_due(at(1), choice);
    EXPECT_EQ(log.size(), 10U) << "no more was due";
    EXPECT_TRUE(heap.fire_due(at(2)));
  }
  EXPECT_EQ(first.size(), 10U);
}

TEST_F(a_timer_heap, chooses_among_some_of_very_many_that_are_due) {
  constexpr int count = 1000;
  for (int name = 0; name < count; ++name)
    heap.start(make(name), at(1));
  for (int fired = 0; fired < count; ++fired)
    heap.fire_one_due(at(1), static_cast<std::uint64_t>(fired) * 31);
  EXPECT_EQ(std::set<int>(log.begin(), log.end()).size(), std::size_t{count});
  EXPECT_EQ(heap.earliest(), time_point::max());
}

TEST_F(a_timer_heap, forgets_what_was_stopped) {
  std::vector<named_timer*> timers;
  for (int i = 0; i < 50; ++i) {
    timers.push_back(&make(i));
    heap.start(*timers.back(), at(i * 7 % 50));
  }
  for (int i = 0; i < 50; i += 2) {
    EXPECT_TRUE(heap.stop(*timers[static_cast<std::size_t>(i)]));
    EXPECT_FALSE(heap.stop(*timers[static_cast<std::size_t>(i)]));
  }
  EXPECT_TRUE(heap.fire_due(at(100)));
  EXPECT_EQ(log.size(), 25U);
  for (const int name : log)
    EXPECT_EQ(name % 2, 1);
  for (named_timer* one : timers)
    EXPECT_FALSE(heap.stop(*one)) << "what has fired is pending no more";
}

TEST_F(a_timer_heap, starts_a_timer_again_when_its_callback_says_so) {
  named_timer& one = make(1);
  one.again = at(20);
  heap.start(one, at(10));
  heap.start(make(2), at(15));
  EXPECT_TRUE(heap.fire_due(at(15)));
  EXPECT_EQ(log, (std::vector{1, 2}));
  EXPECT_EQ(heap.earliest(), at(20));
  one.again = time_point::max();
  EXPECT_TRUE(heap.fire_due(at(20)));
  EXPECT_EQ(log, (std::vector{1, 2, 1}));
  EXPECT_EQ(one.heap.load(), nullptr);
}

TEST_F(a_timer_heap, leaves_a_node_alone_that_says_it_is_gone) {
  named_timer& one = make(1);
  one.again = timer_gone;
  heap.start(one, at(1));
  EXPECT_TRUE(heap.fire_due(at(1)));
  EXPECT_EQ(one.heap.load(), &heap) << "the callback clears it, or nobody does";
  EXPECT_EQ(heap.earliest(), time_point::max());
}

TEST_F(a_timer_heap, that_is_cleared_fires_nothing) {
  for (int i = 0; i < 10; ++i)
    heap.start(make(i), at(i));
  heap.clear();
  EXPECT_EQ(heap.earliest(), time_point::max());
  EXPECT_FALSE(heap.fire_due(at(100)));
  EXPECT_TRUE(log.empty());
}

TEST_F(a_timer_heap, stops_only_its_own) {
  timer_heap other;
  named_timer& one = make(1);
  other.start(one, at(1));
  EXPECT_FALSE(heap.stop(one));
  EXPECT_FALSE(heap.move(one, at(2)));
  EXPECT_EQ(other.earliest(), at(1));
  EXPECT_TRUE(other.stop(one));
}

// Against a model: a sorted set of moments.
TEST_F(a_timer_heap, agrees_with_a_sorted_set_whatever_is_done) {
  std::mt19937 random(20);
  std::vector<named_timer*> timers;
  for (int i = 0; i < 200; ++i)
    timers.push_back(&make(i));
  std::set<std::pair<time_point, int>> model;
  std::vector<time_point> moment(timers.size());
  for (int step = 0; step < 20000 / sanitizer_cost; ++step) {
    const std::size_t which = random() % timers.size();
    const int name = static_cast<int>(which);
    const bool pending = model.contains({moment[which], name});
    if (random() % 50 == 0) {
      const time_point now = at(static_cast<int>(random() % 1000));
      log.clear();
      heap.fire_due(now);
      std::vector<int> expected;
      while (!model.empty() && model.begin()->first <= now) {
        expected.push_back(model.begin()->second);
        model.erase(model.begin());
      }
      ASSERT_EQ(log.size(), expected.size());
      for (std::size_t i = 1; i < log.size(); ++i)
        ASSERT_LE(moment[static_cast<std::size_t>(log[i - 1])], moment[static_cast<std::size_t>(log[i])]);
      ASSERT_TRUE(std::ranges::is_permutation(log, expected));
    } else if (pending && random() % 2 == 0) {
      model.erase({moment[which], name});
      moment[which] = at(static_cast<int>(random() % 1000));
      ASSERT_TRUE(heap.move(*timers[which], moment[which]));
      model.emplace(moment[which], name);
    } else if (pending) {
      ASSERT_TRUE(heap.stop(*timers[which]));
      model.erase({moment[which], name});
    } else {
      moment[which] = at(static_cast<int>(random() % 1000));
      heap.start(*timers[which], moment[which]);
      model.emplace(moment[which], name);
    }
    ASSERT_EQ(heap.earliest(), model.empty() ? time_point::max() : model.begin()->first);
  }
}

// After stop() has returned, the callback neither runs nor will run: the node may go.
TEST(a_timer_heap_shared_by_threads, never_fires_a_timer_that_was_stopped) {
  struct mortal : timer_node {
    std::atomic<bool> alive{true};
    static time_point fired(timer_node& node) noexcept {
      EXPECT_TRUE(static_cast<mortal&>(node).alive);
      return time_point::max();
    }
  };
  timer_heap heap;
  std::atomic<bool> over{false};
  std::jthread firing([&] {
    while (!over) {
      heap.fire_due(at(1));
      std::this_thread::yield();
    }
  });
  int stopped = 0;
  for (int i = 0; i < 20000 / sanitizer_cost; ++i) {
    auto one = std::make_unique<mortal>();
    one->fire = mortal::fired;
    heap.start(*one, at(0));
    stopped += heap.stop(*one);
    one->alive = false;
  }
  over = true;
  RecordProperty("stopped_in_time", stopped);
}

}  // namespace
}  // namespace leat::runtime
