// What waiters, their tickets and their queues keep, looked at from inside.
#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include <leat/go.hpp>
#include <leat/runtime/deadline_wait.hpp>
#include <leat/runtime/scheduler.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;

TEST(a_wait_queue, gives_waiters_in_the_order_of_their_coming) {
  std::array<waiter, 5> entries;
  wait_queue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.pop(), nullptr);
  for (waiter& one : entries)
    queue.push(one);
  for (waiter& one : entries)
    EXPECT_EQ(queue.pop(), &one);
  EXPECT_TRUE(queue.empty());
}

TEST(a_wait_queue, lets_any_waiter_leave) {
  for (std::size_t leaver = 0; leaver < 4; ++leaver) {
    std::array<waiter, 4> entries;
    wait_queue queue;
    for (waiter& one : entries)
      queue.push(one);
    queue.remove(entries[leaver]);
    queue.remove(entries[leaver]);  // once more does nothing
    waiter late;
    queue.push(late);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i != leaver) {
        EXPECT_EQ(queue.pop(), &entries[i]);
      }
    }
    EXPECT_EQ(queue.pop(), &late);
    EXPECT_EQ(queue.pop(), nullptr);
  }
}

TEST(a_wait_queue, passes_over_those_whose_ticket_is_claimed) {
  std::array<waiter, 3> entries;
  std::array<select_ticket, 3> tickets;
  wait_queue queue;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].ticket = &tickets[i];
    queue.push(entries[i]);
  }
  EXPECT_TRUE(tickets[0].claim());
  EXPECT_FALSE(tickets[0].claim());
  EXPECT_EQ(queue.pop(), &entries[1]);
  EXPECT_EQ(tickets[1].winner, &entries[1]);
  EXPECT_EQ(tickets[0].winner, nullptr);
  EXPECT_TRUE(tickets[2].claim());
  EXPECT_EQ(queue.pop(), nullptr);
  EXPECT_TRUE(queue.empty()) << "the claimed were taken out on the way";
}

// The timers that follow fire by hand, on the waiter's own worker, at the moments that are hard to hit.
class a_wait_with_a_deadline : public ::testing::Test {
 protected:
  template <typename F>
  static void run(F&& body) {
    leat::run(run_options{.workers = 1}, std::forward<F>(body));
  }
  static timer_heap& timers() { return this_worker()->timers; }
};

TEST_F(a_wait_with_a_deadline, ends_also_when_the_timer_fired_before_the_waiter_stopped) {
  run([] {
    spinlock lock;
    select_ticket ticket;
    waiter self;
    self.ticket = &ticket;
    deadline_wait wait(self, clock::now());
    EXPECT_TRUE(timers().fire_due(time_point::max()));
    EXPECT_FALSE(ticket.claim()) << "the deadline has it";
    lock.lock();
    EXPECT_FALSE(
        wait.park([](void* held) { static_cast<spinlock*>(held)->unlock(); }, &lock, wait_reason::sleep));
    EXPECT_TRUE(lock.try_lock());
  });
}

TEST_F(a_wait_with_a_deadline, may_be_given_up_before_it_stopped_whether_the_timer_fired_or_not) {
  run([] {
    for (const bool fired : {false, true}) {
      {
        select_ticket ticket;
        waiter self;
        self.ticket = &ticket;
        const deadline_wait wait(self, clock::now() + 1h);
        EXPECT_NE(timers().earliest(), time_point::max());
        if (fired) timers().fire_due(time_point::max());
      }
      EXPECT_EQ(timers().earliest(), time_point::max()) << "nothing of it may stay in the heap";
      EXPECT_FALSE(timers().fire_due(time_point::max()));
    }
  });
}

TEST_F(a_wait_with_a_deadline, leaves_a_ticket_to_whoever_claimed_it_first) {
  run([] {
    select_ticket ticket;
    waiter self;
    self.ticket = &ticket;
    const deadline_wait wait(self, clock::now());
    EXPECT_TRUE(ticket.claim());
    EXPECT_TRUE(timers().fire_due(time_point::max()));
    EXPECT_EQ(timers().earliest(), time_point::max());
  });
}

}  // namespace
}  // namespace leat::runtime
