// The library's own parts under many schedules: what they promise must hold in each, and none may get stuck.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <vector>

#include <leat/leat.hpp>
#include <leat/testing/gtest.hpp>
#include <leat/testing/testing.hpp>
#include <leat/testing/testing_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;

template <typename F>
void holds_in_many_schedules(F&& program) {
  testing::explore(5000 / testing::slowness, std::forward<F>(program));
}

TEST(under_every_schedule, a_channel_delivers_each_value_once_and_in_order) {
  holds_in_many_schedules([] {
    const chan<int> values(1);
    wait_group senders;
    for (int sender = 0; sender < 2; ++sender) {
      senders.go([=] {
        for (int i = 0; i < 3; ++i)
          values.send(10 * sender + i);
      });
    }
    go([=] {
      senders.wait();
      values.close();
    });
    std::vector<int> received;
    for (const int value : values)
      received.push_back(value);
    EXPECT_EQ(received.size(), 6U);
    for (int sender = 0; sender < 2; ++sender) {
      std::vector<int> own;
      std::ranges::copy_if(received, std::back_inserter(own),
                           [&](int value) { return value / 10 == sender; });
      EXPECT_EQ(own, (std::vector{10 * sender, 10 * sender + 1, 10 * sender + 2}));
    }
  });
}

TEST(under_every_schedule, a_select_that_times_out_takes_nothing_and_gives_nothing) {
  holds_in_many_schedules([] {
    const chan<int> in;
    const chan<int> out;
    std::atomic<int> sent{0};
    std::atomic<int> received{0};
    wait_group all;
    for (int i = 0; i < 2; ++i) {
      all.go([&] {
        select(in.on_receive([&](auto) { ++received; }), out.on_send(1, [&] { ++sent; }),
               on_timeout(1s, [] {}));
      });
      all.go([&] {
        select(in.on_send(1, [&] { ++sent; }), out.on_receive([&](auto) { ++received; }),
               on_timeout(1s, [] {}));
      });
    }
    all.wait();
    EXPECT_EQ(sent, received);
    EXPECT_FALSE(in.try_send(1)) << "nobody may have stayed behind";
    EXPECT_FALSE(out.try_receive());
  });
}

TEST(under_every_schedule, a_mutex_lets_one_in_also_when_others_give_up) {
  holds_in_many_schedules([] {
    mutex guard;
    std::atomic<int> inside{0};
    wait_group all;
    for (int i = 0; i < 4; ++i) {
      all.go([&, i] {
        if (i % 2 == 0) {
          guard.lock();
        } else if (!guard.try_lock_for(1ms)) {
          return;
        }
        EXPECT_EQ(++inside, 1);
        sleep_for(1ms);
        EXPECT_EQ(--inside, 0);
        guard.unlock();
      });
    }
    all.wait();
    EXPECT_TRUE(guard.try_lock());
  });
}

TEST(under_every_schedule, a_shared_mutex_keeps_writers_alone_also_when_others_give_up) {
  holds_in_many_schedules([] {
    shared_mutex guard;
    std::atomic<int> readers{0};
    std::atomic<int> writers{0};
    wait_group all;
    for (int i = 0; i < 2; ++i) {
      all.go([&] {
        if (!guard.try_lock_shared_for(2ms)) return;
        ++readers;
        EXPECT_EQ(writers, 0);
        sleep_for(1ms);
        --readers;
        guard.unlock_shared();
      });
      all.go([&, i] {
        if (i == 0) {
          guard.lock();
        } else if (!guard.try_lock_for(1ms)) {
          return;
        }
        EXPECT_EQ(++writers, 1);
        EXPECT_EQ(readers, 0);
        testing::interleave_here();
        --writers;
        guard.unlock();
      });
    }
    all.wait();
    EXPECT_TRUE(guard.try_lock());
  });
}

TEST(under_every_schedule, a_semaphore_loses_no_permit_when_some_give_up) {
  holds_in_many_schedules([] {
    semaphore permits(3);
    wait_group all;
    for (int i = 1; i <= 4; ++i) {
      all.go([&, i] {
        const std::ptrdiff_t wanted = 1 + i % 3;
        if (!permits.try_acquire_for(i * 1ms, wanted)) return;
        sleep_for(2ms);
        permits.release(wanted);
      });
    }
    all.wait();
    EXPECT_EQ(permits.available(), 3);
  });
}

TEST(under_every_schedule, a_condition_wakes_whom_it_should) {
  holds_in_many_schedules([] {
    mutex guard;
    condition_variable changed;
    int items = 0;
    int taken = 0;
    wait_group all;
    for (int i = 0; i < 2; ++i) {
      all.go([&] {
        std::unique_lock hold(guard);
        changed.wait(hold, [&] { return items > 0; });
        --items;
        ++taken;
      });
      all.go([&] {
        const std::lock_guard hold(guard);
        ++items;
        changed.notify_one();
      });
    }
    all.wait();
    EXPECT_EQ(taken, 2);
  });
}

TEST(under_every_schedule, a_function_is_called_once_unless_it_throws) {
  holds_in_many_schedules([] {
    once opened;
    std::atomic<int> calls{0};
    std::atomic<int> failures{0};
    wait_group all;
    for (int i = 0; i < 3; ++i) {
      all.go([&] {
        try {
          opened.call([&] {
            testing::interleave_here();
            if (++calls == 1) throw std::runtime_error("the first one fails");
          });
        } catch (const std::runtime_error&) {
          ++failures;
        }
      });
    }
    all.wait();
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(failures, 1);
  });
}

TEST(under_every_schedule, a_context_ends_once_with_all_below_it) {
  holds_in_many_schedules([] {
    auto [parent, cancel] = with_cancel({});
    const auto [child, cancel_child] = with_timeout(parent, 1s);
    wait_group all;
    all.go([&end = cancel] {
      sleep_for(1s);
      end();
    });
    all.go([&ctx = child] {
      ctx.done().receive();
      const std::error_code error = ctx.error();
      EXPECT_TRUE(error == errc::canceled || error == errc::deadline_exceeded) << error.message();
      testing::interleave_here();
      EXPECT_EQ(ctx.error(), error) << "what was first counts";
    });
    all.wait();
    EXPECT_EQ(parent.error(), errc::canceled);
  });
}

TEST(under_every_schedule, a_timer_fires_or_was_stopped) {
  holds_in_many_schedules([] {
    std::atomic<int> fired{0};
    std::atomic<int> stopped{0};
    timer alarm = timer::func(1s, [&] { ++fired; });
    wait_group all;
    all.go([&] {
      sleep_for(1s);
      if (alarm.stop()) ++stopped;
    });
    all.go([&] {
      sleep_for(1s);
      if (alarm.reset(1s)) ++stopped;
    });
    all.wait();
    sleep_for(2s);
    // Started twice at most, by the constructor and by reset(): each start ends in one of the two ways.
    EXPECT_EQ(fired + stopped, 2);
  });
}

TEST(under_every_schedule, a_timer_that_was_reset_delivers_no_stale_moment) {
  holds_in_many_schedules([] {
    const auto begin = clock::now();
    timer alarm(1s);
    sleep_for(1s);
    alarm.reset(5s);
    EXPECT_EQ(alarm.c().receive(), begin + 6s);
    alarm.stop();
    EXPECT_FALSE(alarm.c().try_receive());
  });
}

TEST(under_every_schedule, a_task_group_ends_at_the_first_error) {
  holds_in_many_schedules([] {
    task_group group;
    group.go([](const context& ctx) { return sleep_for(ctx, 1h); });
    group.go([](const context& ctx) { return sleep_for(ctx, 1h); });
    group.go([](const context&) -> result<void> {
      sleep_for(1s);
      return std::unexpected(std::make_error_code(std::errc::io_error));
    });
    const auto begin = clock::now();
    EXPECT_EQ(group.wait(), std::unexpected(std::make_error_code(std::errc::io_error)));
    EXPECT_EQ(clock::now(), begin + 1s);
  });
}

}  // namespace
}  // namespace leat
