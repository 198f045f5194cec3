#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <set>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <leat/leat.hpp>
#include <leat/runtime/descriptor.hpp>
#include <leat/testing/gtest.hpp>
#include <leat/testing/testing.hpp>
#include <leat/testing/testing_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::bubble;
using testing::bubble_begin;
using testing::bubble_error;
using testing::bubble_options;

// The text of the error with which the bubble of `function` ends.
template <typename F>
std::string failure_of(const bubble_options& options, F&& function) {
  try {
    bubble(options, function);
  } catch (const bubble_error& error) {
    return error.what();
  }
  return "no failure";
}

template <typename F>
std::string failure_of(F&& function) {
  return failure_of(bubble_options{}, function);
}

void expect_says(const std::string& text, std::string_view words) {
  EXPECT_NE(text.find(words), std::string::npos) << "without \"" << words << "\": " << text;
}

// --- Time ---

TEST(time_in_a_bubble, begins_at_a_fixed_moment_and_is_the_machines_again_afterwards) {
  const auto before = std::chrono::steady_clock::now();
  bubble([] { EXPECT_EQ(clock::now(), bubble_begin); });
  bubble([] { EXPECT_EQ(clock::now(), bubble_begin); });
  EXPECT_GE(clock::now(), before);
}

TEST(time_in_a_bubble, stands_still_while_anybody_can_run) {
  bubble([] {
    go([] {
      for (int i = 0; i < 100; ++i)
        leat::yield();
      EXPECT_EQ(clock::now(), bubble_begin);
    });
    std::this_thread::sleep_for(1ms);
    EXPECT_EQ(clock::now(), bubble_begin);
  });
}

TEST(time_in_a_bubble, jumps_by_exactly_what_is_slept) {
  const auto begin = std::chrono::steady_clock::now();
  bubble([] {
    sleep_for(1h);
    EXPECT_EQ(clock::now(), bubble_begin + 1h);
    sleep_until(bubble_begin + 100h);
    EXPECT_EQ(clock::now(), bubble_begin + 100h);
    sleep_until(bubble_begin);
    EXPECT_EQ(clock::now(), bubble_begin + 100h);
  });
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1h);
}

TEST(time_in_a_bubble, is_one_for_all_its_goroutines) {
  bubble([] {
    testing::journal order;
    wait_group all;
    for (int i = 5; i > 0; --i) {
      all.go([&order, i] {
        sleep_for(i * 1s);
        EXPECT_EQ(clock::now(), bubble_begin + i * 1s);
        order.add(std::to_string(i));
      });
    }
    all.wait();
    EXPECT_EQ(order.text(), "12345");
  });
}

TEST(time_in_a_bubble, drives_timers_and_tickers) {
  bubble([] {
    EXPECT_EQ(after(3s).receive(), bubble_begin + 3s);
    timer alarm(10s);
    EXPECT_TRUE(alarm.reset(1s));
    EXPECT_EQ(alarm.c().receive(), bubble_begin + 4s);
    EXPECT_FALSE(alarm.stop());
    ticker beat(1min);
    for (int i = 1; i <= 3; ++i)
      EXPECT_EQ(beat.c().receive(), bubble_begin + 4s + i * 1min);
    sleep_for(10min + 30s);
    EXPECT_EQ(beat.c().receive(), bubble_begin + 4s + 4min) << "one tick has waited";
    EXPECT_EQ(beat.c().receive(), bubble_begin + 4s + 14min);
  });
}

TEST(time_in_a_bubble, drives_timeouts_of_everything_that_waits) {
  bubble([] {
    chan<int> silent;
    EXPECT_EQ(select(silent.on_receive([](auto) { ADD_FAILURE(); }), on_timeout(2s, [] {})), 1U);
    EXPECT_EQ(clock::now(), bubble_begin + 2s);

    mutex taken;
    taken.lock();
    EXPECT_FALSE(taken.try_lock_for(3s));
    EXPECT_EQ(clock::now(), bubble_begin + 5s);

    semaphore none(0);
    EXPECT_FALSE(none.try_acquire_for(1s));
    wait_group never_done;
    never_done.add();
    EXPECT_FALSE(never_done.wait_for(1s));
    never_done.done();
    std::unique_lock hold(taken, std::adopt_lock);
    condition_variable changed;
    EXPECT_EQ(changed.wait_for(hold, 1s), std::cv_status::timeout);
    EXPECT_EQ(clock::now(), bubble_begin + 8s);
  });
}

TEST(time_in_a_bubble, ends_contexts_at_their_deadlines) {
  bubble([] {
    const auto [ctx, cancel] = with_deadline_at(context(), bubble_begin + 1h);
    EXPECT_FALSE(ctx.error());
    ctx.done().receive();
    EXPECT_EQ(clock::now(), bubble_begin + 1h);
    EXPECT_EQ(ctx.error(), errc::deadline_exceeded);
  });
}

TEST(time_in_a_bubble, lets_a_timer_of_no_time_fire_before_the_clock_moves) {
  bubble([] {
    timer alarm(0s);
    EXPECT_EQ(alarm.c().receive(), bubble_begin);
    chan<unit> called;
    const timer function = timer::func(-1h, [&] { called.send({}); });
    called.receive();
    EXPECT_EQ(clock::now(), bubble_begin);
  });
}

// A timer that is due and one that stops it meet in every order.
TEST(timers_due_at_the_same_moment, fire_in_an_order_that_the_seed_decides) {
  const testing::environment_without_seed clean;
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    bubble({.seed = seed}, [&] {
      testing::journal order;
      wait_group all;
      for (char name = 'a'; name < 'd'; ++name) {
        all.go([&order, name] {
          sleep_for(1s);
          order.add({&name, 1});
        });
      }
      all.wait();
      orders.insert(order.text());
    });
  }
  EXPECT_EQ(orders.size(), 6U);
}

TEST(timers_due_at_the_same_moment, may_stop_each_other) {
  const testing::environment_without_seed clean;
  int stopped = 0;
  constexpr int seeds = 60;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    bubble({.seed = seed}, [&] {
      timer alarm(1s);
      sleep_for(1s);
      stopped += alarm.stop() && alarm.c().size() == 0 ? 1 : 0;
    });
  }
  EXPECT_GT(stopped, 0);
}

TEST(timers_due_at_the_same_moment, wake_a_select_by_any_of_them) {
  const testing::environment_without_seed clean;
  std::set<std::size_t> winners;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    bubble({.seed = seed}, [&] {
      const auto ignore = [](auto) {};
      winners.insert(
          select(after(1s).on_receive(ignore), after(1s).on_receive(ignore), on_timeout(1s, [] {})));
    });
  }
  EXPECT_EQ(winners.size(), 3U);
}

// --- Waiting for the others ---

TEST(waiting_for_the_others, returns_when_they_have_done_all_that_they_can_by_now) {
  bubble([] {
    int done = 0;
    const chan<unit> more;
    go([&] {
      done = 1;
      more.receive();
      done = 2;
      sleep_for(1s);
      done = 3;
    });
    testing::wait();
    EXPECT_EQ(done, 1);
    more.send({});
    testing::wait();
    EXPECT_EQ(done, 2);
    EXPECT_EQ(clock::now(), bubble_begin);
    sleep_for(1s);
    testing::wait();
    EXPECT_EQ(done, 3);
  });
}

TEST(waiting_for_the_others, returns_at_once_when_there_are_none) {
  bubble([] { testing::wait(); });
}

TEST(waiting_for_the_others, is_refused_to_a_second_goroutine_and_outside_a_bubble) {
  bubble([] {
    std::atomic<int> refused{0};
    wait_group all;
    for (int i = 0; i < 2; ++i) {
      all.go([&] {
        try {
          testing::wait();
        } catch (const std::logic_error&) {
          ++refused;
        }
      });
    }
    all.wait();
    EXPECT_LE(refused, 1);
  });
  EXPECT_THROW(testing::wait(), std::logic_error);
  run([] { EXPECT_THROW(testing::wait(), std::logic_error); });
}

TEST(waiting_for_the_others, waits_for_a_blocking_call) {
  bubble([] {
    bool done = false;
    go([&] {
      blocking([] { std::this_thread::sleep_for(5ms); });
      done = true;
    });
    testing::wait();
    EXPECT_TRUE(done);
  });
}

// --- Bubbles that fail ---

TEST(a_bubble_that_is_stuck, says_who_waits_for_what_and_where) {
  const std::string text = failure_of([] {
    mutex taken;
    taken.lock();
    go([&] { taken.lock(); });
    chan<int>().receive();
  });
  expect_says(text, "the bubble is stuck");
  expect_says(text, "goroutine 1 [chan receive], started at ");
  expect_says(text, "[mutex], started at ");
  expect_says(text, "bubble_test.cpp:");
}

TEST(a_bubble_that_is_stuck, is_found_after_timers_have_fired) {
  expect_says(failure_of([] {
                sleep_for(1h);
                chan<int>().receive();
              }),
              "[chan receive]");
}

TEST(a_bubble_that_is_stuck, may_be_waiting_for_a_moment_that_never_comes) {
  expect_says(failure_of([] { sleep_for(std::chrono::hours::max()); }), "[sleep]");
}

TEST(a_bubble_that_is_stuck, ends_neither_the_program_nor_later_bubbles) {
  for (int i = 0; i < 3; ++i)
    expect_says(failure_of([] { select(); }), "[select with nothing that can be ready]");
  bubble([] { sleep_for(1s); });
  run([] { leat::yield(); });
}

TEST(a_bubble_whose_function_has_returned, must_not_leave_goroutines_behind) {
  const auto leave_one = [] {
    const chan<int> never;
    go([never] { never.receive(); });
  };
  const std::string text = failure_of(leave_one);
  expect_says(text, "has returned");
  expect_says(text, "[chan receive], started at ");
  bubble({.may_leave_goroutines = true}, leave_one);
}

TEST(a_bubble_whose_function_has_returned, waits_for_those_that_can_end) {
  bool ended = false;
  bubble([&] {
    go([&] {
      for (int i = 0; i < 100; ++i)
        leat::yield();
      ended = true;
    });
  });
  EXPECT_TRUE(ended);
}

// Or a goroutine that ticks would keep it for ever.
TEST(a_bubble_whose_function_has_returned, has_no_time_any_more) {
  expect_says(failure_of([] {
                go([] {
                  const ticker beat(1s);
                  for (;;)
                    beat.c().receive();
                });
                sleep_for(10s);
              }),
              "[chan receive]");
}

TEST(a_bubble, hands_on_the_exceptions_of_its_goroutines) {
  EXPECT_THROW(bubble([] { throw std::out_of_range("first"); }), std::out_of_range);
  EXPECT_THROW(bubble([] {
                 go([] { throw std::out_of_range("second"); });
                 chan<int>().receive();
               }),
               std::out_of_range);
}

TEST(a_bubble, that_does_not_end_is_ended) {
  expect_says(failure_of({.steps_most = 500},
                         [] {
                           while (clock::now() == bubble_begin)
                             leat::yield();
                         }),
              "500 scheduling points");
  expect_says(failure_of({.steps_most = 500},
                         [] {
                           const chan<int> full(1);
                           for (;;) {
                             full.send(1);
                             full.receive();
                           }
                         }),
              "500 scheduling points");
}

TEST(a_bubble, is_refused_where_a_runtime_runs) {
  run([] { EXPECT_THROW(bubble([] {}), std::logic_error); });
  bubble([] { EXPECT_THROW(bubble([] {}), std::logic_error); });
  bubble([] { EXPECT_THROW(run([] {}), std::logic_error); });
}

TEST(a_bubble, runs_a_function_that_can_only_be_moved) {
  bubble([value = std::make_unique<int>(7)]() mutable { EXPECT_EQ(*std::exchange(value, nullptr), 7); });
}

// --- Seeds ---

std::string interleaving_of(const bubble_options& options) {
  testing::journal whole;
  bubble(options, [&] {
    wait_group all;
    const chan<char> names(2);
    for (char name = 'a'; name < 'e'; ++name) {
      all.go([&, name] {
        for (int i = 0; i < 5; ++i) {
          names.send(name);
          const std::size_t which = select(names.on_receive([](auto) {}), names.on_receive([](auto) {}));
          whole.add(name + std::to_string(which));
        }
      });
    }
    all.wait();
  });
  return whole.text();
}

TEST(a_seed, decides_the_whole_schedule) {
  const testing::environment_without_seed clean;
  const std::string first = interleaving_of({.seed = 17});
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(interleaving_of({.seed = 17}), first);
  EXPECT_NE(interleaving_of({.seed = 18}), first);
  EXPECT_EQ(interleaving_of({}), interleaving_of({.seed = 1}));
}

TEST(a_seed, is_taken_from_the_environment_first) {
  const std::string first = [] {
    const testing::environment_without_seed clean;
    return interleaving_of({.seed = 17});
  }();
  for (const char* text : {"17", "0x11"}) {
    const testing::environment_with_text set(text);
    EXPECT_EQ(interleaving_of({.seed = 18}), first);
  }
}

TEST(a_seed, may_be_another_each_time) {
  const testing::environment_with_text set("random");
  std::set<std::string> seen;
  for (int i = 0; i < 10; ++i)
    seen.insert(interleaving_of({}));
  EXPECT_GT(seen.size(), 1U);
}

TEST(a_seed, that_is_no_number_is_refused) {
  for (const char* text : {"-1", "0x", "1 ", "nine", "18446744073709551616"}) {
    const testing::environment_with_text set(text);
    EXPECT_THROW(bubble([] {}), std::invalid_argument) << text;
  }
}

TEST(a_seed, is_printed_when_the_bubble_fails) {
  const testing::environment_without_seed clean;
  ::testing::internal::CaptureStderr();
  failure_of({.seed = 255}, [] { select(); });
  const std::string text = ::testing::internal::GetCapturedStderr();
  expect_says(text, "LEAT_SEED=0xff");
}

// --- What is outside ---

TEST(a_bubble_with_the_world, really_waits_for_blocking_calls) {
  bubble({.may_leave_goroutines = true}, [] {
    go([] { sleep_for(1h); });
    EXPECT_EQ(blocking([] { return 7; }), 7);
    EXPECT_EQ(clock::now(), bubble_begin) << "the clock stood still meanwhile";
  });
}

TEST(a_bubble_with_the_world, really_waits_for_the_network) {
  bubble({.may_leave_goroutines = true}, [] {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    const auto near = runtime::adopt_descriptor(ends[0]);
    const std::jthread outside([far = ends[1]] {
      std::this_thread::sleep_for(5ms);
      EXPECT_EQ(::write(far, "x", 1), 1);
      ::close(far);
    });
    go([] { sleep_for(1h); });
    EXPECT_TRUE(near->wait_readable());
    EXPECT_EQ(clock::now(), bubble_begin);
  });
}

TEST(a_bubble_with_the_world, leaves_the_machines_clock_to_threads_that_are_no_goroutines) {
  bubble([] {
    blocking([] {
      const auto begin = std::chrono::steady_clock::now();
      EXPECT_GE(clock::now(), begin);
      sleep_for(2ms);
      EXPECT_GE(std::chrono::steady_clock::now() - begin, 2ms);
    });
  });
}

TEST(a_bubble_with_the_world, may_be_told_things_by_a_blocking_call) {
  bubble([] {
    const chan<int> told;
    go([told] {
      blocking([told] {
        for (int i = 0; i < 100; ++i)
          told.send(i);
      });
      told.close();
    });
    int expected = 0;
    for (const int value : told)
      EXPECT_EQ(value, expected++);
    EXPECT_EQ(expected, 100);
  });
}

// --- As everywhere ---

TEST(goroutines_in_a_bubble, may_be_many_and_start_others) {
  bubble([] {
    std::atomic<int> ran{0};
    wait_group all;
    for (int i = 0; i < 1000; ++i) {
      all.go([&ran, all]() mutable {
        all.go([&ran] {
          leat::yield();
          ++ran;
        });
      });
    }
    all.wait();
    EXPECT_EQ(ran, 1000);
  });
}

TEST(goroutines_in_a_bubble, may_be_pinned) {
  bubble([] {
    wait_group all;
    for (int i = 0; i < 10; ++i) {
      all.go([] {
        const pinned here;
        leat::yield();
        sleep_for(1s);
      });
    }
    all.wait();
    EXPECT_EQ(clock::now(), bubble_begin + 1s);
  });
}

TEST(goroutines_in_a_bubble, pass_mutexes_and_conditions_on) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    bubble({.seed = seed}, [] {
      mutex guard;
      condition_variable changed;
      int stage = 0;
      wait_group all;
      for (int i = 0; i < 5; ++i) {
        all.go([&, i] {
          std::unique_lock hold(guard);
          changed.wait(hold, [&] { return stage == i; });
          ++stage;
          changed.notify_all();
        });
      }
      all.wait();
      EXPECT_EQ(stage, 5);
    });
  }
}

}  // namespace
}  // namespace leat
