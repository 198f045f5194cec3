// That everything which can run does: on all workers, beside others that never pause, with timers, sockets
// and threads as sources of work.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

#include <leat/blocking.hpp>
#include <leat/go.hpp>
#include <leat/parked_test.hpp>
#include <leat/runtime/descriptor.hpp>
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

LEAT_TEST_ON_WORKERS(every_worker);
LEAT_TEST_ON_WORKERS(a_busy_program);
LEAT_TEST_ON_WORKERS(a_sleeping_worker);

constexpr auto never_mind = [](auto&&...) {};

// Two sockets whose near end the runtime watches.
struct connection {
  connection() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
      throw std::system_error(errno, std::system_category(), "socketpair");
    near = runtime::adopt_descriptor(ends[0]);
    far = ends[1];
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() { ::close(far); }

  runtime::descriptor_handle near;
  int far = -1;
};

// Spins until `condition`, never giving its worker up to other goroutines; the thread gives up its processor,
// as there may be more workers than those.
void spin_until(auto&& condition) {
  while (!condition())
    std::this_thread::yield();
}

// `count` goroutines, none of which ever parks, take their turns in a fixed order: each needs a worker of its
// own.
void take_turns_in_parallel(unsigned count) {
  std::atomic<unsigned> turn{0};
  wait_group outer;
  for (unsigned i = 0; i < count; ++i) {
    outer.go([&, i] {
      for (unsigned round = 0; round < 3; ++round) {
        spin_until([&] { return turn == round * count + i; });
        ++turn;
      }
    });
  }
  outer.wait();
}

TEST_P(every_worker, takes_part_when_there_is_enough_to_do) {
  run([] {
    // The main goroutine waits, so that its worker is free too.
    for (int round = 0; round < 10; ++round)
      take_turns_in_parallel(GetParam());
  });
}

TEST_P(every_worker, takes_part_also_while_sockets_are_waited_on) {
  run([] {
    std::vector<std::unique_ptr<connection>> lines;
    wait_group listeners;
    for (unsigned i = 0; i < GetParam(); ++i) {
      lines.push_back(std::make_unique<connection>());
      listeners.go([line = lines.back().get()] { EXPECT_TRUE(line->near->wait_readable()); });
    }
    await_parked(GetParam());
    for (int round = 0; round < 5; ++round) {
      sleep_for(1us);  // workers go to sleep in their pollers
      take_turns_in_parallel(GetParam());
    }
    for (const auto& line : lines)
      EXPECT_EQ(::write(line->far, "x", 1), 1);
    listeners.wait();
  });
}

TEST_P(every_worker, takes_part_when_goroutines_are_started_by_goroutines) {
  run([] {
    const unsigned workers = GetParam();
    for (int round = 0; round < 10; ++round) {
      std::atomic<unsigned> there{0};
      wait_group all;
      all.go([&] {
        for (unsigned i = 0; i < workers; ++i) {
          all.go([&] {
            all.go([&] {
              ++there;
              spin_until([&] { return there == workers; });
            });
          });
        }
      });
      all.wait();
    }
  });
}

// Wherever the work lies, those without any find it.
TEST_P(every_worker, steals_from_every_other) {
  run([] {
    for (int round = 0; round < 20; ++round) {
      std::mutex guard;
      std::set<std::thread::id> threads;
      std::atomic<std::size_t> seen{0};
      wait_group all;
      // They all start in the queue of one worker, and none ends before all workers have one.
      for (unsigned i = 0; i < GetParam(); ++i) {
        all.go([&] {
          {
            const std::lock_guard hold(guard);
            threads.insert(std::this_thread::get_id());
            seen = threads.size();
          }
          spin_until([&] { return seen == GetParam(); });
        });
      }
      all.wait();
    }
  });
}

// --- Beside those that never pause ---

// Both goroutines are always runnable or about to be: at no time is there nothing to do.
TEST_P(a_busy_program, still_notices_that_a_timer_is_due) {
  run([] {
    const chan<unit> done;
    const chan<int> c;
    wait_group all;
    for (int i = 0; i < 2; ++i) {
      all.go([=] {
        for (bool more = true; more;)
          select(c.on_send(1), done.on_receive([&](auto) { more = false; }));
      });
    }
    const auto alarm = after(2ms);
    for (bool more = true; more;)
      select(c.on_receive(never_mind), alarm.on_receive([&](auto) { more = false; }));
    done.close();
    all.wait();
  });
}

TEST_P(a_busy_program, still_notices_a_timer_beside_a_system_call_in_every_round) {
  run([] {
    const chan<int> c;
    const chan<unit> ended;
    for (int i = 0; i < 2; ++i) {
      go([=] {
        const auto alarm = after(2ms);
        char nothing = 0;
        for (bool more = true; more;) {
          EXPECT_LE(::read(-1, &nothing, 0), 0);
          select(c.on_send(1), c.on_receive(never_mind), alarm.on_receive([&](auto) { more = false; }));
        }
        ended.send({});
      });
    }
    for (int count = 0; count < 2;)
      select(ended.on_receive([&](auto) { ++count; }), c.on_receive(never_mind));
  });
}

TEST_P(a_busy_program, still_starts_the_function_of_a_timer) {
  run([] {
    for (int round = 0; round < 100 / sanitizer_cost; ++round) {
      std::atomic<bool> stop{false};
      const chan<bool> c{1};
      wait_group both;
      both.go([&, c] {
        while (!stop)
          c.send(true);
        c.close();
      });
      both.go([c] {
        for ([[maybe_unused]] const bool value : c) {}
      });
      const timer alarm = timer::func(1us, [&] { stop = true; });
      both.wait();
    }
  });
}

TEST_P(a_busy_program, still_notices_a_socket) {
  run([] {
    const connection line;
    std::atomic<bool> heard{false};
    wait_group all;
    all.go([&] {
      EXPECT_TRUE(line.near->wait_readable());
      heard = true;
    });
    for (int i = 0; i < 3; ++i) {
      all.go([&] {
        while (!heard)
          leat::yield();
      });
    }
    // Also before the listener has come to wait, what is written is not lost.
    EXPECT_EQ(::write(line.far, "x", 1), 1);
    all.wait();
  });
}

TEST_P(a_busy_program, still_runs_what_foreign_threads_start) {
  run([] {
    std::atomic<int> ran{0};
    wait_group all;
    for (int i = 0; i < 3; ++i) {
      all.go([&] {
        while (ran < 100)
          leat::yield();
      });
    }
    const std::jthread outside([&] {
      for (int i = 0; i < 100; ++i)
        go([&] { ++ran; });
    });
    all.wait();
  });
}

// The timer belongs to the worker that computes; another one has to fire it, and to run whom it wakes.
TEST_P(a_busy_program, that_computes_without_a_pause_lets_others_receive_from_its_timers) {
  if (GetParam() == 1) GTEST_SKIP() << "nobody else could run the receiver";
  run([] {
    for (int round = 0; round < 5; ++round) {
      std::atomic<bool> received{false};
      const timer one(5ms);
      wait_group receiver;
      receiver.go([&, ticks = one.c()] { received = ticks.receive().has_value(); });
      // On a slow machine the timer is due before anybody waits for it.
      await([&] { return testing::parked_count() == 1 || received; });
      spin_until([&] { return received.load(); });
      receiver.wait();
    }
  });
}

TEST_P(a_busy_program, that_computes_without_a_pause_lets_others_run_the_function_of_its_timer) {
  if (GetParam() == 1) GTEST_SKIP() << "nobody else could run the function";
  run([] {
    for (int round = 0; round < 5; ++round) {
      std::atomic<bool> called{false};
      const timer one = timer::func(5ms, [&] { called = true; });
      spin_until([&] { return called.load(); });
    }
  });
}

// On every worker a pair whose one half always waits and whose other half always runs: no worker ever has
// anything in its queue, and none ever has nothing to do.
TEST_P(a_busy_program, of_pairs_that_only_wake_each_other_still_runs_what_a_foreign_thread_starts) {
  run([] {
    std::atomic<unsigned> spread{0};
    std::atomic<bool> ran{false};
    wait_group all;
    for (unsigned pair = 0; pair < GetParam(); ++pair) {
      all.go([&] {
        ++spread;
        spin_until([&] { return spread == GetParam(); });
        const chan<bool> there;
        const chan<bool> back;
        go([=] {
          for (const bool more : there)
            back.send(more);
        });
        while (!ran) {
          there.send(true);
          back.receive();
        }
        there.close();
      });
    }
    const std::jthread outside([&] {
      while (spread != GetParam())
        std::this_thread::yield();
      go([&] { ran = true; });
    });
    all.wait();
  });
}

TEST_P(a_busy_program, gives_each_of_those_that_yield_its_turns) {
  run([] {
    constexpr int wanted = 200;
    std::array<std::atomic<int>, 20> turns{};
    wait_group all;
    for (auto& own : turns) {
      all.go([&] {
        while (std::ranges::any_of(turns, [](const auto& count) { return count < wanted; })) {
          ++own;
          leat::yield();
        }
      });
    }
    all.wait();
  });
}

// --- From sleep ---

// Nobody polls: a worker sleeps until the next timer, and must be told that an earlier one has come.
TEST_P(a_sleeping_worker, is_woken_for_an_earlier_timer) {
  run([] {
    go([] { sleep_for(1h); });
    await_parked(1);
    const auto begin = steady_clock::now();
    wait_group done;
    done.add();
    const std::jthread outside([&] {
      const timer soon = timer::func(1ms, [&] { done.done(); });
      done.wait();
    });
    done.wait();
    EXPECT_LT(steady_clock::now() - begin, 30s);
    sleep_for(1ms);
  });
}

TEST_P(a_sleeping_worker, is_woken_by_a_foreign_thread_that_starts_or_wakes_a_goroutine) {
  run([] {
    go([] { sleep_for(1h); });
    const chan<int> c;
    const chan<int> started;
    for (int i = 0; i < 50; ++i) {
      const std::jthread outside([=] {
        go([=] { started.send(int{i}); });
        c.send(int{i});
      });
      EXPECT_EQ(c.receive(), i);
      EXPECT_EQ(started.receive(), i);
    }
  });
}

TEST_P(a_sleeping_worker, is_woken_by_a_socket_a_timer_and_a_blocking_call) {
  run([] {
    const connection line;
    wait_group all;
    all.go([&] { EXPECT_TRUE(line.near->wait_readable()); });
    all.go([] { sleep_for(1ms); });
    all.go([&] { blocking([&] { EXPECT_EQ(::write(line.far, "x", 1), 1); }); });
    all.wait();
  });
}

// --- Extremes ---

TEST(a_program_with_many_workers, runs_on_far_more_than_there_are_processors) {
  static constexpr unsigned workers = 1024 / sanitizer_cost;
  leat::run(run_options{.workers = workers}, [] {
    EXPECT_EQ(worker_count(), workers);
    std::atomic<int> sum{0};
    const chan<int> c;
    wait_group all;
    for (int i = 0; i < 2000; ++i) {
      all.go([&, c] {
        sum += c.receive().value();
        leat::yield();
      });
    }
    for (int i = 0; i < 2000; ++i)
      c.send(1);
    all.wait();
    EXPECT_EQ(sum, 2000);
  });
}

}  // namespace
}  // namespace leat
