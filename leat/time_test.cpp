#include <atomic>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <leat/error.hpp>
#include <leat/parked_test.hpp>
#include <leat/testing/gtest.hpp>
#include <leat/testing/testing.hpp>
#include <leat/time.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

LEAT_TEST_ON_WORKERS(sleeping);
LEAT_TEST_ON_WORKERS(after_a_span);
LEAT_TEST_ON_WORKERS(a_timer);
LEAT_TEST_ON_WORKERS(a_ticker);

// What must not happen is looked for in a bubble, for hours of its time and in many schedules; that what must
// happen does is seen on all numbers of workers too.
template <typename F>
void in_many_orders(F&& body) {
  leat::testing::explore(
      {.schedules = 200 / leat::testing::sanitizer_cost, .may_leave_goroutines = true, .is_quiet = true},
      std::forward<F>(body));
}

TEST_P(sleeping, lasts_at_least_as_long_as_asked) {
  run([] {
    wait_group all;
    for (int i = 0; i < 10; ++i) {
      all.go([i] {
        const auto begin = steady_clock::now();
        const auto span = std::chrono::milliseconds(i);
        sleep_for(span);
        EXPECT_GE(steady_clock::now() - begin, span);
        sleep_until(steady_clock::now() + 1ms);
        EXPECT_GE(steady_clock::now() - begin, span + 1ms);
      });
    }
    all.wait();
  });
}

TEST_P(sleeping, for_no_time_returns_at_once) {
  run([] {
    for (int i = 0; i < 1000; ++i) {
      sleep_for(0ns);
      sleep_for(-1h);
      sleep_for(std::chrono::hours::min());
    }
    sleep_until(steady_clock::time_point::min());
    sleep_until(std::chrono::system_clock::now() - 1h);
  });
}

TEST(sleeping_in_a_bubble, for_ever_overflows_nothing) {
  in_many_orders([] {
    for (int i = 0; i < 3; ++i) {
      leat::go([i] {
        if (i == 0) sleep_for(std::chrono::hours::max());
        if (i == 1) sleep_until(std::chrono::system_clock::time_point::max());
        if (i == 2) sleep_for(std::chrono::duration<double>(1e300));
        ADD_FAILURE() << "woke up";
      });
    }
    sleep_for(1000h);
  });
}

TEST_P(sleeping, works_on_foreign_threads) {
  run([] {
    wait_group all;
    all.add(1);
    const std::jthread outside([&] {
      const auto begin = steady_clock::now();
      sleep_for(2ms);
      EXPECT_GE(steady_clock::now() - begin, 2ms);
      all.done();
    });
    all.wait();
  });
}

TEST(sleeping_without_a_runtime, blocks_the_thread) {
  const auto begin = steady_clock::now();
  sleep_for(2ms);
  EXPECT_GE(steady_clock::now() - begin, 2ms);
}

TEST_P(after_a_span, delivers_the_time_once) {
  run([] {
    const auto begin = steady_clock::now();
    const receiver<time_point> alarm = after(2ms);
    const std::optional<time_point> told = alarm.receive();
    ASSERT_TRUE(told);
    EXPECT_GE(*told - begin, 2ms);
    EXPECT_LE(*told, steady_clock::now());
    EXPECT_FALSE(alarm.try_receive());
    EXPECT_TRUE(after(0ms).receive());
    EXPECT_TRUE(after(-1h).receive());
  });
}

TEST_P(after_a_span, delivers_none_of_many_too_early) {
  run([] {
    const std::vector<int> slots = {5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0};
    const auto begin = steady_clock::now();
    chan<std::pair<int, time_point>> results{slots.size()};
    for (const int slot : slots) {
      leat::go([=] {
        const auto span = begin + slot * 2ms - steady_clock::now();
        results.send({slot, *after(span).receive()});
      });
    }
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const auto [slot, told] = *results.receive();
      EXPECT_GE(told, begin + slot * 2ms);
    }
  });
}

TEST(after_a_span_in_a_bubble, delivers_each_of_many_at_its_moment) {
  in_many_orders([] {
    const std::vector<int> slots = {5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0};
    const auto begin = clock::now();
    wait_group all;
    for (const int slot : slots) {
      all.go([=] {
        EXPECT_EQ(after(slot * 2ms).receive(), begin + slot * 2ms);
        EXPECT_EQ(clock::now(), begin + slot * 2ms);
      });
    }
    all.wait();
    EXPECT_EQ(clock::now(), begin + 18ms);
  });
}

TEST(after_a_span_in_a_bubble, may_be_forgotten) {
  in_many_orders([] {
    for (int i = 0; i < 100; ++i)
      after(std::chrono::microseconds(i * 20));
    after(std::chrono::hours::max());
    sleep_for(1h);
  });
}

TEST_P(after_a_span, takes_part_in_select) {
  run([] {
    chan<int> silent;
    bool timed_out = false;
    select(silent.on_receive([](auto) { ADD_FAILURE(); }),
           after(1ms).on_receive([&](auto) { timed_out = true; }));
    EXPECT_TRUE(timed_out);
  });
}

TEST_P(a_timer, fires_once) {
  run([] {
    const auto begin = steady_clock::now();
    timer alarm(2ms);
    EXPECT_GE(*alarm.c().receive() - begin, 2ms);
    EXPECT_FALSE(alarm.stop());
    EXPECT_FALSE(alarm.c().try_receive());
    timer at_once(-1s);
    EXPECT_TRUE(at_once.c().receive());
  });
}

TEST(a_timer_in_a_bubble, does_not_fire_once_stopped) {
  in_many_orders([] {
    timer alarm(1ms);
    EXPECT_TRUE(alarm.stop());
    EXPECT_FALSE(alarm.stop());
    sleep_for(1h);
    EXPECT_FALSE(alarm.c().try_receive());
  });
}

TEST_P(a_timer, leaves_no_stale_value_behind) {
  run([] {
    timer alarm(0ms);
    await([&] { return alarm.c().size() == 1; });
    EXPECT_TRUE(alarm.stop()) << "nobody has noticed that it fired";
    EXPECT_FALSE(alarm.c().try_receive());

    alarm.reset(0ms);
    await([&] { return alarm.c().size() == 1; });
    const auto begin = steady_clock::now();
    EXPECT_TRUE(alarm.reset(2ms));
    EXPECT_GE(*alarm.c().receive() - begin, 2ms);
  });
}

TEST(a_timer_in_a_bubble, may_be_moved_in_both_directions) {
  in_many_orders([] {
    timer alarm(1h);
    EXPECT_TRUE(alarm.reset(1ms));
    EXPECT_EQ(alarm.c().receive(), leat::testing::bubble_begin + 1ms);
    EXPECT_FALSE(alarm.reset(1ms)) << "it had fired, and that was noticed";
    EXPECT_TRUE(alarm.reset(std::chrono::hours::max()));
    sleep_for(1000h);
    EXPECT_FALSE(alarm.c().try_receive());
    EXPECT_TRUE(alarm.stop());
  });
}

TEST(a_timer_in_a_bubble, stops_when_it_is_destroyed_or_assigned_to) {
  in_many_orders([] {
    std::optional<timer> alarm(std::in_place, 1ms);
    const receiver<time_point> first = alarm->c();
    alarm = timer(1ms);
    const receiver<time_point> second = alarm->c();
    alarm.reset();
    sleep_for(1h);
    EXPECT_FALSE(first.try_receive());
    EXPECT_FALSE(second.try_receive());
  });
}

TEST_P(a_timer, runs_its_function_in_a_goroutine_of_its_own) {
  run([] {
    chan<std::uint64_t> ids;
    timer first = timer::func(1ms, [&] { ids.send(goroutine_id()); });
    EXPECT_FALSE(first.c()) << "it has no channel";
    const auto id = ids.receive();
    EXPECT_NE(*id, goroutine_id());
    EXPECT_FALSE(first.stop());
    first.reset(0ms);
    EXPECT_NE(*ids.receive(), *id);
  });
}

TEST(a_timer_in_a_bubble, does_not_run_its_function_once_stopped) {
  in_many_orders([] {
    std::atomic<bool> ran{false};
    timer alarm = timer::func(1ms, [&] { ran = true; });
    EXPECT_TRUE(alarm.stop());
    sleep_for(1h);
    EXPECT_FALSE(ran);
  });
}

TEST_P(a_timer, either_runs_its_function_or_says_that_it_was_stopped) {
  run([] {
    constexpr int count = 200;
    std::atomic<int> ran{0};
    std::atomic<int> stopped{0};
    wait_group all;
    for (int i = 0; i < count; ++i) {
      all.add(1);
      leat::go([&, i, all]() mutable {
        timer alarm = timer::func(std::chrono::microseconds(i % 20), [&ran, all]() mutable {
          ++ran;
          all.done();
        });
        for (int j = 0; j < i % 7; ++j)
          leat::yield();
        if (alarm.stop()) {
          ++stopped;
          all.done();
        }
      });
    }
    all.wait();
    EXPECT_EQ(ran + stopped, count);
  });
}

TEST_P(a_timer, survives_stops_and_resets_from_many_goroutines) {
  run([] {
    timer alarm(1h);
    std::atomic<bool> over{false};
    wait_group all;
    for (int i = 0; i < 4; ++i) {
      all.go([&, i] {
        for (int round = 0; round < 300; ++round) {
          if (round % 3 == i % 3) {
            alarm.stop();
          } else {
            alarm.reset(std::chrono::microseconds(round % 10));
          }
          leat::yield();
        }
      });
    }
    wait_group listener;
    listener.go([&] {
      while (!over) {
        alarm.c().try_receive();
        leat::yield();
      }
    });
    all.wait();
    over = true;
    listener.wait();
    alarm.stop();
    EXPECT_FALSE(alarm.c().try_receive());
  });
}

TEST_P(a_timer, may_be_used_from_foreign_threads) {
  run([] {
    wait_group all;
    all.add(1);
    const std::jthread outside([&] {
      timer alarm(1ms);
      EXPECT_TRUE(alarm.c().receive());
      alarm.reset(1h);
      EXPECT_TRUE(alarm.stop());
      all.done();
    });
    all.wait();
  });
}

TEST(a_timer_without_a_runtime, is_refused) {
  EXPECT_THROW(timer alarm(1ms), std::system_error);
  EXPECT_THROW(ticker beat(1ms), std::system_error);
  EXPECT_THROW(timer alarm = timer::func(1ms, [] {}), std::system_error);
  try {
    after(1ms);
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), errc::not_running);
  }
}

TEST(a_timer_without_a_runtime, may_outlive_it) {
  std::optional<timer> alarm;
  std::optional<ticker> beat;
  leat::run([&] {
    alarm.emplace(1h);
    beat.emplace(1h);
  });
  EXPECT_FALSE(alarm->stop());
  EXPECT_THROW(alarm->reset(1ms), std::system_error);
  beat.reset();
}

TEST_P(a_ticker, keeps_its_period) {
  run([] {
    const auto begin = steady_clock::now();
    ticker beat(2ms);
    time_point last = begin;
    for (int i = 1; i <= 10; ++i) {
      const time_point now = *beat.c().receive();
      EXPECT_GE(now, begin + i * 2ms);
      EXPECT_GT(now, last);
      last = now;
    }
  });
}

TEST(a_ticker_in_a_bubble, ticks_at_each_multiple_of_its_period) {
  in_many_orders([] {
    const auto begin = clock::now();
    ticker beat(2ms);
    for (int i = 1; i <= 10; ++i)
      EXPECT_EQ(beat.c().receive(), begin + i * 2ms);
  });
}

TEST(a_ticker_in_a_bubble, drops_ticks_that_nobody_receives) {
  in_many_orders([] {
    const auto begin = clock::now();
    ticker beat(2ms);
    sleep_for(21ms);
    EXPECT_EQ(beat.c().size(), 1U) << "the others were dropped";
    EXPECT_EQ(beat.c().receive(), begin + 2ms) << "the first has waited";
    EXPECT_EQ(beat.c().receive(), begin + 22ms) << "it goes on, and keeps its beat";
  });
}

TEST(a_ticker_in_a_bubble, ticks_no_more_once_stopped) {
  in_many_orders([] {
    ticker beat(1ms);
    sleep_for(2ms);
    beat.stop();
    EXPECT_FALSE(beat.c().try_receive());
    sleep_for(1h);
    EXPECT_FALSE(beat.c().try_receive());
  });
}

TEST(a_ticker_in_a_bubble, may_change_its_period) {
  in_many_orders([] {
    const auto begin = clock::now();
    ticker beat(1h);
    beat.reset(1ms);
    EXPECT_EQ(beat.c().receive(), begin + 1ms);
    EXPECT_EQ(beat.c().receive(), begin + 2ms);
    beat.reset(5ms);
    EXPECT_EQ(beat.c().receive(), begin + 7ms);
    beat.reset(std::chrono::hours::max());
    sleep_for(1000h);
    EXPECT_FALSE(beat.c().try_receive());
  });
}

TEST_P(a_ticker, refuses_a_period_of_zero_or_less) {
  run([] {
    EXPECT_THROW(ticker never_started(0s), std::invalid_argument);
    EXPECT_THROW(ticker never_started(-1s), std::invalid_argument);
    ticker beat(1ms);
    EXPECT_THROW(beat.reset(0ns), std::invalid_argument);
    EXPECT_THROW(beat.reset(std::chrono::hours::min()), std::invalid_argument);
    EXPECT_TRUE(beat.c().receive()) << "misuse must not change it";
  });
}

TEST(a_deadline, is_never_for_what_lies_too_far_ahead_and_now_for_what_is_past) {
  EXPECT_EQ(deadline_after(std::chrono::hours::max()), never);
  EXPECT_EQ(deadline_after(std::chrono::duration<double>(1e300)), never);
  EXPECT_EQ(deadline_at(time_point::max()), never);
  EXPECT_EQ(deadline_at(std::chrono::system_clock::time_point::max()), never);
  for (const time_point past : {deadline_after(std::chrono::hours::min()), deadline_at(time_point::min()),
                                deadline_at(std::chrono::system_clock::time_point::min())}) {
    EXPECT_LE(past, steady_clock::now());
  }
  const auto begin = steady_clock::now();
  EXPECT_GE(deadline_after(1s), begin + 1s);
  EXPECT_EQ(deadline_at(begin), begin);
  EXPECT_NEAR(
      std::chrono::duration<double>(deadline_at(std::chrono::system_clock::now() + 1min) - begin).count(),
      60.0, 5.0);
}

}  // namespace
}  // namespace leat
