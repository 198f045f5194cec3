// What goroutines and run() promise: that they run in parallel, take turns, can be counted and told apart,
// carry any closure, and end with the main one. Exceptions across threads are the matter of
// exception_test.cpp.
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <leat/blocking.hpp>
#include <leat/chan.hpp>
#include <leat/error.hpp>
#include <leat/go.hpp>
#include <leat/parked_test.hpp>
#include <leat/time.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::await_parked;
using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(a_goroutine);
LEAT_TEST_ON_WORKERS(yielding);
LEAT_TEST_ON_WORKERS(a_pinned_goroutine);

void with_workers(unsigned workers, auto&& body) {
  leat::run(run_options{.workers = workers}, body);
}

// --- Starting ---

TEST_P(a_goroutine, runs_what_it_was_given) {
  run([] {
    std::atomic<int> sum{0};
    wait_group done;
    for (int i = 1; i <= 100; ++i)
      done.go([&sum, i] { sum += i; });
    done.wait();
    EXPECT_EQ(sum, 5050);
  });
}

TEST_P(a_goroutine, may_be_made_of_anything_callable) {
  run([] {
    const chan<int> c{4};
    go([c]() mutable { c.send(1); });
    go([c, only_movable = std::make_unique<int>(2)] { c.send(int{*only_movable}); });
    go([c, only_movable = std::make_unique<int>(3)]() mutable { c.send(int{*std::move(only_movable)}); });
    struct functor {
      chan<int> c;
      void operator()() && { c.send(4); }
    };
    go(functor{c});
    int sum = 0;
    for (int i = 0; i < 4; ++i)
      sum += c.receive().value();
    EXPECT_EQ(sum, 10);
    static std::atomic<bool> called;
    called = false;
    go(+[] { called = true; });
    await([] { return called.load(); });
  });
}

TEST_P(a_goroutine, destroys_its_closure_once_it_has_ended) {
  run([] {
    const auto shared = std::make_shared<int>(1);
    for (int i = 0; i < 100; ++i)
      go([shared] { leat::yield(); });
    await([&] { return shared.use_count() == 1; });
  });
}

TEST_P(a_goroutine, keeps_the_alignment_of_its_closure) {
  struct alignas(512) wide {
    std::array<char, 512> bytes;
  };
  run([] {
    for (int i = 0; i < 20; ++i) {
      wide one{};
      one.bytes[0] = static_cast<char>(i);
      wait_group done;
      done.go([one, i] {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&one) % alignof(wide), 0U);
        EXPECT_EQ(one.bytes[0], i);
        leat::yield();
        EXPECT_EQ(one.bytes[0], i);
      });
      done.wait();
    }
  });
}

TEST_P(a_goroutine, whose_closure_cannot_be_made_leaves_nothing_behind) {
  struct uncopyable_today {
    uncopyable_today() = default;
    uncopyable_today(const uncopyable_today&) { throw std::runtime_error("copying failed"); }
    void operator()() const {}
  };
  run([] {
    const uncopyable_today function;
    for (int i = 0; i < 100; ++i)
      EXPECT_THROW(go(function), std::runtime_error);
    EXPECT_EQ(goroutine_count(), 1U);
  });
}

TEST_P(a_goroutine, may_start_others_that_start_others) {
  run([] {
    std::atomic<int> leaves{0};
    const auto grow = [&leaves](auto& self, int depth) -> void {
      if (depth == 0) {
        ++leaves;
        return;
      }
      for (int i = 0; i < 2; ++i)
        go([&self, depth] { self(self, depth - 1); });
    };
    constexpr int depth = sanitizer_cost == 1 ? 10 : 6;
    grow(grow, depth);
    await([&] { return leaves == 1 << depth; });
  });
}

TEST_P(a_goroutine, may_be_started_by_a_foreign_thread) {
  run([] {
    std::atomic<int> ran{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&ran] {
        for (int k = 0; k < 100; ++k)
          go([&ran] { ++ran; });
      });
    }
    await([&] { return ran == 300; });
  });
}

TEST(go_outside_of_run, is_refused) {
  try {
    go([] {});
    ADD_FAILURE() << "no error";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), make_error_code(errc::not_running));
  }
  leat::yield();
  EXPECT_EQ(goroutine_id(), 0U);
  EXPECT_EQ(goroutine_count(), 0U);
  EXPECT_EQ(worker_count(), 0U);
}

// --- Stacks ---

// Uses about `kib` KiB of stack and says what it found there.
[[gnu::noinline]] int use_stack(int kib) {
  volatile char page[1024];
  std::memset(const_cast<char*>(page), kib & 0x7f, sizeof page);
  const int deeper = kib > 0 ? use_stack(kib - 1) : 0;
  return deeper + (page[17] == (kib & 0x7f) ? 1 : 0);
}

// Sanitizers spend more on each frame.
constexpr int usual_depth_kib = sanitizer_cost == 1 ? 200 : 60;

TEST_P(a_goroutine, has_a_stack_of_256_kib) {
  run([] {
    wait_group done;
    for (int i = 0; i < 4; ++i)
      done.go([] { EXPECT_EQ(use_stack(usual_depth_kib), usual_depth_kib + 1); });
    done.wait();
  });
}

TEST_P(a_goroutine, gets_as_much_stack_as_it_asks_for) {
  run([] {
    for (const int mib : {1, 8, 64}) {
      wait_group done;
      done.add();
      go({.stack_bytes = static_cast<std::size_t>(mib) << 20}, [&] {
        const int depth = usual_depth_kib * mib * 4;
        EXPECT_EQ(use_stack(depth), depth + 1);
        leat::yield();
        done.done();
      });
      done.wait();
    }
  });
}

TEST_P(a_goroutine, with_a_large_closure_still_has_a_stack) {
  struct heavy {
    std::array<char, 600 * 1024> bytes{};
    chan<char> last;
    void operator()() const {
      use_stack(10);
      last.send(char{bytes.back()});
    }
  };
  run([] {
    const auto function = std::make_unique<heavy>();
    function->bytes.back() = 'z';
    go(*function);
    EXPECT_EQ(function->last.receive(), 'z');
  });
}

TEST_P(a_goroutine, that_asks_for_an_impossible_stack_is_refused) {
  run([] {
    const auto never_runs = [] { ADD_FAILURE() << "it ran"; };
    for (const std::size_t bytes : {~std::size_t{0}, ~std::size_t{0} / 2, std::size_t{1} << 60})
      EXPECT_THROW(go({.stack_bytes = bytes}, never_runs), std::bad_alloc) << bytes;
    EXPECT_EQ(goroutine_count(), 1U);
  });
}

// --- Side by side ---

TEST(goroutines_in_parallel, really_run_at_once) {
  for (const unsigned workers : {2U, 4U}) {
    with_workers(workers, [workers] {
      // Each spins, without ever giving its worker up, until all are there.
      std::atomic<unsigned> there{0};
      wait_group done;
      for (unsigned i = 0; i < workers; ++i) {
        done.go([&] {
          ++there;
          while (there < workers)
            std::this_thread::yield();
        });
      }
      done.wait();
    });
  }
}

TEST(goroutines_in_parallel, run_on_threads_of_their_own) {
  with_workers(4, [] {
    std::array<std::atomic<bool>, 4> there{};
    std::array<std::thread::id, 4> thread;
    wait_group done;
    for (std::size_t i = 0; i < 4; ++i) {
      done.go([&, i] {
        thread[i] = std::this_thread::get_id();
        there[i] = true;
        for (const auto& other : there)
          while (!other)
            std::this_thread::yield();
      });
    }
    done.wait();
    EXPECT_EQ(std::set(thread.begin(), thread.end()).size(), 4U);
  });
}

// A goroutine that computes without a pause must not hold up the timers, pairs and queues of its worker.
TEST(goroutines_beside_a_hog, make_progress) {
  for (const unsigned workers : {2U, 4U}) {
    with_workers(workers, [] {
      std::atomic<bool> enough{false};
      std::atomic<bool> hogging{false};
      wait_group hog;
      hog.go([&] {
        hogging = true;
        while (!enough) {}
      });
      while (!hogging)
        leat::yield();
      const chan<int> there;
      const chan<int> back;
      go([=] {
        for (const int ball : there)
          back.send(ball + 1);
      });
      for (int i = 0; i < 1000 / sanitizer_cost; ++i) {
        there.send(int{i});
        ASSERT_EQ(back.receive(), i + 1);
      }
      there.close();
      sleep_for(2ms);
      enough = true;
      hog.wait();
    });
  }
}

TEST(goroutines_beside_a_hog, are_taken_over_with_the_queue_and_timers_of_its_worker) {
  with_workers(2, [] {
    std::atomic<bool> enough{false};
    std::atomic<int> ran{0};
    const chan<unit> woke;
    wait_group hog;
    // All of these belong to the worker on which this goroutine then stays.
    hog.go([&] {
      for (int i = 0; i < 100; ++i)
        go([&] { ++ran; });
      go([&ran, woke] {
        sleep_for(1ms);
        ++ran;
        woke.send({});
      });
      leat::yield();
      while (!enough) {}
    });
    woke.receive();
    while (ran < 101)
      leat::yield();
    enough = true;
    hog.wait();
  });
}

TEST_P(yielding, lets_others_run_first) {
  run([] {
    std::array<std::atomic<int>, 4> turns{};
    std::atomic<bool> enough{false};
    for (auto& own : turns) {
      go([&] {
        while (!enough) {
          ++own;
          leat::yield();
        }
      });
    }
    await([&] { return std::ranges::all_of(turns, [](const auto& count) { return count > 100; }); });
    enough = true;
    await([] { return goroutine_count() == 1; });
  });
}

TEST(yielding_on_one_worker, takes_turns_exactly) {
  with_workers(1, [] {
    std::array<std::atomic<int>, 3> turns{};
    for (auto& own : turns) {
      go([&own] {
        for (int i = 0; i < 1000; ++i) {
          ++own;
          leat::yield();
        }
      });
    }
    while (turns[0] < 1000) {
      leat::yield();
      const auto [least, most] = std::ranges::minmax({turns[0].load(), turns[1].load(), turns[2].load()});
      EXPECT_LE(most - least, 2) << "the queue is looked at from elsewhere once in a while, no more";
    }
    while (goroutine_count() > 1)
      leat::yield();
  });
}

// More than a worker's own queue holds: those that wait elsewhere must not wait longer than the others.
TEST(yielding_on_one_worker, gives_each_of_a_thousand_as_many_turns) {
  with_workers(1, [] {
    constexpr int wanted = 1000;
    std::vector<int> turns(1000);
    std::atomic<bool> enough{false};
    wait_group done;
    for (int& own : turns) {
      done.go([&] {
        while (!enough) {
          if (++own == wanted) enough = true;
          leat::yield();
        }
      });
    }
    done.wait();
    EXPECT_GT(std::ranges::min(turns), wanted / 2);
  });
}

// A pair that keeps waking each other must not keep the others of its worker waiting, be they few or more
// than a worker's own queue holds.
TEST_P(yielding, comes_back_although_a_pair_keeps_waking_each_other) {
  run([] {
    for (const std::size_t others : {1, 300}) {
      const chan<int> there;
      const chan<int> back;
      std::atomic<bool> enough{false};
      wait_group done;
      done.go([=] {
        for (const int ball : there)
          back.send(int{ball});
      });
      done.go([&, there, back] {
        while (!enough) {
          there.send(1);
          back.receive();
        }
        there.close();
      });
      std::vector<std::atomic<int>> turns(others);
      for (auto& own : turns) {
        done.go([&] {
          while (!enough) {
            ++own;
            leat::yield();
          }
        });
      }
      await([&] { return std::ranges::all_of(turns, [](const auto& count) { return count > 2; }); });
      enough = true;
      done.wait();
    }
  });
}

TEST_P(yielding, comes_back_although_each_goroutine_that_starts_starts_the_next) {
  run([] {
    std::atomic<bool> enough{false};
    wait_group done;
    std::function<void()> start_next = [&] {
      done.go([&] {
        if (!enough) start_next();
      });
    };
    start_next();
    for (int i = 0; i < 100; ++i)
      leat::yield();
    enough = true;
    done.wait();
  });
}

// --- Starting many ---

// Started breadth first, most of a tree would be alive at once, each with a stack.
TEST(a_tree_of_goroutines, has_few_alive_at_a_time) {
  with_workers(1, [] {
    std::atomic<std::size_t> most{0};
    std::function<void(int)> grow = [&](int height) {
      most = std::max(most.load(), goroutine_count());
      if (height == 0) return;
      wait_group children;
      for (int i = 0; i < 10; ++i)
        children.go([&, height] { grow(height - 1); });
      children.wait();
    };
    grow(4);
    EXPECT_LT(most, 11'111U / 4);
  });
}

// The newest are started first, but the first one does not wait until all others have had their turn.
TEST(goroutines_that_were_started_first, run_although_others_keep_being_started) {
  with_workers(1, [] {
    std::atomic<bool> ran{false};
    go([&] { ran = true; });
    wait_group others;
    for (int rounds = 0; !ran; ++rounds) {
      ASSERT_LT(rounds, 100'000);
      others.go([] {});
      others.go([] {});
      leat::yield();
    }
    others.wait();
  });
}

// --- Pinned ---

TEST_P(a_pinned_goroutine, stays_on_its_thread) {
  run([] {
    wait_group done;
    const chan<int> c;
    for (int who = 0; who < 4; ++who) {
      done.go([c] {
        for (int i = 0; i < 200; ++i) {
          c.send(int{i});
          leat::yield();
        }
      });
      done.go([c] {
        const pinned here;
        const auto thread = std::this_thread::get_id();
        for (int i = 0; i < 200; ++i) {
          c.receive();
          ASSERT_EQ(std::this_thread::get_id(), thread);
          if (i % 50 == 0) sleep_for(100us);
          ASSERT_EQ(std::this_thread::get_id(), thread);
          if (i % 90 == 0) blocking([] {});
          ASSERT_EQ(std::this_thread::get_id(), thread);
          leat::yield();
          ASSERT_EQ(std::this_thread::get_id(), thread);
        }
      });
    }
    done.wait();
  });
}

TEST_P(a_pinned_goroutine, is_free_when_the_outermost_pin_ends) {
  run([] {
    const auto thread = std::this_thread::get_id();
    {
      const pinned outer;
      { const pinned inner; }
      for (int i = 0; i < 100; ++i) {
        leat::yield();
        ASSERT_EQ(std::this_thread::get_id(), thread);
      }
    }
    const pinned again;
    const auto second = std::this_thread::get_id();
    for (int i = 0; i < 100; ++i)
      leat::yield();
    EXPECT_EQ(std::this_thread::get_id(), second);
  });
}

TEST_P(a_pinned_goroutine, that_yields_lets_others_run) {
  run([] {
    const pinned here;
    std::atomic<bool> ran{false};
    go([&] { ran = true; });
    await([&] { return ran.load(); });
  });
}

TEST_P(a_pinned_goroutine, that_yields_to_another_lets_those_that_are_not_pinned_run) {
  run([] {
    std::atomic<bool> enough{false};
    wait_group done;
    for (int i = 0; i < 2; ++i) {
      done.go([&] {
        const pinned here;
        while (!enough)
          leat::yield();
      });
    }
    for (int i = 0; i < 100; ++i)
      leat::yield();
    enough = true;
    done.wait();
  });
}

TEST_P(a_pinned_goroutine, may_be_woken_by_a_foreign_thread) {
  run([] {
    const pinned here;
    const auto thread = std::this_thread::get_id();
    const chan<int> c;
    const std::jthread outside([c] {
      for (int i = 0; i < 100; ++i)
        c.send(int{i});
      c.close();
    });
    int count = 0;
    for ([[maybe_unused]] const int value : c) {
      EXPECT_EQ(std::this_thread::get_id(), thread);
      ++count;
    }
    EXPECT_EQ(count, 100);
  });
}

TEST(pinned_outside_of_run, does_nothing) {
  const pinned here;
}

// --- Counting and telling apart ---

TEST_P(a_goroutine, counts_until_it_has_ended) {
  run([] {
    EXPECT_EQ(goroutine_count(), 1U);
    const chan<unit> hold;
    for (int i = 0; i < 100; ++i)
      go([hold] { hold.receive(); });
    EXPECT_EQ(goroutine_count(), 101U);
    hold.close();
    await([] { return goroutine_count() == 1; });
    for (int i = 0; i < 10000 / sanitizer_cost; ++i) {
      go([] {});
      if (i % 100 == 0) await([] { return goroutine_count() < 50; });
    }
    await([] { return goroutine_count() == 1; });
  });
}

TEST_P(a_goroutine, has_a_number_of_its_own) {
  run([] {
    EXPECT_EQ(goroutine_id(), 1U);
    EXPECT_EQ(worker_count(), GetParam());
    const std::size_t count = 5000 / sanitizer_cost;
    const chan<std::uint64_t> ids{100};
    for (std::size_t i = 0; i < count; ++i)
      go([ids] {
        const std::uint64_t id = goroutine_id();
        leat::yield();
        EXPECT_EQ(goroutine_id(), id);
        ids.send(std::uint64_t{id});
      });
    std::set<std::uint64_t> seen{0, 1};
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_TRUE(seen.insert(ids.receive().value()).second);
  });
}

// --- Running ---

TEST(run_function, returns_what_its_body_returns) {
  EXPECT_EQ(leat::run([] { return 42; }), 42);
  EXPECT_EQ(leat::run([] {}), 0);
  EXPECT_EQ(leat::run([] { return std::string("text"); }), "text");
  EXPECT_EQ(*leat::run(run_options{.workers = 1}, [] { return std::make_unique<int>(7); }), 7);
}

TEST(run_function, works_again_and_again) {
  for (int round = 0; round < 30; ++round) {
    with_workers(1U + static_cast<unsigned>(round % 4), [round] {
      const chan<int> c;
      go([c, round] { c.send(int{round}); });
      EXPECT_EQ(c.receive(), round);
      EXPECT_EQ(goroutine_id(), 1U);
      EXPECT_EQ(goroutine_count() > 2, false);
    });
  }
}

TEST(run_function, works_on_another_thread_each_time) {
  for (int round = 0; round < 5; ++round) {
    std::jthread([] {
      EXPECT_EQ(leat::run([] {
                  const chan<int> c;
                  go([c] { c.send(1); });
                  return c.receive().value();
                }),
                1);
    }).join();
  }
}

TEST(run_function, refuses_to_run_inside_itself) {
  with_workers(2, [] {
    EXPECT_THROW(leat::run([] {}), std::logic_error);
    std::jthread([] { EXPECT_THROW(leat::run([] {}), std::logic_error); }).join();
    std::atomic<bool> ran{false};
    go([&] { ran = true; });  // it goes on as before
    while (!ran)
      leat::yield();
  });
}

TEST(run_function, ends_with_the_main_goroutine_whatever_others_do) {
  static std::atomic<bool> went_on;
  went_on = false;
  struct witness {
    ~witness() { went_on = true; }
  };
  for (const unsigned workers : {1U, 2U, 4U}) {
    chan<int> c;
    with_workers(workers, [&] {
      for (int i = 0; i < 10; ++i) {
        go([c] {
          const witness held;
          c.receive();
        });
        go([] {
          const witness held;
          sleep_for(1h);
        });
      }
      await_parked(20);
    });
    EXPECT_EQ(goroutine_count(), 0U);
    EXPECT_FALSE(went_on) << "they are forgotten, not unwound";
  }
}

TEST(run_function, ends_although_others_keep_yielding) {
  for (const unsigned workers : {1U, 2U, 4U}) {
    with_workers(workers, [] {
      for (int i = 0; i < 10; ++i) {
        go([] {
          for (;;)
            leat::yield();
        });
      }
      leat::yield();
    });
  }
}

TEST(run_function, takes_the_number_of_workers_from_the_environment) {
  ASSERT_EQ(::setenv("LEAT_WORKERS", "3", 1), 0);
  leat::run([] { EXPECT_EQ(worker_count(), 3U); });
  leat::run(run_options{.workers = 2}, [] { EXPECT_EQ(worker_count(), 2U) << "options go first"; });
  for (const char* wrong : {"0", "-1", "two", "3x", " 3", "1025", "99999999999999999999"}) {
    ASSERT_EQ(::setenv("LEAT_WORKERS", wrong, 1), 0);
    try {
      leat::run([&] { ADD_FAILURE() << "ran with LEAT_WORKERS=" << wrong; });
    } catch (const std::invalid_argument& error) {
      EXPECT_EQ(error.what(),
                "LEAT_WORKERS is \"" + std::string(wrong) + "\": it must be a number from 1 to 1024");
    }
  }
  ASSERT_EQ(::setenv("LEAT_WORKERS", "", 1), 0);
  leat::run([] { EXPECT_GE(worker_count(), 1U) << "empty is as if it were not set"; });
  ::unsetenv("LEAT_WORKERS");
}

TEST(run_function, says_when_descriptors_run_out) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{.rlim_cur = 16, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_THROW(with_workers(100, [] { ADD_FAILURE() << "ran"; }), std::system_error);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  with_workers(2, [] {});
}

std::chrono::nanoseconds cpu_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

// Parked goroutines and far timers: nothing may turn, not even slowly.
TEST(an_idle_program, uses_no_processor) {
#if defined(LEAT_TSAN)
  GTEST_SKIP() << "ThreadSanitizer has a thread of its own, which does";
#endif
  for (const unsigned workers : {1U, 4U}) {
    with_workers(workers, [] {
      const chan<unit> hold;
      for (int i = 0; i < 100; ++i)
        go([hold] { hold.receive(); });
      go([] { sleep_for(1h); });
      sleep_for(50ms);  // everything has come to rest
      const auto before = cpu_time();
      sleep_for(300ms);
      const auto used = cpu_time() - before;
      EXPECT_LT(used, 3ms * sanitizer_cost);
      hold.close();
    });
  }
}

}  // namespace
}  // namespace leat
