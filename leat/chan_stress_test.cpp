// Channels under contention: many goroutines, foreign threads, closes that race with sends. What is checked
// is what must come out whatever the order: nothing lost, nothing twice, nobody left behind.
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <leat/chan.hpp>
#include <leat/parked_test.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(many_goroutines);
LEAT_TEST_ON_WORKERS(foreign_threads);
LEAT_TEST_ON_WORKERS(closing);

// Marks off the values from 0 on: each must come exactly once.
class tally {
 public:
  explicit tally(std::size_t count) : seen_(count) {}

  void mark(std::size_t value) {
    if (seen_.at(value).fetch_add(1) != 0) ADD_FAILURE() << value << " came twice";
    ++total_;
  }

  std::size_t total() const { return total_; }
  bool has(std::size_t value) const { return seen_.at(value) != 0; }

 private:
  std::vector<std::atomic<int>> seen_;
  std::atomic<std::size_t> total_{0};
};

TEST_P(many_goroutines, on_both_ends_lose_nothing_and_double_nothing) {
  run([] {
    for (const std::size_t capacity : {0, 1, 10, 100}) {
      constexpr std::size_t ends = 8;
      const std::size_t each = 2000 / sanitizer_cost;
      const chan<std::size_t> c{capacity};
      tally seen(ends * each);
      wait_group senders;
      wait_group receivers;
      for (std::size_t i = 0; i < ends; ++i) {
        senders.go([c, i] {
          for (std::size_t k = 0; k < each; ++k)
            c.send(i * each + k);
        });
        receivers.go([&seen, c] {
          for (const std::size_t value : c)
            seen.mark(value);
        });
      }
      senders.wait();
      c.close();
      receivers.wait();
      EXPECT_EQ(seen.total(), ends * each);
    }
  });
}

TEST_P(many_goroutines, each_see_the_values_of_one_sender_in_order) {
  run([] {
    const int each = 5000 / sanitizer_cost;
    const chan<std::pair<int, int>> c{3};
    wait_group senders;
    for (int who = 0; who < 4; ++who) {
      senders.go([c, who] {
        for (int i = 0; i < each; ++i)
          c.send({who, i});
      });
    }
    go([=] {
      senders.wait();
      c.close();
    });
    int next[4] = {};
    for (const auto& [who, value] : c)
      ASSERT_EQ(value, next[who]++);
    for (const int count : next)
      EXPECT_EQ(count, each);
  });
}

// What one side wrote before handing over is plain memory: ThreadSanitizer checks that channels order it.
TEST_P(many_goroutines, own_what_they_were_handed) {
  run([] {
    for (const std::size_t capacity : {0, 2}) {
      struct parcel {
        int visits = 0;
      };
      const chan<std::unique_ptr<parcel>> there{capacity};
      const chan<std::unique_ptr<parcel>> back{capacity};
      for (int i = 0; i < 4; ++i) {
        go([=] {
          for (auto& one : there) {
            ++one->visits;
            back.send(std::move(one));
          }
        });
      }
      auto one = std::make_unique<parcel>();
      for (int i = 0; i < 1000; ++i) {
        ++one->visits;
        there.send(std::move(one));
        one = std::move(*back.receive());
      }
      there.close();
      EXPECT_EQ(one->visits, 2000);
    }
  });
}

// A receive happens before the return of the send that it meets.
TEST_P(many_goroutines, may_use_a_rendezvous_as_a_signal_both_ways) {
  run([] {
    const chan<unit> meeting;
    int shared = 0;  // plain: ordered by the meetings alone
    go([&shared, meeting] {
      for (int i = 0; i < 500; ++i) {
        ++shared;
        meeting.receive();  // lets the sender go on
        meeting.receive();  // waits until it has had its turn
      }
    });
    for (int i = 0; i < 500; ++i) {
      meeting.send({});
      EXPECT_EQ(shared, 2 * i + 1);
      ++shared;
      meeting.send({});
    }
  });
}

TEST_P(foreign_threads, send_to_goroutines) {
  run([] {
    for (const std::size_t capacity : {0, 1, 8}) {
      constexpr std::size_t threads = 3;
      const std::size_t each = 500 / sanitizer_cost;
      const chan<std::size_t> c{capacity};
      tally seen(threads * each);
      std::vector<std::jthread> outside;
      for (std::size_t i = 0; i < threads; ++i) {
        outside.emplace_back([c, i] {
          for (std::size_t k = 0; k < each; ++k)
            c.send(i * each + k);
        });
      }
      while (seen.total() < threads * each)
        seen.mark(c.receive().value());
    }
  });
}

TEST_P(foreign_threads, receive_from_goroutines) {
  run([] {
    for (const std::size_t capacity : {0, 1, 8}) {
      constexpr std::size_t threads = 3;
      const std::size_t count = 1500 / sanitizer_cost;
      const chan<std::size_t> c{capacity};
      tally seen(count);
      const chan<unit> done;
      std::vector<std::jthread> outside;
      for (std::size_t i = 0; i < threads; ++i) {
        outside.emplace_back([&seen, c, done] {
          for (const std::size_t value : c)
            seen.mark(value);
          done.send({});
        });
      }
      for (std::size_t i = 0; i < count; ++i)
        c.send(std::size_t{i});
      c.close();
      for (std::size_t i = 0; i < threads; ++i)
        done.receive();
      EXPECT_EQ(seen.total(), count);
    }
  });
}

// Without any goroutine, and without a runtime.
TEST(channels_between_threads, work_outside_of_run) {
  for (const std::size_t capacity : {0, 1, 8}) {
    const chan<std::size_t> c{capacity};
    const std::size_t count = 2000 / sanitizer_cost;
    tally seen(count);
    {
      const std::jthread other([c] {
        for (std::size_t i = 0; i < count; ++i)
          c.send(std::size_t{i});
        c.close();
      });
      for (const std::size_t value : c)
        seen.mark(value);
    }
    EXPECT_EQ(seen.total(), count);
    EXPECT_THROW(c.send(1), channel_error);
  }
}

// Between the moment when a thread has made the last sleeping goroutine runnable and the moment when that
// runs, the thread may have ended; that is no deadlock.
TEST_P(foreign_threads, that_send_and_end_leave_no_deadlock_behind) {
  run([] {
    for (int i = 0; i < 500 / sanitizer_cost; ++i) {
      const chan<int> c;
      std::thread([c, i] { c.send(i); }).detach();
      EXPECT_EQ(c.receive(), i);
    }
  });
}

TEST_P(closing, while_others_send_loses_no_value_that_was_accepted) {
  run([] {
    for (const std::size_t capacity : {0, 1, 10}) {
      for (int round = 0; round < 100 / sanitizer_cost; ++round) {
        constexpr std::size_t senders = 4;
        constexpr std::size_t most = 1000;
        const chan<std::size_t> c{capacity};
        tally accepted(senders * most);
        tally received(senders * most);
        wait_group all;
        for (std::size_t i = 0; i < senders; ++i) {
          all.go([&accepted, c, i] {
            try {
              for (std::size_t k = 0; k < most; ++k) {
                c.send(i * most + k);
                accepted.mark(i * most + k);
              }
            } catch (const channel_error&) {}
          });
        }
        all.go([&received, c] {
          for (const std::size_t value : c)
            received.mark(value);
        });
        while (received.total() < static_cast<std::size_t>(round))
          leat::yield();
        c.close();
        all.wait();
        EXPECT_EQ(accepted.total(), received.total());
        for (std::size_t value = 0; value < senders * most; ++value)
          ASSERT_EQ(accepted.has(value), received.has(value)) << value;
      }
    }
  });
}

TEST_P(closing, from_several_goroutines_succeeds_once) {
  run([] {
    for (int round = 0; round < 200 / sanitizer_cost; ++round) {
      const chan<int> c;
      std::atomic<int> closed{0};
      std::atomic<int> refused{0};
      wait_group all;
      for (int i = 0; i < 8; ++i) {
        all.go([&] {
          try {
            c.close();
            ++closed;
          } catch (const channel_error&) {
            ++refused;
          }
        });
      }
      all.wait();
      EXPECT_EQ(closed, 1);
      EXPECT_EQ(refused, 7);
    }
  });
}

TEST_P(closing, by_a_foreign_thread_wakes_goroutines_and_threads) {
  run([] {
    const chan<int> c;
    wait_group goroutines;
    for (int i = 0; i < 10; ++i)
      goroutines.go([c] { EXPECT_EQ(c.receive(), std::nullopt); });
    testing::await_parked(10);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([c] { EXPECT_EQ(c.receive(), std::nullopt); });
    std::jthread([c] { c.close(); }).join();
    goroutines.wait();
  });
}

}  // namespace
}  // namespace leat
