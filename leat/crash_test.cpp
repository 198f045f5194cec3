// How programs end that go wrong inside a goroutine: with a report that says which goroutine it was, where it
// was started, and its stack at the place where things went wrong; and in the way that a program without
// goroutines ends.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <leat/blocking.hpp>
#include <leat/chan.hpp>
#include <leat/dying_test.hpp>
#include <leat/parked_test.hpp>
#include <leat/time.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

// What is to be found on the stacks. Of what only this file can see, reports know the names only with debug
// information.
namespace kitchen {

[[gnu::noinline]] void break_an_egg(const std::string& how) {
  if (!how.empty()) throw std::out_of_range("the egg " + how);
  LEAT_KEEP_FRAME;
}

[[gnu::noinline]] void cook() {
  break_an_egg("fell down");
  LEAT_KEEP_FRAME;
}

// Uses up stack until it has made `depth` calls.
[[gnu::noinline]] int dig(int depth) {
  volatile std::byte earth[512];
  earth[0] = std::byte(depth);
  const int below = depth == 0 ? 0 : dig(depth - 1);
  LEAT_KEEP_FRAME;
  return below + static_cast<int>(earth[0]);
}

}  // namespace kitchen

namespace leat {
namespace {

using kitchen::cook;
using kitchen::dig;
using testing::end_of;
using testing::ending;
using testing::place;
using testing::reports_have_lines;
using testing::require;

class ending_on_workers : public ::testing::TestWithParam<unsigned> {
 protected:
  static ending end_of_run(auto body) {
    return end_of([&] { leat::run(run_options{.workers = GetParam()}, body); });
  }
};

class an_uncaught_exception : public ending_on_workers {};
class a_stack_overflow : public ending_on_workers {};
class a_wild_access : public ending_on_workers {};
class misuse_of_a_channel : public ending_on_workers {};
INSTANTIATE_TEST_SUITE_P(on, an_uncaught_exception, ::testing::Values(1u, 2u, 4u), testing::workers_name);
INSTANTIATE_TEST_SUITE_P(on, a_stack_overflow, ::testing::Values(1u, 2u, 4u), testing::workers_name);
INSTANTIATE_TEST_SUITE_P(on, a_wild_access, ::testing::Values(1u, 2u, 4u), testing::workers_name);
INSTANTIATE_TEST_SUITE_P(on, misuse_of_a_channel, ::testing::Values(1u, 2u, 4u), testing::workers_name);

void wait_for_ever() {
  chan<unit>().receive();
}

// --- Exceptions ---

TEST_P(an_uncaught_exception, ends_the_program_as_abort_does) {
  const ending seen = end_of_run([] {
    go([] { cook(); });
    wait_for_ever();
  });
  EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
}

TEST_P(an_uncaught_exception, is_reported_with_its_type_its_text_its_goroutine_and_the_stack_that_threw_it) {
  constexpr int start = __LINE__ + 2;
  const ending seen = end_of_run([] {
    go([] { cook(); });
    wait_for_ever();
  });
  EXPECT_SAYS(seen, "leat: uncaught std::out_of_range: the egg fell down\n");
  EXPECT_SAYS(seen, " [running], started at ");
  EXPECT_SAYS(seen, place(__FILE__, start));
  EXPECT_SAYS(seen, "break_an_egg(");
  EXPECT_SAYS(seen, "cook()");
  if (reports_have_lines) {
    const auto frame = seen.text.find("cook()");
    EXPECT_NE(seen.text.find("crash_test.cpp:", frame), std::string::npos) << seen;
  }
}

TEST_P(an_uncaught_exception, of_the_main_goroutine_is_reported_too) {
  constexpr int start = __LINE__ + 1;
  const ending seen = end_of([] { leat::run(run_options{.workers = GetParam()}, [] { cook(); }); });
  EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
  EXPECT_SAYS(seen, "leat: uncaught std::out_of_range: the egg fell down\n");
  EXPECT_SAYS(seen, "goroutine 1 [running], started at ");
  EXPECT_SAYS(seen, place(__FILE__, start));
  EXPECT_SAYS(seen, "break_an_egg(");
}

TEST_P(an_uncaught_exception, need_not_be_a_standard_one) {
  const ending seen = end_of_run([] { throw 42; });
  EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
  EXPECT_SAYS(seen, "leat: uncaught exception of type int\n");
}

TEST_P(an_uncaught_exception, after_a_park_is_still_that_of_its_goroutine) {
  const ending seen = end_of_run([] {
    for (int i = 0; i < 4; ++i)
      go([] {
        try {
          throw std::runtime_error("handled");
        } catch (...) {
          for (;;)
            leat::yield();
        }
      });
    go([] {
      for (int i = 0; i < 100; ++i)
        leat::yield();
      cook();
    });
    wait_for_ever();
  });
  EXPECT_SAYS(seen, "leat: uncaught std::out_of_range: the egg fell down\n");
}

TEST_P(an_uncaught_exception, that_meets_noexcept_is_reported) {
  const ending seen = end_of_run([] { []() noexcept { cook(); }(); });
  EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
  EXPECT_SAYS(seen, "leat: uncaught std::out_of_range: the egg fell down\n");
}

TEST_P(an_uncaught_exception, is_not_what_std_terminate_alone_is_called) {
  const ending seen = end_of_run([] { std::terminate(); });
  EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
  EXPECT_SAYS(seen, "leat: std::terminate was called\n\ngoroutine 1 [running], started at ");
}

TEST_P(an_uncaught_exception, of_a_foreign_thread_is_left_to_the_standard_library) {
  const ending seen = end_of_run([] {
    std::thread([] { cook(); }).detach();
    wait_for_ever();
  });
  EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
  EXPECT_SAYS_NOT(seen, "goroutine");
}

TEST_P(an_uncaught_exception, of_an_empty_function_is_reported) {
  const ending seen = end_of_run([] {
    go(std::function<void()>());
    wait_for_ever();
  });
  EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
  EXPECT_SAYS(seen, "leat: uncaught std::bad_function_call: bad_function_call\n");
}

TEST_P(an_uncaught_exception, of_a_goroutine_that_a_group_waits_for_ends_the_program_too) {
  const ending seen = end_of_run([] {
    wait_group group;
    group.go([] { cook(); });
    group.wait();
    require(false);
  });
  EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
  EXPECT_SAYS(seen, "leat: uncaught std::out_of_range: the egg fell down\n");
}

TEST_P(an_uncaught_exception, ends_the_program_although_others_yield_wait_and_sit_in_system_calls) {
  const ending seen = end_of_run([] {
    for (int i = 0; i < 3; ++i) {
      go([] {
        for (;;)
          leat::yield();
      });
      go([] { wait_for_ever(); });
      go([] { blocking([] { ::pause(); }); });
      go([] { sleep_for(std::chrono::hours(1)); });
    }
    leat::yield();
    cook();
  });
  EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
  EXPECT_SAYS(seen, "leat: uncaught std::out_of_range: the egg fell down\n");
}

// Whichever comes first is reported whole; the others do not keep the program from ending.
TEST_P(an_uncaught_exception, that_comes_beside_others_is_reported_and_ends_the_program) {
  const ending seen = end_of_run([] {
    for (int i = 0; i < 8; ++i)
      go([] { cook(); });
    wait_for_ever();
  });
  EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
  EXPECT_SAYS(seen, "leat: uncaught std::out_of_range: the egg fell down\n");
  EXPECT_SAYS(seen, " [running], started at ");
}

TEST_P(an_uncaught_exception, that_a_destructor_throws_during_another_is_reported) {
  struct clumsy {
    ~clumsy() noexcept(false) { throw std::runtime_error("while cleaning up"); }
  };
  const ending seen = end_of_run([] {
    go([] {
      try {
        const clumsy helper;
        cook();
      } catch (const std::out_of_range&) {}
    });
    wait_for_ever();
  });
  EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
  EXPECT_SAYS(seen, "leat: uncaught std::runtime_error: while cleaning up\n");
  EXPECT_SAYS(seen, " [running], started at ");
}

// --- Stacks ---

constexpr int without_end = 1 << 30;

void expect_overflow_report(const ending& seen) {
#if defined(LEAT_EMULATED)
  GTEST_SKIP() << "the emulator accepts MADV_GUARD_INSTALL without making a guard";
#endif
#if defined(LEAT_ASAN) || defined(LEAT_TSAN)
  EXPECT_FALSE(seen.exited_with(0)) << seen;  // sanitizers have their own ways to end
#else
  EXPECT_TRUE(seen.killed_by(SIGSEGV)) << seen;
#endif
  EXPECT_SAYS(seen, "leat: stack overflow: goroutine ");
  EXPECT_SAYS(seen, "started at ");
  EXPECT_SAYS(seen, "leat::go({.stack_bytes = ...}, f)");
  EXPECT_SAYS(seen, "dig");
}

TEST_P(a_stack_overflow, is_reported_with_its_goroutine_its_size_and_what_to_do) {
  constexpr int start = __LINE__ + 2;
  const ending seen = end_of_run([] {
    go([] { dig(without_end); });
    wait_for_ever();
  });
  expect_overflow_report(seen);
  if (IsSkipped()) return;
  EXPECT_SAYS(seen, " used up its 24");  // of 260 KiB, less the guard and the control block
  EXPECT_SAYS(seen, " KiB of stack");
  EXPECT_SAYS(seen, place(__FILE__, start));
}

TEST_P(a_stack_overflow, of_the_main_goroutine_is_reported_too) {
  const ending seen = end_of_run([] { dig(without_end); });
  expect_overflow_report(seen);
  if (IsSkipped()) return;
  EXPECT_SAYS(seen, "goroutine 1 used up its ");
}

TEST_P(a_stack_overflow, of_a_larger_stack_names_its_size) {
  const ending seen = end_of_run([] {
    go({.stack_bytes = std::size_t{4} << 20}, [] { dig(without_end); });
    wait_for_ever();
  });
  expect_overflow_report(seen);
  if (IsSkipped()) return;
  EXPECT_SAYS(seen, " used up its 4");
  EXPECT_SAYS_NOT(seen, " used up its 4 KiB");
}

TEST_P(a_stack_overflow, among_many_goroutines_names_the_right_one) {
  const ending seen = end_of_run([] {
    const chan<std::uint64_t> ids{1};
    for (int i = 0; i < 200; ++i)
      go([] { wait_for_ever(); });
    go([ids] {
      ids.send(goroutine_id());
      dig(without_end);
    });
    const auto digger = *ids.receive();
    require(digger > 1);
    std::fprintf(stderr, "the digger is goroutine %d\n", static_cast<int>(digger));
    wait_for_ever();
  });
  expect_overflow_report(seen);
  if (IsSkipped()) return;
  constexpr std::string_view words = "the digger is ";
  const auto at = seen.text.find(words);
  if (at == std::string::npos) return;  // the digger was quicker
  const auto name = seen.text.substr(at + words.size(), seen.text.find('\n', at) - at - words.size());
  EXPECT_SAYS(seen, "stack overflow: " + name + " used up");
}

TEST_P(a_stack_overflow, is_not_recursion_that_fits) {
  const ending seen = end_of_run([] {
    const chan<int> found;
    // A frame has some 600 bytes, a few times as many with a sanitizer.
    constexpr int depth = testing::sanitizer_cost == 1 ? 300 : 100;
    for (int i = 0; i < 4; ++i)
      go([found] { found.send(dig(depth)); });
    for (int i = 0; i < 4; ++i)
      require(found.receive() > 0);
    go({.stack_bytes = std::size_t{64} << 20}, [found] { found.send(dig(200 * depth)); });
    require(found.receive() > 0);
  });
  EXPECT_TRUE(seen.exited_with(0)) << seen;
  EXPECT_SAYS_NOT(seen, "stack overflow");
}

// --- Faults ---

void expect_plain_fault(const ending& seen) {
#if defined(LEAT_ASAN) || defined(LEAT_TSAN)
  EXPECT_SAYS(seen, "SEGV");  // the sanitizer's report
#else
  EXPECT_TRUE(seen.killed_by(SIGSEGV)) << seen;
#endif
  EXPECT_SAYS_NOT(seen, "stack overflow");
}

// Not the null pointer, which a sanitizer or the compiler would notice before the processor does.
volatile std::uintptr_t nowhere_address = 64;

volatile int* nowhere() {
  return reinterpret_cast<int*>(nowhere_address);
}

[[gnu::noinline]] void write_to(volatile int* where) {
  *where = 1;
  LEAT_KEEP_FRAME;
}

TEST_P(a_wild_access, in_a_goroutine_ends_the_program_as_anywhere_else) {
  expect_plain_fault(end_of_run([] {
    go([] { write_to(nowhere()); });
    wait_for_ever();
  }));
}

TEST_P(a_wild_access, on_a_foreign_thread_ends_the_program_as_anywhere_else) {
  expect_plain_fault(end_of_run([] {
    std::thread([] { write_to(nowhere()); }).detach();
    wait_for_ever();
  }));
}

int handler_exit_code = 0;

TEST_P(a_wild_access, goes_to_the_handler_that_the_program_had_set) {
  const ending seen = end_of([] {
    handler_exit_code = 7;
    ::signal(SIGSEGV, [](int) { ::_exit(handler_exit_code); });
    leat::run(run_options{.workers = GetParam()}, [] { write_to(nowhere()); });
  });
  EXPECT_TRUE(seen.exited_with(7)) << seen;
}

// --- Misuse ---

TEST_P(misuse_of_a_channel, that_nobody_catches_says_what_was_wrong) {
  struct {
    void (*mistake)();
    const char* words;
  } const cases[] = {
      {[] {
         const chan<int> c;
         c.close();
         c.close();
       },
       "leat: uncaught leat::channel_error: leat: close of a closed channel\n"},
      {[] {
         const chan<int> c;
         c.close();
         c.send(1);
       },
       "leat: uncaught leat::channel_error: leat: send on a closed channel\n"},
      {[] { chan<int>(nullptr).close(); },
       "leat: uncaught leat::channel_error: leat: close of a nil channel\n"},
      {[] { sender<int>().close(); }, "leat: uncaught leat::channel_error: leat: close of a nil channel\n"},
  };
  for (const auto& one : cases) {
    const ending seen = end_of_run([mistake = one.mistake] {
      go([mistake] { mistake(); });
      wait_for_ever();
    });
    EXPECT_TRUE(seen.killed_by(SIGABRT)) << seen;
    EXPECT_SAYS(seen, one.words);
  }
}

}  // namespace
}  // namespace leat
