// Everything by which goroutines stop, wake and move between workers, all at once, for as long as
// LEAT_STRESS_SECONDS says (a fifth of a second by default, for each test and number of workers): meant for
// ThreadSanitizer, and for a machine that has the night for it. Each round counts what comes out, and what
// must be there is.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>

#include <leat/leat.hpp>
#include <leat/parked_test.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(runtime_stress);

// The environment variable LEAT_STRESS_SECONDS; what is no positive number counts as not set.
std::chrono::duration<double> stress_time() {
  constexpr double longest = 86'400;
  const char* text = std::getenv("LEAT_STRESS_SECONDS");
  const double seconds = text ? std::strtod(text, nullptr) : 0;
  return std::chrono::duration<double>(seconds > 0 ? std::min(seconds, longest) : 0.2);
}

/// Calls `round` again and again until the time is over, once at least.
template <typename Round>
void keep_going(Round&& round) {
  const auto end = std::chrono::steady_clock::now() + stress_time();
  do
    round();
  while (std::chrono::steady_clock::now() < end && !::testing::Test::HasFailure());
}

// Newborns, theft and the global queue: a tree in which every node waits for its children.
int count_leaves(int depth) {
  if (depth == 0) return 1;
  std::array<int, 3> below{};
  wait_group children;
  for (int& one : below)
    children.go([&one, depth] { one = count_leaves(depth - 1); });
  children.wait();
  return below[0] + below[1] + below[2];
}

TEST_P(runtime_stress, of_starting_and_stealing_runs_every_goroutine_once) {
  run([] {
    constexpr int depth = 5;
    keep_going([] { EXPECT_EQ(count_leaves(depth), 243); });
  });
}

// Hand-over, tickets and timers: selects that give up race with those that meet.
TEST_P(runtime_stress, of_selects_with_timeouts_loses_no_value) {
  run([] {
    keep_going([] {
      constexpr int ends = 4;
      const int each = 200 / sanitizer_cost;
      const std::array<chan<int>, 2> c{chan<int>{0}, chan<int>{1}};
      std::atomic<int> sent{0};
      std::atomic<int> received{0};
      const chan<unit> all_sent;
      wait_group senders;
      wait_group receivers;
      for (int who = 0; who < ends; ++who) {
        senders.go([&, c] {
          for (int i = 0; i < each; ++i)
            select(c[0].on_send(1, [&] { ++sent; }), c[1].on_send(1, [&] { ++sent; }),
                   on_timeout(i % 3 * 1us, [] {}));
        });
        receivers.go([&, c] {
          const auto take = [&](std::optional<int> value) { received += *value; };
          for (bool more = true; more;)
            select(c[1].on_receive(take), c[0].on_receive(take),
                   all_sent.on_receive([&](auto) { more = false; }), on_timeout(2us, [] {}));
        });
      }
      senders.wait();
      await([&] { return received == sent; });
      all_sent.close();
      receivers.wait();
    });
  });
}

// The mutex's word: holders that yield, waiters that give up, and those that only try.
TEST_P(runtime_stress, of_a_mutex_lets_one_in_at_a_time) {
  run([] {
    keep_going([] {
      const int each = 300 / sanitizer_cost;
      mutex guard;
      int inside = 0;  // plain: the mutex alone orders it
      std::atomic<int> entered{0};
      int counted = 0;
      const auto enter = [&](int i) {
        const std::lock_guard hold(guard, std::adopt_lock);
        EXPECT_EQ(++inside, 1);
        ++counted;
        ++entered;
        if (i % 8 == 0) yield();
        --inside;
      };
      wait_group all;
      for (int who = 0; who < 6; ++who) {
        all.go([&, who] {
          for (int i = 0; i < each; ++i) {
            if (who % 3 == 0 && !guard.try_lock_for(1us)) continue;
            if (who % 3 == 1 && !guard.try_lock()) continue;
            if (who % 3 == 2) guard.lock();
            enter(i);
          }
        });
      }
      all.wait();
      EXPECT_EQ(counted, entered.load());
      EXPECT_TRUE(guard.try_lock()) << "nobody holds it any more";
      guard.unlock();
    });
  });
}

// Falling asleep beside somebody who wakes: threads that the runtime does not own call into it while its
// workers go to sleep for want of work, all the time.
TEST_P(runtime_stress, of_falling_asleep_misses_no_call_from_outside) {
  run([] {
    keep_going([] {
      constexpr int threads = 2;
      const int each = 200 / sanitizer_cost;
      const std::array<chan<int>, threads> there{};
      const std::array<chan<int>, threads> back{};
      wait_group echoes;
      std::array<std::jthread, threads> outside;
      for (std::size_t who = 0; who < threads; ++who) {
        echoes.go([to = there[who], from = back[who]] {
          for (const int value : to)
            from.send(value + 1);
        });
        outside[who] = std::jthread([to = there[who], from = back[who]] {
          for (int i = 0; i < each; ++i) {
            to.send(int{i});
            EXPECT_EQ(from.receive(), i + 1);
          }
          to.close();
        });
      }
      echoes.wait();
    });
  });
}

}  // namespace
}  // namespace leat
