// What a select promises: that it does exactly one of its cases, which one, when it waits, and that nothing
// of it stays behind. Contention is the matter of select_stress_test.cpp.
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <leat/parked_test.hpp>
#include <leat/select.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::await_parked;
using testing::let_others_run;
using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(a_select);
LEAT_TEST_ON_WORKERS(a_select_that_is_random);
LEAT_TEST_ON_WORKERS(a_select_with_otherwise);
LEAT_TEST_ON_WORKERS(a_select_with_a_timeout);
LEAT_TEST_ON_WORKERS(a_select_list);

constexpr auto never_mind = [](auto&&...) {};
constexpr auto must_not_run = [](auto&&...) { ADD_FAILURE() << "a case that must not be chosen"; };

template <typename T>
chan<T> closed_channel() {
  const chan<T> c;
  c.close();
  return c;
}

// Whether nobody waits on the channel, at either end.
template <typename T>
bool nobody_waits_on(const chan<T>& c) {
  auto probe = c.on_receive(never_mind);
  probe.prepare();
  const std::lock_guard guard(probe.core->lock);
  return probe.core->receivers.empty() && probe.core->senders.empty();
}

// --- Choosing ---

TEST_P(a_select, does_the_only_case_that_is_ready_and_tells_its_index) {
  run([] {
    const chan<int> empty{1};
    const chan<int> holding{1};
    holding.send(4);
    int got = 0;
    const std::size_t index = select(empty.on_receive(must_not_run),
                                     holding.on_receive([&](std::optional<int> value) { got = *value; }),
                                     holding.on_send(5, must_not_run));
    EXPECT_EQ(index, 1U);
    EXPECT_EQ(got, 4);
    EXPECT_EQ(select(empty.on_receive(must_not_run), empty.on_send(6)), 1U);
    EXPECT_EQ(empty.receive(), 6);
  });
}

TEST_P(a_select, waits_until_a_case_is_ready) {
  run([] {
    const chan<int> a;
    const chan<int> b;
    std::atomic<int> got{0};
    wait_group done;
    done.go([&] {
      select(a.on_receive(must_not_run), b.on_receive([&](std::optional<int> value) { got = *value; }));
    });
    await_parked(1);
    EXPECT_EQ(got, 0);
    b.send(3);
    done.wait();
    EXPECT_EQ(got, 3);
  });
}

TEST_P(a_select, waits_to_send) {
  run([] {
    const chan<int> a;
    const chan<int> full{1};
    full.send(1);
    wait_group done;
    for (int round = 0; round < 2; ++round) {
      done.go([&] { select(a.on_send(7), full.on_send(8)); });
      await_parked(1);
      EXPECT_EQ(round == 0 ? a.receive() : full.receive(), round == 0 ? 7 : 1);
      done.wait();
    }
    EXPECT_EQ(full.receive(), 8);
  });
}

TEST_P(a_select, is_served_in_its_turn_among_those_that_wait) {
  run([] {
    const chan<int> c;
    const chan<int> other;
    std::array<int, 9> got{};
    wait_group done;
    for (std::size_t i = 0; i < got.size(); ++i) {
      done.go([&, i] {
        if (i % 2 == 0) {
          got[i] = c.receive().value();
        } else {
          select(c.on_receive([&](std::optional<int> value) { got[i] = *value; }),
                 other.on_receive(must_not_run));
        }
      });
      await_parked(i + 1);
    }
    for (int i = 0; i < static_cast<int>(got.size()); ++i)
      c.send(int{i});
    done.wait();
    for (std::size_t i = 0; i < got.size(); ++i)
      EXPECT_EQ(got[i], static_cast<int>(i));
  });
}

TEST_P(a_select, finds_a_closed_channel_ready_with_nothing) {
  run([] {
    const chan<int> open;
    const auto closed = closed_channel<int>();
    for (int again = 0; again < 3; ++again) {
      EXPECT_EQ(select(open.on_receive(must_not_run),
                       closed.on_receive([](std::optional<int> value) { EXPECT_EQ(value, std::nullopt); })),
                1U);
    }
  });
}

TEST_P(a_select, wakes_with_nothing_when_its_channel_is_closed) {
  run([] {
    const chan<int> a;
    const chan<int> b;
    wait_group done;
    for (int i = 0; i < 100; ++i) {
      done.go([&] {
        EXPECT_EQ(select(a.on_receive(must_not_run),
                         b.on_receive([](std::optional<int> value) { EXPECT_EQ(value, std::nullopt); })),
                  1U);
      });
    }
    await_parked(100);
    b.close();
    done.wait();
    EXPECT_TRUE(nobody_waits_on(a));
  });
}

TEST_P(a_select, throws_when_it_chose_to_send_on_a_closed_channel) {
  run([] {
    const chan<int> open;
    const auto closed = closed_channel<int>();
    EXPECT_THROW(select(open.on_receive(must_not_run), closed.on_send(1, must_not_run)), channel_error);
    EXPECT_THROW(select(closed.on_send(1, must_not_run), otherwise(must_not_run)), channel_error);
    wait_group done;
    done.go([&] {
      EXPECT_THROW(select(open.on_send(1, must_not_run), open.on_send(2, must_not_run)), channel_error);
    });
    await_parked(1);
    open.close();
    done.wait();
  });
}

TEST_P(a_select, never_finds_a_nil_channel_ready) {
  run([] {
    const chan<int> nil(nullptr);
    const chan<int> ready{1};
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(select(nil.on_receive(must_not_run), ready.on_send(1), nil.on_send(1, must_not_run)), 1U);
      EXPECT_EQ(select(nil.on_send(1, must_not_run), ready.on_receive(never_mind)), 1U);
    }
    EXPECT_EQ(select(nil.on_receive(must_not_run), otherwise(never_mind)), 1U);
    EXPECT_EQ(select(nil.on_receive(must_not_run), on_timeout(1ms, never_mind)), 1U);
  });
}

TEST_P(a_select, over_nothing_or_only_nil_channels_waits_for_ever) {
  run([] {
    std::atomic<int> returned{0};
    go([&] {
      select();
      ++returned;
    });
    go([&] {
      select(chan<int>(nullptr).on_receive(must_not_run), sender<int>().on_send(1, must_not_run));
      ++returned;
    });
    await_parked(2);
    let_others_run();
    EXPECT_EQ(returned, 0);
  });
}

// Switching a case off by making its channel nil, as in Go.
TEST_P(a_select, merges_two_channels_until_both_are_closed) {
  run([] {
    chan<int> a;
    chan<int> b;
    for (const auto& [c, first] : {std::pair(a, 0), std::pair(b, 100)}) {
      go([c, first] {
        for (int i = 0; i < 100; ++i)
          c.send(first + i);
        c.close();
      });
    }
    std::vector<bool> seen(200);
    while (a || b) {
      const auto take_from = [&](chan<int>& source) {
        return [&](std::optional<int> value) {
          if (value) {
            seen.at(static_cast<std::size_t>(*value)) = true;
          } else {
            source = nullptr;
          }
        };
      };
      select(a.on_receive(take_from(a)), b.on_receive(take_from(b)));
    }
    for (const bool one : seen)
      EXPECT_TRUE(one);
  });
}

TEST_P(a_select, may_name_one_channel_several_times) {
  run([] {
    const chan<int> c;
    const chan<int> other;
    std::array<int, 3> chosen{};
    go([c] {
      for (int i = 0; i < 300; ++i)
        c.send(int{i});
      c.close();
    });
    for (bool more = true; more;) {
      const std::size_t index =
          select(c.on_receive([&](std::optional<int> value) { more = value.has_value(); }),
                 other.on_receive(must_not_run),
                 c.on_receive([&](std::optional<int> value) { more = value.has_value(); }));
      ++chosen[index];
    }
    EXPECT_EQ(chosen[0] + chosen[2], 301);
    EXPECT_TRUE(nobody_waits_on(c));
  });
}

TEST_P(a_select, never_meets_itself) {
  run([] {
    for (const std::size_t capacity : {0, 10}) {
      const chan<int> c{capacity};
      wait_group both;
      for (int me = 0; me < 2; ++me) {
        both.go([=] {
          for (int i = 0; i < 1000 / sanitizer_cost; ++i) {
            const auto receive = [&](std::optional<int> value) {
              EXPECT_TRUE(capacity > 0 || value != me) << "received what it sent itself";
            };
            if (i % 2 == 0) {
              select(c.on_send(int{me}), c.on_receive(receive));
            } else {
              select(c.on_receive(receive), c.on_send(int{me}));
            }
          }
        });
      }
      // When one has ended, the other may be left without a partner.
      const chan<unit> ended;
      go([=] {
        both.wait();
        ended.close();
      });
      for (bool more = true; more;)
        select(ended.on_receive([&](auto) { more = false; }), c.on_receive(never_mind));
    }
  });
}

TEST_P(a_select, runs_its_handler_when_all_is_done_and_no_lock_is_held) {
  run([] {
    const chan<int> c{2};
    c.send(1);
    select(c.on_receive([&](std::optional<int>) {
      c.send(2);
      select(c.on_receive([&](std::optional<int> value) { EXPECT_EQ(value, 2); }));
      c.close();
    }));
    EXPECT_TRUE(c.is_drained());
  });
}

TEST_P(a_select, lets_its_handlers_exceptions_out) {
  run([] {
    const chan<int> c{1};
    c.send(1);
    EXPECT_THROW(select(c.on_receive([](auto) { throw std::runtime_error("from a handler"); })),
                 std::runtime_error);
    EXPECT_EQ(c.size(), 0U);
    EXPECT_THROW(select(otherwise([] { throw std::runtime_error("from a handler"); })), std::runtime_error);
    c.send(2);
    EXPECT_EQ(c.receive(), 2);
  });
}

TEST_P(a_select, leaves_nobody_in_the_queues_of_the_cases_that_lost) {
  run([] {
    const chan<int> winner;
    const chan<int> loser_to_receive;
    const chan<int> loser_to_send;
    for (int i = 0; i < 100; ++i) {
      wait_group done;
      done.go([&] {
        select(winner.on_receive(never_mind), loser_to_receive.on_receive(must_not_run),
               loser_to_send.on_send(1, must_not_run), on_timeout(1h, must_not_run));
      });
      await_parked(1);
      winner.send(1);
      done.wait();
      EXPECT_TRUE(nobody_waits_on(loser_to_receive));
      EXPECT_TRUE(nobody_waits_on(loser_to_send));
    }
  });
}

TEST_P(a_select, gives_up_what_it_did_not_send) {
  run([] {
    const auto value = std::make_shared<int>(1);
    const chan<std::shared_ptr<int>> a;
    const chan<int> b{1};
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(select(a.on_send(value), b.on_send(1)), 1U);
      EXPECT_EQ(b.receive(), 1);
    }
    EXPECT_EQ(value.use_count(), 1);
  });
}

TEST_P(a_select, takes_the_directions_of_a_channel) {
  run([] {
    const chan<int> c{1};
    const sender<int> to = c;
    const receiver<int> from = c;
    EXPECT_EQ(select(to.on_send(9), from.on_receive(must_not_run)), 0U);
    EXPECT_EQ(select(to.on_send(9, must_not_run), from.on_receive(never_mind)), 1U);
  });
}

// --- Chance ---

// How far `count` hits in `rounds` fair trials with `outcomes` outcomes lie from what is expected, in
// standard deviations. Beyond seven, chance is no excuse.
double deviations(int count, int rounds, int outcomes) {
  const double p = 1.0 / outcomes;
  return std::abs(count - rounds * p) / std::sqrt(rounds * p * (1 - p));
}

TEST_P(a_select_that_is_random, chooses_each_of_the_ready_equally_often) {
  run([] {
    constexpr int rounds = 10000;
    const auto a = closed_channel<int>();
    const chan<int> never_ready;
    const chan<int> b{1};
    const auto c = closed_channel<long>();
    std::array<int, 4> chosen{};
    for (int i = 0; i < rounds; ++i) {
      ++chosen[select(a.on_receive(never_mind), never_ready.on_receive(must_not_run), b.on_send(1),
                      c.on_receive(never_mind))];
      b.try_receive();
    }
    EXPECT_EQ(chosen[1], 0);
    for (const int count : {chosen[0], chosen[2], chosen[3]})
      EXPECT_LT(deviations(count, rounds, 3), 7) << count << " of " << rounds;
  });
}

TEST_P(a_select_that_is_random, is_fair_between_two_busy_senders) {
  run([] {
    constexpr int rounds = 10000;
    const chan<int> a{1};
    const chan<int> b{1};
    const chan<unit> enough;
    for (const auto& c : {a, b}) {
      go([c, enough] {
        for (bool more = true; more;)
          select(c.on_send(1), enough.on_receive([&](auto) { more = false; }));
      });
    }
    std::array<int, 2> chosen{};
    for (int i = 0; i < rounds; ++i) {
      // A sender whose thread the system holds up loses its turns, rightly: only a choice between two is a
      // trial.
      while (a.size() + b.size() < 2)
        yield();
      ++chosen[select(a.on_receive(never_mind), b.on_receive(never_mind))];
    }
    enough.close();
    EXPECT_LT(deviations(chosen[0], rounds, 2), 7) << chosen[0] << " of " << rounds;
  });
}

TEST_P(a_select_that_is_random, sends_either_of_two_values) {
  run([] {
    constexpr int rounds = 1000;
    for (const std::size_t capacity : {0, 1, 100}) {
      const chan<int> c{capacity};
      go([c] {
        for (int i = 0; i < rounds; ++i)
          select(c.on_send(0), c.on_send(1));
        c.close();
      });
      std::array<int, 2> got{};
      for (const int value : c)
        ++got.at(static_cast<std::size_t>(value));
      EXPECT_EQ(got[0] + got[1], rounds);
      if (capacity == 100) {
        EXPECT_LT(deviations(got[0], rounds, 2), 7) << got[0] << " of " << rounds;
      }
      EXPECT_GT(got[0], 0);
      EXPECT_GT(got[1], 0);
    }
  });
}

// --- Otherwise ---

TEST_P(a_select_with_otherwise, runs_it_exactly_when_nothing_is_ready) {
  run([] {
    const chan<int> c{1};
    EXPECT_EQ(select(c.on_receive(must_not_run), otherwise(never_mind)), 1U);
    EXPECT_EQ(select(c.on_send(1), otherwise(must_not_run)), 0U);
    EXPECT_EQ(select(otherwise(never_mind), c.on_send(2, must_not_run)), 0U);
    EXPECT_EQ(select(otherwise(must_not_run), c.on_receive(never_mind)), 1U);
    EXPECT_EQ(select(otherwise(never_mind)), 0U);
    EXPECT_EQ(select(on_timeout(0s, must_not_run), otherwise(never_mind)), 1U) << "default beats timeouts";
  });
}

// A value was there, and then a close: at no moment is there nothing to be had.
TEST_P(a_select_with_otherwise, does_not_run_it_while_a_close_follows_a_value) {
  run([] {
    for (int i = 0; i < 10000 / sanitizer_cost; ++i) {
      const chan<int> c{1};
      c.send(1);
      wait_group done;
      done.go([c] { select(c.on_receive(never_mind), otherwise(must_not_run)); });
      c.close();
      c.receive();
      done.wait();
    }
  });
}

// --- Time ---

TEST_P(a_select_with_a_timeout, fires_when_nothing_else_was_ready_in_time) {
  run([] {
    const chan<int> c;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(select(c.on_receive(must_not_run), on_timeout(5ms, never_mind)), 1U);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 5ms);
    EXPECT_TRUE(nobody_waits_on(c));
  });
}

TEST_P(a_select_with_a_timeout, fires_the_earliest_of_several) {
  run([] {
    const chan<int> c;
    EXPECT_EQ(select(on_timeout(1h, must_not_run), c.on_receive(must_not_run), on_timeout(1ms, never_mind),
                     on_timeout(1min, must_not_run)),
              2U);
  });
}

TEST_P(a_select_with_a_timeout, whose_moment_has_passed_still_prefers_what_is_ready) {
  run([] {
    const chan<int> c{1};
    EXPECT_EQ(select(c.on_send(1), on_timeout(-1s, must_not_run)), 0U);
    EXPECT_EQ(
        select(on_deadline(std::chrono::steady_clock::now() - 1h, must_not_run), c.on_receive(never_mind)),
        1U);
    EXPECT_EQ(select(c.on_receive(must_not_run), on_timeout(0s, never_mind)), 1U);
    EXPECT_EQ(select(c.on_receive(must_not_run), on_timeout(-1s, never_mind)), 1U);
  });
}

TEST_P(a_select_with_a_timeout, that_never_comes_waits_for_the_channel) {
  run([] {
    const chan<int> c;
    wait_group done;
    for (const auto span : {std::chrono::hours::max(), std::chrono::hours(24 * 365 * 200)}) {
      done.go([c, span] { EXPECT_EQ(select(on_timeout(span, must_not_run), c.on_receive(never_mind)), 1U); });
      await_parked(1);
      c.send(1);
      done.wait();
    }
  });
}

TEST_P(a_select_with_a_timeout, may_have_no_channel) {
  run([] {
    EXPECT_EQ(select(on_timeout(1ms, never_mind)), 0U);
    EXPECT_EQ(select(on_deadline(std::chrono::steady_clock::now(), never_mind)), 0U);
  });
}

// --- Lists ---

TEST_P(a_select_list, does_one_of_many_cases_and_may_be_used_again) {
  run([] {
    constexpr std::size_t count = 100;  // beyond what a select keeps on the stack
    std::vector<chan<std::size_t>> channels(count);
    std::vector<int> got(count);
    select_list list;
    for (std::size_t i = 0; i < count; ++i) {
      list.add(channels[i].on_receive([&got, i](std::optional<std::size_t> value) {
        EXPECT_EQ(value, i);
        ++got[i];
      }));
    }
    EXPECT_EQ(list.size(), count);
    for (std::size_t i = 0; i < count; ++i)
      go([c = channels[i], i] { c.send(std::size_t{i}); });
    for (std::size_t i = 0; i < count; ++i)
      ++got[list.select()];
    for (const int twice : got)
      EXPECT_EQ(twice, 2) << "once by its handler, once by its index";
    for (const auto& c : channels)
      EXPECT_TRUE(nobody_waits_on(c));
  });
}

TEST_P(a_select_list, spends_a_send_once) {
  run([] {
    const chan<int> c{3};
    int sent = 0;
    select_list list;
    list.add(c.on_send(1, [&] { ++sent; }));
    list.add(c.on_send(2, [&] { ++sent; }));
    list.add(otherwise(never_mind));
    const std::size_t first = list.select();
    const std::size_t second = list.select();
    EXPECT_EQ(first + second, 1U);
    EXPECT_EQ(list.select(), 2U);
    EXPECT_EQ(sent, 2);
    EXPECT_EQ(c.size(), 2U);
  });
}

TEST_P(a_select_list, keeps_its_channels_alive_when_their_handles_are_gone) {
  run([] {
    const auto alive = std::make_shared<int>(7);
    select_list list;
    {
      const chan<std::shared_ptr<int>> c{1};
      c.send(alive);
      list.add(c.on_receive([&](auto value) { EXPECT_EQ(value.value(), alive); }));
    }
    EXPECT_EQ(alive.use_count(), 2);
    EXPECT_EQ(list.select(), 0U);
    EXPECT_EQ(alive.use_count(), 1);
    list.add(chan<int>{1}.on_send(1));  // the handle is a temporary
    EXPECT_EQ(list.select(), 1U);
  });
}

TEST_P(a_select_list, knows_timeouts_and_can_be_emptied) {
  run([] {
    const chan<int> c;
    select_list list;
    list.add(on_timeout(1h, must_not_run));
    list.add(c.on_receive(must_not_run));
    list.add(on_timeout(1ms, never_mind));
    EXPECT_EQ(list.select(), 2U);
    EXPECT_EQ(list.select(), 2U) << "its moment has passed for good";
    list.clear();
    EXPECT_EQ(list.size(), 0U);
    list.add(otherwise(never_mind));
    EXPECT_EQ(list.select(), 0U);
  });
}

TEST_P(a_select_list, is_random_too) {
  run([] {
    constexpr int rounds = 6000;
    const auto a = closed_channel<int>();
    select_list list;
    for (int i = 0; i < 3; ++i)
      list.add(a.on_receive(never_mind));
    std::array<int, 3> chosen{};
    for (int i = 0; i < rounds; ++i)
      ++chosen[list.select()];
    for (const int count : chosen)
      EXPECT_LT(deviations(count, rounds, 3), 7) << count << " of " << rounds;
  });
}

}  // namespace
}  // namespace leat
