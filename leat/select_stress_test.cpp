// Selects under contention: many of them on the same channels, in every order, with timeouts and closes that
// race with the channels, from goroutines and from threads.
#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <leat/parked_test.hpp>
#include <leat/select.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(many_selects);
LEAT_TEST_ON_WORKERS(selects_of_foreign_threads);

constexpr auto never_mind = [](auto&&...) {};

// Senders and receivers that each select over all channels: what goes in comes out.
TEST_P(many_selects, on_both_ends_of_the_same_channels_lose_nothing) {
  run([] {
    for (const std::size_t capacity : {0, 1, 10}) {
      const long each = 3000 / sanitizer_cost;
      constexpr int ends = 4;
      const std::array<chan<long>, 3> c{chan<long>{capacity}, chan<long>{capacity}, chan<long>{capacity}};
      std::atomic<long> sum{0};
      std::atomic<long> count{0};
      wait_group senders;
      wait_group receivers;
      const chan<unit> ended;
      for (int i = 0; i < ends; ++i) {
        senders.go([c, i] {
          for (long k = 1; k <= each; ++k) {
            if (i % 2 == 0) {
              select(c[0].on_send(long{k}), c[1].on_send(long{k}), c[2].on_send(long{k}));
            } else {
              select(c[2].on_send(long{k}), c[1].on_send(long{k}), c[0].on_send(long{k}));
            }
          }
        });
        receivers.go([&, c] {
          const auto take = [&](std::optional<long> value) {
            sum += *value;
            ++count;
          };
          for (bool more = true; more;) {
            select(c[1].on_receive(take), c[0].on_receive(take), c[2].on_receive(take),
                   ended.on_receive([&](auto) { more = false; }));
          }
        });
      }
      senders.wait();
      // Buffers may still hold something.
      await([&] { return count == ends * each; });
      ended.close();
      receivers.wait();
      EXPECT_EQ(sum, ends * each * (each + 1) / 2);
    }
  });
}

// Each holds one end of each channel, in opposite orders: locks taken in another order than the channels'
// addresses would lock up here.
TEST_P(many_selects, in_a_circle_do_not_lock_up) {
  run([] {
    const chan<int> a;
    const chan<int> b;
    const int rounds = 10000 / sanitizer_cost;
    go([=] {
      for (int i = 0; i < rounds; ++i)
        select(a.on_send(int{i}), b.on_receive(never_mind));
      a.close();
    });
    int met = 0;
    for (bool open = true; open;) {
      select(b.on_send(0, [&] { ++met; }), a.on_receive([&](std::optional<int> value) {
        open = value.has_value();
        met += open;
      }));
    }
    EXPECT_EQ(met, rounds);
  });
}

TEST_P(many_selects, with_timeouts_lose_nothing) {
  run([] {
    const chan<int> c;
    std::atomic<int> sent{0};
    std::atomic<int> received{0};
    wait_group all;
    for (int who = 0; who < 4; ++who) {
      all.go([&, who] {
        for (int i = 0; i < 2000 / sanitizer_cost; ++i) {
          const auto patience = std::chrono::microseconds((i * 7 + who * 3) % 40);
          if (who % 2 == 0) {
            select(c.on_send(int{i}, [&] { ++sent; }), on_timeout(patience, never_mind));
          } else {
            select(c.on_receive([&](auto) { ++received; }), on_timeout(patience, never_mind));
          }
        }
      });
    }
    all.wait();
    EXPECT_EQ(sent, received);
  });
}

TEST_P(many_selects, are_all_woken_by_a_close) {
  run([] {
    const chan<int> never_ready;
    const chan<int> c;
    const std::size_t count = 2000 / sanitizer_cost;
    std::atomic<std::size_t> woken{0};
    wait_group done;
    for (std::size_t i = 0; i < count; ++i) {
      done.go([&] {
        select(never_ready.on_receive(never_mind), c.on_receive([&](std::optional<int> value) {
          EXPECT_EQ(value, std::nullopt);
          ++woken;
        }));
      });
    }
    testing::await_parked(count);
    c.close();
    done.wait();
    EXPECT_EQ(woken, count);
  });
}

TEST_P(many_selects, racing_with_close_each_end) {
  run([] {
    for (int round = 0; round < 500 / sanitizer_cost; ++round) {
      const chan<int> a;
      const chan<int> b;
      wait_group done;
      for (int i = 0; i < 3; ++i) {
        done.go([=] {
          try {
            for (bool open = true; open;) {
              const auto look = [&](std::optional<int> value) { open = value.has_value(); };
              select(a.on_receive(look), b.on_receive(look), a.on_send(1), b.on_send(2));
            }
          } catch (const channel_error&) {}
        });
      }
      for (int i = 0; i < round % 8; ++i)
        leat::yield();
      a.close();
      done.wait();
    }
  });
}

// One value, many takers: exactly one gets it, by whatever way.
TEST_P(many_selects, for_one_value_have_one_winner) {
  run([] {
    for (int round = 0; round < 1000 / sanitizer_cost; ++round) {
      const chan<int> value;
      const chan<unit> over;
      std::atomic<int> winners{0};
      wait_group done;
      for (int i = 0; i < 6; ++i) {
        done.go([&] {
          select(value.on_receive([&](auto) {
            ++winners;
            over.close();
          }),
                 over.on_receive(never_mind));
        });
      }
      value.send(1);
      done.wait();
      EXPECT_EQ(winners, 1);
    }
  });
}

TEST_P(selects_of_foreign_threads, meet_those_of_goroutines) {
  run([] {
    const long each = 300 / sanitizer_cost;
    constexpr int threads = 2;
    const chan<long> to_thread;
    const chan<long> to_goroutine;
    const chan<unit> done;
    std::vector<std::jthread> outside;
    for (int i = 0; i < threads; ++i) {
      outside.emplace_back([=] {
        long got = 0;
        long sent = 0;
        while (got < each || sent < each) {
          const chan<long> in = got < each ? to_thread : chan<long>(nullptr);
          const chan<long> out = sent < each ? to_goroutine : chan<long>(nullptr);
          select(in.on_receive([&](auto) { ++got; }), out.on_send(1, [&] { ++sent; }),
                 on_timeout(1min, [] { ADD_FAILURE() << "nobody at the other end"; }));
        }
        done.send({});
      });
    }
    long got = 0;
    for (int ended = 0; ended < threads;) {
      select(to_thread.on_send(1), to_goroutine.on_receive([&](auto) { ++got; }),
             done.on_receive([&](auto) { ++ended; }));
    }
    EXPECT_EQ(got, threads * each);
  });
}

TEST_P(selects_of_foreign_threads, time_out) {
  run([] {
    const chan<int> c;
    const chan<unit> done;
    const std::jthread outside([=] {
      const auto begin = std::chrono::steady_clock::now();
      EXPECT_EQ(select(c.on_receive(never_mind), on_timeout(3ms, never_mind)), 1U);
      EXPECT_GE(std::chrono::steady_clock::now() - begin, 3ms);
      EXPECT_EQ(select(c.on_receive(never_mind), otherwise(never_mind)), 1U);
      done.send({});
    });
    done.receive();
    EXPECT_FALSE(c.try_send(1)) << "nobody may be left waiting";
  });
}

TEST(selects_without_a_runtime, work_between_threads) {
  const chan<int> a;
  const chan<int> b;
  const int rounds = 500 / sanitizer_cost;
  const std::jthread other([=] {
    for (int i = 0; i < rounds; ++i)
      select(a.on_send(int{i}), b.on_send(int{i}));
    a.close();
  });
  int next = 0;
  for (bool open = true; open;) {
    const auto take = [&](std::optional<int> value) {
      open = value.has_value();
      if (open) {
        EXPECT_EQ(*value, next++);
      }
    };
    select(a.on_receive(take), b.on_receive(take));
  }
  EXPECT_EQ(next, rounds);
}

}  // namespace
}  // namespace leat
