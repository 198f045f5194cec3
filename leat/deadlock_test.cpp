// When all goroutines wait for each other, the program ends with a report of each: what it waits on, where it
// was started, and its stack. Whatever may still wake one is no deadlock.
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <leat/blocking.hpp>
#include <leat/chan.hpp>
#include <leat/dying_test.hpp>
#include <leat/parked_test.hpp>
#include <leat/runtime/descriptor.hpp>
#include <leat/runtime/file_request.hpp>
#include <leat/select.hpp>
#include <leat/sync.hpp>
#include <leat/time.hpp>
#include <leat/workers_test.hpp>

// What is to be found on the stacks. Of what only this file can see, reports know the names only with debug
// information.
namespace kitchen {

[[gnu::noinline]] void wait_for_eggs(const leat::chan<int>& eggs) {
  eggs.receive();
  LEAT_KEEP_FRAME;
}

[[gnu::noinline]] void bring_eggs(const leat::chan<int>& eggs) {
  eggs.send(1);
  LEAT_KEEP_FRAME;
}

[[gnu::noinline]] void breakfast(const leat::chan<int>& eggs) {
  wait_for_eggs(eggs);
  LEAT_KEEP_FRAME;
}

}  // namespace kitchen

namespace leat {
namespace {

using kitchen::breakfast;
using kitchen::bring_eggs;
using kitchen::wait_for_eggs;
using namespace std::chrono_literals;
using testing::end_of;
using testing::ending;
using testing::place;
using testing::reports_have_lines;
using testing::require;

constexpr std::string_view headline = "leat: all goroutines are asleep: deadlock";

class a_deadlock : public ::testing::TestWithParam<unsigned> {
 protected:
  static ending end_of_run(auto body) {
    return end_of([&] { leat::run(run_options{.workers = GetParam()}, body); });
  }
};
INSTANTIATE_TEST_SUITE_P(on, a_deadlock, ::testing::Values(1u, 2u, 4u), testing::workers_name);

// Two sockets: one is the runtime's, the other anybody's.
struct connection {
  connection() {
    std::array<int, 2> ends{};
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    near = runtime::adopt_descriptor(ends[0]);
    far = ends[1];
  }

  runtime::descriptor_handle near;
  int far = -1;
};

TEST_P(a_deadlock, ends_the_program_with_status_2) {
  const ending seen = end_of_run([] { chan<int>().receive(); });
  EXPECT_TRUE(seen.exited_with(2)) << seen;
  EXPECT_SAYS(seen, headline);
}

TEST_P(a_deadlock, tells_of_every_goroutine_what_it_waits_on_where_it_started_and_its_stack) {
  constexpr int first_start = __LINE__ + 5;
  constexpr int second_start = __LINE__ + 5;
  const ending seen = end_of_run([] {
    const chan<int> eggs;
    const chan<int> others;
    go([eggs] { breakfast(eggs); });
    go([others] { bring_eggs(others); });
    chan<int>(nullptr).receive();
  });
  EXPECT_TRUE(seen.exited_with(2)) << seen;
  EXPECT_SAYS(seen, "goroutine 1 [nil chan], started at");
  EXPECT_SAYS(seen, "[chan receive], started at");
  EXPECT_SAYS(seen, "[chan send], started at");
  EXPECT_SAYS(seen, place(__FILE__, first_start));
  EXPECT_SAYS(seen, place(__FILE__, second_start));
  // From the inside outwards.
  const auto inner = seen.text.find("wait_for_eggs(");
  const auto outer = seen.text.find("breakfast(");
  EXPECT_NE(inner, std::string::npos) << seen;
  EXPECT_NE(outer, std::string::npos) << seen;
  EXPECT_LT(inner, outer) << seen;
  EXPECT_SAYS(seen, "bring_eggs(");
  EXPECT_SAYS_NOT(seen, "switch_away");  // how goroutines park tells nothing
  EXPECT_SAYS_NOT(seen, "leat_goroutine_main");
}

TEST_P(a_deadlock, names_the_lines_of_its_frames) {
  if (!reports_have_lines) GTEST_SKIP() << "built without libdw";
  const ending seen = end_of_run([] { breakfast(chan<int>()); });
  const auto frame = seen.text.find("breakfast(");
  ASSERT_NE(frame, std::string::npos) << seen;
  const auto line_end = seen.text.find('\n', seen.text.find('\n', frame) + 1);
  EXPECT_NE(seen.text.substr(frame, line_end - frame).find("deadlock_test.cpp:"), std::string::npos) << seen;
}

TEST_P(a_deadlock, names_each_kind_of_wait) {
  const ending seen = end_of_run([] {
    chan<int> silent;
    chan<int> full{1};
    full.send(1);
    mutex locked;
    locked.lock();
    shared_mutex shared;
    shared.lock_shared();
    mutex guard;
    condition_variable condition;
    semaphore none(0);
    wait_group unfinished;
    unfinished.add();
    once never;
    go([&] { full.send(2); });
    go([&] { select(silent.on_receive([](auto) {}), full.on_send(3)); });
    go([] { select(); });
    go([&] { locked.lock(); });
    go([&] { shared.lock(); });
    go([&] {
      std::unique_lock hold(guard);
      condition.wait(hold);
    });
    go([&] { none.acquire(); });
    go([&] { never.call([&] { silent.receive(); }); });
    testing::await_parked(8);
    go([&] { never.call([] {}); });
    unfinished.wait();
  });
  EXPECT_TRUE(seen.exited_with(2)) << seen;
  for (const std::string reason :
       {"chan send", "chan receive", "select", "select with nothing that can be ready", "mutex",
        "shared mutex", "condition variable", "semaphore", "once", "wait group"})
    EXPECT_SAYS(seen, "[" + reason + "], started at");
}

TEST_P(a_deadlock, tells_together_of_goroutines_at_the_same_place) {
  const ending seen = end_of_run([] {
    const chan<int> eggs;
    for (int i = 0; i < 1000; ++i)
      go([eggs] { wait_for_eggs(eggs); });
    testing::await_parked(1000);
    select();
  });
  EXPECT_TRUE(seen.exited_with(2)) << seen;
  EXPECT_SAYS(seen, " and 999 more at the same place [chan receive], started at");
}

template <int Number>
void start_one(const chan<int>& eggs) {
  go([eggs] { wait_for_eggs(eggs); });
}

// A report must stay readable, but what it leaves out must not look as if it were not there.
TEST_P(a_deadlock, says_how_many_it_leaves_out) {
  const ending seen = end_of_run([] {
    const chan<int> eggs;
    [&]<int... Number>(std::integer_sequence<int, Number...>) {
      (start_one<Number>(eggs), ...);
    }(std::make_integer_sequence<int, 230>());
    go([eggs] { wait_for_eggs(eggs); });
    select();
  });
  EXPECT_TRUE(seen.exited_with(2)) << seen;
  // The main goroutine is told of in any case, besides the first 200 places.
  EXPECT_SAYS(seen, "goroutine 1 [select with nothing that can be ready], started at");
  EXPECT_SAYS(seen, "\n31 more at other places, which are left out here\n");
}

TEST_P(a_deadlock, is_found_once_the_foreign_thread_that_might_have_helped_is_gone) {
  const ending seen = end_of_run([] {
    const chan<int> eggs;
    std::thread([eggs] { eggs.send(1); }).detach();
    eggs.receive();
    eggs.receive();
  });
  EXPECT_TRUE(seen.exited_with(2)) << seen;
  EXPECT_SAYS(seen, headline);
}

TEST_P(a_deadlock, is_found_although_a_foreign_thread_takes_its_time_to_end) {
  const ending seen = end_of_run([] {
    const chan<int> eggs;
    std::thread([eggs] {
      eggs.send(1);
      std::this_thread::sleep_for(200ms);  // by then the runtime has long been at rest
    }).detach();
    eggs.receive();
    eggs.receive();
  });
  EXPECT_TRUE(seen.exited_with(2)) << seen;
  EXPECT_SAYS(seen, headline);
}

TEST_P(a_deadlock, is_found_after_timers_network_and_blocking_calls_are_done) {
  const ending seen = end_of_run([] {
    const connection line;
    require(::write(line.far, "x", 1) == 1);
    require(line.near->wait_readable().has_value());
    sleep_for(1ms);
    blocking([] {});
    chan<int>().receive();
  });
  EXPECT_TRUE(seen.exited_with(2)) << seen;
  EXPECT_SAYS(seen, headline);
}

TEST_P(a_deadlock, is_found_among_pinned_goroutines) {
  for (const bool main_is_pinned : {false, true}) {
    const ending seen = end_of_run([main_is_pinned] {
      const chan<int> eggs;
      go([eggs] {
        const pinned here;
        wait_for_eggs(eggs);
      });
      std::optional<pinned> here;
      if (main_is_pinned) here.emplace();
      select();
    });
    EXPECT_TRUE(seen.exited_with(2)) << seen;
    EXPECT_SAYS(seen, headline);
    EXPECT_SAYS(seen, "wait_for_eggs(");
  }
}

TEST_P(a_deadlock, is_found_when_those_that_could_have_helped_have_ended) {
  const ending seen = end_of_run([] {
    wait_group group;
    group.add();
    for (int i = 0; i < 10; ++i)
      group.go([] { leat::yield(); });
    group.wait();
  });
  EXPECT_TRUE(seen.exited_with(2)) << seen;
  EXPECT_SAYS(seen, "goroutine 1 [wait group], started at");
  EXPECT_SAYS_NOT(seen, "goroutine 2 ");
}

TEST_P(a_deadlock, is_found_although_signals_are_handled) {
  const ending seen = end_of([] {
    ::signal(SIGUSR1, [](int) {});
    ::signal(SIGINT, [](int) {});
    leat::run(run_options{.workers = GetParam()}, [] { chan<int>().send(1); });
  });
  EXPECT_TRUE(seen.exited_with(2)) << seen;
  EXPECT_SAYS(seen, headline);
}

// The report is of the program's goroutines: the library has none of its own to show.
// They stay for some seconds.
TEST_P(a_deadlock, is_found_although_the_kernel_has_threads_for_files) {
  const ending end = end_of_run([] {
    eventfd_t count = 0;
    io_uring_sqe request{};
    request.opcode = IORING_OP_READ;
    request.flags = 1U << IOSQE_ASYNC_BIT;  // to a thread, though it need not wait
    request.fd = ::eventfd(1, EFD_CLOEXEC);
    request.addr = reinterpret_cast<std::uintptr_t>(&count);
    request.len = sizeof count;
    const std::int32_t got = runtime::file_request::perform(request);
    require(got == sizeof count || got == runtime::file_request::no_ring);
    chan<int>().receive();
  });
  EXPECT_TRUE(end.exited_with(2)) << end;
  EXPECT_SAYS(end, headline);
}

TEST_P(a_deadlock, tells_of_nobody_but_the_programs_goroutines) {
  const ending seen = end_of_run([] {
    blocking([] {});
    sleep_for(1ms);
    chan<int>().receive();
  });
  EXPECT_TRUE(seen.exited_with(2)) << seen;
  const auto first = seen.text.find("goroutine ", seen.text.find(headline) + headline.size());
  EXPECT_EQ(seen.text.compare(first, 11, "goroutine 1"), 0) << seen;
  EXPECT_EQ(seen.text.find("started at"), seen.text.rfind("started at")) << seen;
}

// --- What is none ---
//
// In each of these all goroutines sleep for long enough that a report, if one came, would have come.

void expect_clean(const ending& seen) {
  EXPECT_TRUE(seen.exited_with(0)) << seen;
  EXPECT_SAYS_NOT(seen, "deadlock");
}

TEST_P(a_deadlock, is_not_waiting_for_a_timer) {
  expect_clean(end_of_run([] {
    sleep_for(50ms);
    after(50ms).receive();
    select(chan<int>().on_receive([](auto) {}), on_timeout(50ms, [] {}));
  }));
}

TEST_P(a_deadlock, is_not_waiting_for_a_blocking_call) {
  expect_clean(end_of_run([] { blocking([] { std::this_thread::sleep_for(50ms); }); }));
}

TEST_P(a_deadlock, is_not_waiting_for_a_foreign_thread) {
  expect_clean(end_of_run([] {
    const chan<int> eggs;
    const std::jthread outside([eggs] {
      std::this_thread::sleep_for(50ms);
      eggs.send(1);
    });
    eggs.receive();
  }));
}

// A signal handler writes, so that nothing but the network is there to wait for. It makes the bare system
// call, as ThreadSanitizer orders what signal handlers do after nothing.
std::atomic<int> alarm_socket{-1};

void write_to_alarm_socket(int) {
  static_cast<void>(::syscall(SYS_write, alarm_socket.load(), "x", 1));
}

// Threads that end must not hide the one that will help: the list of threads in /proc may leave out others
// while one ends.
TEST_P(a_deadlock, is_not_waiting_for_a_foreign_thread_beside_others_that_end) {
  expect_clean(end_of_run([] {
    constexpr int rounds = 1000 / testing::sanitizer_cost;
    for (int round = 0; round < rounds; ++round) {
      const chan<int> eggs;
      std::array<std::thread, 8> ending;
      for (std::thread& one : ending)
        one = std::thread([] {});
      std::thread helper([&] {
        for (std::thread& one : ending)
          one.join();
        eggs.send(1);
      });
      require(eggs.receive() == 1);
      helper.join();
    }
  }));
}

TEST_P(a_deadlock, is_not_waiting_for_the_network) {
  expect_clean(end_of_run([] {
    const connection line;
    alarm_socket = line.far;
    ::signal(SIGALRM, write_to_alarm_socket);
    const itimerval soon{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = 50'000}};
    ::setitimer(ITIMER_REAL, &soon, nullptr);
    require(line.near->wait_readable().has_value());
  }));
}

TEST_P(a_deadlock, is_not_some_goroutines_that_wait_for_ever) {
  expect_clean(end_of_run([] {
    const chan<int> never;
    for (int i = 0; i < 10; ++i)
      go([never] { never.receive(); });
    testing::await_parked(10);
    sleep_for(20ms);
  }));
}

}  // namespace
}  // namespace leat
