// What timers and tickers promise beyond firing: no stale value after a stop or reset, whoever receives and
// whenever; order; and that any number of them may come, go and be moved at once.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <vector>

#include <leat/mutex.hpp>
#include <leat/parked_test.hpp>
#include <leat/select.hpp>
#include <leat/time.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::await_parked;
using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(the_channel_of_a_timer);
LEAT_TEST_ON_WORKERS(the_channel_of_a_ticker);
LEAT_TEST_ON_WORKERS(many_timers);

constexpr auto never_mind = [](auto&&...) {};

// --- No stale values ---

TEST_P(the_channel_of_a_timer, is_empty_when_stop_or_reset_has_returned_however_they_race_with_the_firing) {
  run([] {
    timer alarm(1h);
    for (int round = 0; round < 2000 / sanitizer_cost; ++round) {
      alarm.reset(std::chrono::microseconds(round % 40));
      for (int i = 0; i < round % 5; ++i)
        leat::yield();
      if (round % 2 == 0) {
        alarm.stop();
      } else {
        alarm.reset(1h);
      }
      ASSERT_FALSE(alarm.c().try_receive());
      ASSERT_EQ(alarm.c().size(), 0U);
      ASSERT_EQ(select(alarm.c().on_receive(never_mind), otherwise(never_mind)), 1U);
    }
  });
}

// Who waits on the channel already while the timer is moved gets the new moment, and not the old one.
TEST_P(the_channel_of_a_timer, gives_a_receiver_that_waits_the_moment_to_which_it_was_moved) {
  run([] {
    for (const bool by_select : {false, true}) {
      timer alarm(1h);
      std::optional<time_point> told;
      wait_group receiver;
      receiver.go([&, c = alarm.c()] {
        if (by_select) {
          select(c.on_receive([&](std::optional<time_point> moment) { told = moment; }),
                 chan<int>().on_receive(never_mind));
        } else {
          told = c.receive();
        }
      });
      await_parked(1);
      const auto begin = steady_clock::now();
      EXPECT_TRUE(alarm.reset(2ms));
      receiver.wait();
      EXPECT_GE(*told - begin, 2ms);
      EXPECT_FALSE(alarm.stop());
    }
  });
}

// Exactly one of the two: stop() says that it called the firing off, or the receiver has had it.
TEST_P(the_channel_of_a_timer, either_delivers_or_says_that_it_was_stopped) {
  run([] {
    for (int round = 0; round < 500 / sanitizer_cost; ++round) {
      timer alarm(std::chrono::microseconds(round % 30));
      const chan<unit> enough;
      std::atomic<int> received{0};
      wait_group receiver;
      receiver.go([&, c = alarm.c()] {
        select(c.on_receive([&](auto) { ++received; }), enough.on_receive(never_mind));
      });
      for (int i = 0; i < round % 7; ++i)
        leat::yield();
      const bool stopped = alarm.stop();
      if (stopped) enough.close();
      receiver.wait();
      EXPECT_EQ(received + stopped, 1);
    }
  });
}

TEST_P(the_channel_of_a_timer, is_the_same_after_stop_and_reset_and_is_never_closed) {
  run([] {
    timer alarm(0ms);
    const receiver<time_point> c = alarm.c();
    await([&] { return c.size() == 1; });
    alarm.stop();
    EXPECT_FALSE(c.is_drained());
    alarm.reset(0ms);
    EXPECT_TRUE(c == alarm.c());
    EXPECT_TRUE(c.receive());
    EXPECT_FALSE(c.is_drained());
  });
}

TEST_P(the_channel_of_a_timer, tells_when_it_fired_and_not_when_that_was_noticed) {
  run([] {
    const auto begin = steady_clock::now();
    const timer alarm(1ms);
    const auto single = after(1ms);
    await([&] { return alarm.c().size() == 1 && single.size() == 1; });
    const auto fired_by = steady_clock::now();
    while (steady_clock::now() < fired_by + 2ms)
      leat::yield();
    for (const auto& c : {alarm.c(), single}) {
      const auto told = c.receive().value();
      EXPECT_GE(told, begin + 1ms);
      EXPECT_LE(told, fired_by);
    }
  });
}

// What stop() and reset() return, in every state that a timer can be in.
TEST_P(the_channel_of_a_timer, makes_stop_and_reset_say_whether_something_was_called_off) {
  run([] {
    for (const bool by_reset : {false, true}) {
      const auto call_off = [&](timer& alarm) { return by_reset ? alarm.reset(1h) : alarm.stop(); };
      timer pending(1h);
      EXPECT_TRUE(call_off(pending));
      EXPECT_EQ(call_off(pending), by_reset) << "a reset one is pending again";
      pending.stop();
      EXPECT_FALSE(call_off(pending));

      timer unnoticed(0ms);
      await([&] { return unnoticed.c().size() == 1; });
      EXPECT_TRUE(call_off(unnoticed));

      timer noticed(0ms);
      noticed.c().receive();
      EXPECT_FALSE(call_off(noticed));

      const chan<unit> ran;
      timer function = timer::func(0ms, [=] { ran.send({}); });
      ran.receive();
      EXPECT_FALSE(by_reset ? function.reset(1h) : function.stop());
    }
  });
}

TEST_P(the_channel_of_a_ticker, is_empty_when_stop_or_reset_has_returned_however_they_race_with_the_ticks) {
  run([] {
    ticker beat(1h);
    for (int round = 0; round < 1000 / sanitizer_cost; ++round) {
      beat.reset(std::chrono::microseconds(1 + round % 20));
      for (int i = 0; i < round % 5; ++i)
        leat::yield();
      if (round % 2 == 0) {
        beat.stop();
      } else {
        beat.reset(1h);
      }
      ASSERT_FALSE(beat.c().try_receive());
    }
  });
}

TEST_P(the_channel_of_a_ticker, serves_many_receivers_each_tick_once) {
  run([] {
    ticker beat(50us);
    std::atomic<int> ticks{0};
    wait_group all;
    for (int i = 0; i < 4; ++i) {
      all.go([&, c = beat.c()] {
        for (int k = 0; k < 50; ++k)
          select(c.on_receive([&](auto) { ++ticks; }), after(1ms).on_receive(never_mind));
      });
    }
    all.wait();
    EXPECT_LE(ticks, 4 * 50);
  });
}

TEST_P(the_channel_of_a_ticker, may_be_made_and_left_again_and_again) {
  run([] {
    for (int round = 0; round < 100 / sanitizer_cost; ++round) {
      ticker beat(10us);
      EXPECT_TRUE(beat.c().receive());
      ticker stopped(10us);
      stopped.stop();
      const ticker left(1h);
    }
  });
}

// --- Many ---

// One worker, one heap: what is due earlier fires earlier, however late all of them are. That they slept
// before any of them was due depends on the machine, so the span grows until it is enough.
TEST(many_timers_on_one_worker, that_are_all_overdue_wake_in_the_order_of_their_moments) {
  leat::run(run_options{.workers = 1}, [] {
    const std::vector<int> slots = {5, 3, 6, 1, 2, 7, 9, 4, 8, 0};
    for (auto ahead = 1ms; ahead < 10s; ahead *= 4) {
      const auto begin = steady_clock::now() + ahead;
      const chan<int> order{slots.size()};
      for (const int slot : slots) {
        go([=] {
          sleep_until(begin + slot * 1us);
          order.send(int{slot});
        });
      }
      while (testing::parked_count() != slots.size() && steady_clock::now() < begin)
        leat::yield();
      const bool all_slept = testing::parked_count() == slots.size();
      while (steady_clock::now() <= begin + 10us) {}  // holds the only worker up
      for (int expected = 0; expected < static_cast<int>(slots.size()); ++expected) {
        const auto got = order.receive();
        if (all_slept) {
          EXPECT_EQ(got, expected);
        }
      }
      if (all_slept) return;
    }
    ADD_FAILURE() << "ten goroutines did not come to sleep within seconds";
  });
}

// On several, the wake-ups race; apart by more than a worker can be held up, they come in order. How long
// that is depends on the machine, so the span grows until it is enough.
TEST_P(many_timers, far_enough_apart_deliver_in_the_order_of_their_moments) {
  run([] {
    const std::vector<int> slots = {5, 3, 6, 1, 2, 7, 9, 4, 8, 0};
    for (auto span = 200us; span < 2s; span *= 4) {
      const chan<int> order{slots.size()};
      for (const int slot : slots) {
        go([=] {
          after(slot * span).receive();
          order.send(int{slot});
        });
      }
      std::vector<int> got;
      for (std::size_t i = 0; i < slots.size(); ++i)
        got.push_back(order.receive().value());
      if (std::ranges::is_sorted(got)) return;
    }
    ADD_FAILURE() << "out of order even at a second apart";
  });
}

TEST_P(many_timers, whose_functions_start_the_next_form_a_chain) {
  run([] {
    constexpr int links = 10;
    const chan<unit> ended;
    std::vector<timer> chain;
    chain.reserve(links);
    std::atomic<int> ran{0};
    mutex guard;  // a link may fire before the call that made it has stored it
    std::function<void()> next = [&] {
      const std::lock_guard hold(guard);
      if (++ran == links) {
        ended.close();
      } else {
        chain.push_back(timer::func(10us, next));
      }
    };
    {
      const std::lock_guard hold(guard);
      chain.push_back(timer::func(10us, next));
    }
    ended.receive();
    const std::lock_guard hold(guard);
    EXPECT_EQ(ran, links);
  });
}

TEST_P(many_timers, come_and_go_while_others_fire) {
  run([] {
    std::atomic<bool> stop{false};
    wait_group noise;
    noise.go([&] {
      while (!stop) {
        const timer alarm = timer::func(2s, [] { ADD_FAILURE(); });
        leat::yield();
      }
    });
    wait_group ticks;
    for (int i = 0; i < 20; ++i)
      ticks.go([i] {
        for (int k = 0; k < 20 / sanitizer_cost + 1; ++k)
          sleep_for(std::chrono::microseconds(i * 10));
      });
    ticks.wait();
    stop = true;
    noise.wait();
  });
}

TEST_P(many_timers, that_are_moved_to_the_past_fire_at_once) {
  run([] {
    for (int round = 0; round < 200 / sanitizer_cost; ++round) {
      timer alarm(1h);
      for (int i = 0; i < 10; ++i) {
        alarm.stop();
        alarm.reset(-24h * 365 * 20);
      }
      EXPECT_EQ(select(alarm.c().on_receive(never_mind), on_timeout(1min, never_mind)), 0U);
    }
  });
}

// Every timer goes through its life; which one makes the next step is left to chance.
TEST_P(many_timers, may_be_moved_in_any_order) {
  run([] {
    std::mt19937 random(7);
    constexpr std::size_t count = 100;
    std::array<std::optional<timer>, count> timers;
    std::array<int, count> states{};
    std::array<std::size_t, count> alive{};
    for (std::size_t i = 0; i < count; ++i)
      alive[i] = i;
    for (std::size_t left = count; left > 0;) {
      const std::size_t place = random() % left;
      const std::size_t which = alive[place];
      std::optional<timer>& one = timers[which];
      switch (states[which]++) {
        case 0:
          one.emplace(0ms);
          break;
        case 1:
        case 9:
          EXPECT_TRUE(one->c().receive());
          break;
        case 2:
        case 4:
        case 6:
          EXPECT_FALSE(one->reset(std::chrono::minutes(1 + states[which] % 3)));
          break;
        case 3:
        case 5:
        case 7:
          EXPECT_TRUE(one->stop());
          break;
        case 8:
          EXPECT_FALSE(one->reset(0ms));
          break;
        default:
          alive[place] = alive[--left];
      }
    }
  });
}

TEST_P(many_timers, started_by_one_goroutine_may_be_stopped_by_others) {
  run([] {
    for (int round = 0; round < 20 / sanitizer_cost + 1; ++round) {
      std::vector<std::unique_ptr<timer>> timers;
      std::atomic<int> fired{0};
      for (int i = 0; i < 200; ++i)
        timers.push_back(std::make_unique<timer>(timer::func(i % 2 == 0 ? 0us : 3600s, [&] { ++fired; })));
      std::atomic<int> stopped{0};
      wait_group all;
      for (std::size_t part = 0; part < 4; ++part) {
        all.go([&, part] {
          for (std::size_t i = part; i < timers.size(); i += 4)
            stopped += timers[i]->stop();
        });
      }
      all.wait();
      await([&] { return fired + stopped == 200; });
      EXPECT_GE(stopped, 100);
    }
  });
}

// Sleeping for no time, beside timers and with nothing else to do.
TEST_P(many_timers, and_sleeps_for_no_time_do_not_lock_up) {
  run([] {
    wait_group all;
    for (int i = 0; i < 4; ++i) {
      all.go([] {
        for (int k = 0; k < 200; ++k) {
          sleep_for(0ns);
          const timer alarm = timer::func(0ns, [] {});
          sleep_for(1ns);
        }
      });
    }
    all.wait();
  });
}

}  // namespace
}  // namespace leat
