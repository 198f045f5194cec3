// The counters count what happened: each test does a known number of things and looks at the difference.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include <leat/chan.hpp>
#include <leat/go.hpp>
#include <leat/parked_test.hpp>
#include <leat/runtime/descriptor.hpp>
#include <leat/stats.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

LEAT_TEST_ON_WORKERS(stats_of_a_run);

constexpr std::uint64_t rounds = 1000;

TEST_P(stats_of_a_run, count_goroutines_created_ended_and_live) {
  run([] {
    const runtime_stats before = stats();
    EXPECT_EQ(before.live, 1u);
    const chan<unit> gate;
    wait_group done;
    for (int i = 0; i < 100; ++i)
      done.go([gate] { gate.receive(); });
    testing::await_parked(100);
    const runtime_stats during = stats();
    EXPECT_EQ(during.live, 101u);
    EXPECT_EQ(during.created - before.created, 100u);
    EXPECT_EQ(during.ended, before.ended);
    chan<unit>(gate).close();
    done.wait();
    while (stats().live != 1)  // the last have said that they are done, and are about to end
      leat::yield();
    EXPECT_EQ(stats().ended - before.ended, 100u);
  });
}

TEST_P(stats_of_a_run, tell_the_number_of_workers) {
  run([&] { EXPECT_EQ(stats().workers, GetParam()); });
}

TEST_P(stats_of_a_run, count_yields_apart_from_parks) {
  run([] {
    const runtime_stats before = stats();
    for (std::uint64_t i = 0; i < rounds; ++i)
      leat::yield();
    const runtime_stats after = stats();
    EXPECT_EQ(after.yields - before.yields, rounds);
    EXPECT_EQ(after.parks, before.parks);
    EXPECT_EQ(after.switches - before.switches, rounds);
  });
}

// Two that take turns park once for each value; on several workers a value may be there before its receiver
// has parked.
TEST_P(stats_of_a_run, count_parks) {
  run([&] {
    const chan<int> there;
    const chan<int> back;
    go([=] {
      for (int value : there)
        back.send(value);
    });
    const runtime_stats before = stats();
    for (std::uint64_t i = 0; i < rounds; ++i) {
      there.send(1);
      back.receive();
    }
    const runtime_stats after = stats();
    const std::uint64_t parks = after.parks - before.parks;
    EXPECT_LE(parks, 4 * rounds);
    if (GetParam() == 1) {
      EXPECT_GE(parks, rounds);
    }
    EXPECT_EQ(after.yields, before.yields);
    EXPECT_GE(after.switches - before.switches, parks);
    chan<int>(there).close();
  });
}

TEST_P(stats_of_a_run, count_polls_and_events) {
  run([] {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    const auto near = runtime::adopt_descriptor(ends[0]);
    const runtime_stats before = stats();
    wait_group written;
    written.go([far = ends[1]] {
      testing::await_parked(1);  // what is there already is had without a poll
      EXPECT_EQ(::write(far, "x", 1), 1);
    });
    EXPECT_TRUE(near->wait_readable().has_value());
    written.wait();
    // Another worker may have asked, and be about to count.
    await([&] { return stats().polls > before.polls && stats().events > before.events; });
    ::close(ends[1]);
  });
}

TEST_P(stats_of_a_run, count_wakes_and_steals_of_workers_that_share_work) {
  if (GetParam() == 1) GTEST_SKIP() << "one worker has nobody to share with";
  run([] {
    // Somebody keeps a worker busy until another worker has run what waits behind it; at first the others
    // are awake and need not be woken.
    do {
      std::atomic<bool> helped{false};
      go([&] { helped = true; });
      while (!helped)
        sched_yield();
    } while (stats().wakes == 0);
    EXPECT_GT(stats().steals, 0u);
  });
}

// Each byte from outside ends the worker's sleep, for which it needs nobody's help.
TEST(stats_of_one_worker, count_no_wakes_where_events_end_its_sleep) {
  constexpr std::uint64_t bytes = 200;
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  ASSERT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  std::thread outside([far = ends[1]] {
    char byte = 'x';
    for (std::uint64_t i = 0; i < bytes; ++i) {
      EXPECT_EQ(::write(far, &byte, 1), 1);
      EXPECT_EQ(::read(far, &byte, 1), 1);
    }
    ::close(far);
  });
  leat::run(run_options{.workers = 1}, [near = ends[0]] {
    const auto end = runtime::adopt_descriptor(near);
    const runtime_stats before = stats();
    char byte = 0;
    const auto read_one = [&](int fd) { return ::recv(fd, &byte, 1, 0); };
    const auto write_one = [&](int fd) { return ::send(fd, &byte, 1, MSG_NOSIGNAL); };
    while (end->perform(runtime::direction::read, read_one).value_or(0) == 1)
      EXPECT_EQ(end->perform(runtime::direction::write, write_one), 1u);
    EXPECT_LT(stats().wakes - before.wakes, bytes / 4) << "the monitor may look when it is just waking";
  });
  outside.join();
}

TEST_P(stats_of_a_run, tell_the_memory_of_stacks) {
  run([] {
    const chan<unit> gate;
    wait_group done;
    for (int i = 0; i < 100; ++i)
      done.go([gate] { gate.receive(); });
    testing::await_parked(100);
    const runtime_stats before = stats();
    EXPECT_GE(before.stack_reserved_bytes, 101 * runtime::stack_slot_bytes());
    EXPECT_GE(before.stack_committed_bytes, std::size_t{100} * 4096);  // a page each, at least
    EXPECT_LT(before.stack_committed_bytes, before.stack_reserved_bytes);
    chan<unit>(gate).close();
    done.wait();
    while (stats().live != 1)
      leat::yield();
    EXPECT_GE(stats().stacks_free, before.stacks_free + 100);
  });
}

TEST_P(stats_of_a_run, tell_the_memory_of_a_large_stack_once_it_is_touched) {
  run([] {
    constexpr std::size_t bytes = std::size_t{8} << 20;
    const runtime_stats before = stats();
    chan<unit> touched;
    chan<unit> gate;
    go({.stack_bytes = bytes}, [=] {
      std::array<volatile char, std::size_t{1} << 20> used;
      for (std::size_t i = 0; i < used.size(); i += 4096)
        used[i] = 1;
      touched.send({});
      gate.receive();
    });
    touched.receive();
    const runtime_stats after = stats();
    EXPECT_GE(after.stack_reserved_bytes, before.stack_reserved_bytes + bytes);
    EXPECT_GE(after.stack_committed_bytes, before.stack_committed_bytes + (std::size_t{1} << 20));
    gate.close();
  });
}

TEST(stats_without_a_run, are_zero_but_for_memory) {
  leat::run([] { go([] {}); });
  const runtime_stats seen = stats();
  EXPECT_EQ(seen.workers, 0u);
  EXPECT_EQ(seen.poller, "");
  EXPECT_EQ(seen.created, 0u);
  EXPECT_EQ(seen.live, 0u);
  EXPECT_EQ(seen.switches, 0u);
  EXPECT_GT(seen.stack_reserved_bytes, 0u);
}

}  // namespace
}  // namespace leat
