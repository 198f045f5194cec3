// What is told of all goroutines, on demand: each with its state, what it waits on and for how
// long, where it was started, and its stack, while others start, end and move.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include <leat/blocking.hpp>
#include <leat/chan.hpp>
#include <leat/dump.hpp>
#include <leat/dying_test.hpp>
#include <leat/parked_test.hpp>
#include <leat/runtime/descriptor.hpp>
#include <leat/select.hpp>
#include <leat/sync.hpp>
#include <leat/time.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

// What is to be found on the stacks. Of what only this file can see, reports know the names only with debug
// information.
namespace kitchen {

std::atomic<bool> grinds{false};
std::atomic<bool> enough{false};

[[gnu::always_inline]] inline void stir(const leat::chan<int>& eggs) {
  eggs.receive();
}

[[gnu::noinline]] void wait_for_eggs(const leat::chan<int>& eggs) {
  stir(eggs);
  LEAT_KEEP_FRAME;
}

[[gnu::noinline]] void grind_pepper() {
  grinds = true;
  while (!enough)
    sched_yield();
  LEAT_KEEP_FRAME;
}

}  // namespace kitchen

namespace leat {
namespace {

using kitchen::grind_pepper;
using kitchen::wait_for_eggs;
using namespace std::chrono_literals;
using testing::await_parked;
using testing::place;

bool says(std::string_view text, std::string_view words) {
  return text.find(words) != std::string_view::npos;
}

// The paragraph that tells of goroutines in the state `words`.
std::string paragraph(const std::string& text, const std::string& words) {
  const auto at = text.find("[" + words);
  if (at == std::string::npos) return "";
  const auto begin = text.rfind("goroutine ", at);
  return text.substr(begin, text.find("\n\n", at) - begin);
}

// How long the goroutines of that paragraph have waited: the longest, in ms.
double waited_ms(const std::string& told) {
  const auto end = told.find("], started at");
  auto begin = told.rfind(" for ", end) + 5;
  if (const auto range = told.rfind(" to ", end); range != std::string::npos && range > begin)
    begin = range + 4;
  const std::string span = told.substr(begin, end - begin);
  return std::atof(span.c_str()) * (says(span, "ms") ? 1 : 1000);
}

#define EXPECT_TELLS(text, words) \
  EXPECT_TRUE(says(text, words)) << "without \"" << (words) << "\":\n" << (text)

LEAT_TEST_ON_WORKERS(a_dump);

TEST_P(a_dump, tells_what_each_goroutine_waits_on_where_it_was_started_and_its_stack) {
  run([] {
    const chan<int> eggs;
    const int start = __LINE__ + 1;
    go([eggs] { wait_for_eggs(eggs); });
    await_parked(1);
    const std::string text = describe_goroutines();
    const std::string waiting = paragraph(text, "chan receive");
    EXPECT_TELLS(waiting, "goroutine ");
    EXPECT_TELLS(waiting, "[chan receive, for ");
    EXPECT_TELLS(waiting, " ms], started at ");
    EXPECT_TELLS(waiting, place(__FILE__, start));
    EXPECT_TELLS(waiting, "    kitchen::wait_for_eggs(");
    if (testing::reports_have_lines) {
      EXPECT_TELLS(waiting, "    kitchen::stir(leat::chan<int> const&)\n        at ");  // put into the other
      EXPECT_TELLS(waiting, "dump_test.cpp:");
    }
    EXPECT_FALSE(says(text, "switch_away")) << text;  // how goroutines park tells nothing
    EXPECT_FALSE(says(text, "leat_goroutine_main")) << text;
    chan<int>(eggs).close();
  });
}

TEST_P(a_dump, names_each_kind_of_wait) {
  run([] {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    const auto near = runtime::adopt_descriptor(ends[0]);
    chan<int> silent;
    mutex locked;
    locked.lock();
    semaphore none(0);
    std::atomic<bool> enough{false};
    wait_group all;
    all.go([&] { silent.receive(); });
    all.go([&] {
      chan<int> other;
      select(other.on_receive([](auto) {}), silent.on_receive([](auto) {}));
    });
    all.go([&] { locked.lock(); });
    all.go([&] { none.acquire(); });
    all.go([&] { static_cast<void>(near->wait_readable()); });
    all.go([&] {
      const std::string bulk(std::size_t{4} << 20, 'x');
      std::size_t sent = 0;
      while (sent < bulk.size()) {
        const auto count = near->perform(runtime::direction::write, [&](int fd) {
          return ::write(fd, bulk.data() + sent, bulk.size() - sent);
        });
        if (!count) break;
        sent += *count;
      }
    });
    go([] { sleep_for(1h); });  // longer than this run
    all.go([&] { blocking([&] { enough.wait(false); }); });
    await_parked(8);
    const std::string text = describe_goroutines();
    for (const std::string reason :
         {"select", "mutex", "semaphore", "network read", "network write", "sleep", "blocking call"})
      EXPECT_TELLS(text, "[" + reason + ", for ");
    enough = true;
    enough.notify_all();
    silent.close();
    locked.unlock();
    none.release();
    static_cast<void>(near->close());
    all.wait();
    ::close(ends[1]);
  });
}

TEST_P(a_dump, tells_of_those_that_are_runnable_and_those_that_have_not_started) {
  run([] {
    const pinned here;
    if (worker_count() > 1) return;  // another worker may take them at any moment
    const chan<unit> gate;
    go([gate] {
      gate.receive();
      static_cast<void>(goroutine_id());
    });
    await_parked(1);
    gate.try_send({});
    go([] {});
    const std::string text = describe_goroutines();
    EXPECT_TELLS(text, "[runnable], started at ");
    EXPECT_TELLS(text, "[not started yet], started at ");
    EXPECT_TELLS(text, "goroutine 1 [running on worker 0], started at ");
  });
}

TEST_P(a_dump, tells_the_stack_of_one_that_runs) {
  run([] {
    if (worker_count() == 1) return;
    kitchen::grinds = kitchen::enough = false;
    wait_group busy;
    busy.go([] { grind_pepper(); });
    await([] { return kitchen::grinds.load(); });
    const std::string text = describe_goroutines();
    kitchen::enough = true;
    busy.wait();
#if defined(LEAT_TSAN)
    EXPECT_TELLS(text, "(its stack cannot be told while it runs)");
#else
    EXPECT_TELLS(text, "    kitchen::grind_pepper()");
#endif
    EXPECT_TELLS(text, "goroutine 1 [running on worker ");
    EXPECT_TELLS(text, "goroutine 2 [running on worker ");
  });
}

TEST_P(a_dump, tells_the_stack_of_its_caller) {
  run([] {
    const std::string told = paragraph(describe_goroutines(), "running on worker");
    EXPECT_TELLS(told, "goroutine 1 [running on worker ");
#if !defined(LEAT_TSAN)
    EXPECT_TELLS(told, "    leat::describe_goroutines");
#endif
  });
}

TEST_P(a_dump, tells_together_of_goroutines_at_the_same_place) {
  run([] {
    const chan<int> eggs;
    for (int i = 0; i < 1000; ++i)
      go([eggs] { wait_for_eggs(eggs); });
    await_parked(1000);
    EXPECT_TELLS(describe_goroutines(), " and 999 more at the same place [chan receive, for ");
    chan<int>(eggs).close();
  });
}

TEST_P(a_dump, knows_how_long_they_have_waited) {
  run([] {
    const chan<int> eggs;
    go([eggs] { wait_for_eggs(eggs); });
    await_parked(1);
    sleep_for(150ms);
    const double waited = waited_ms(paragraph(describe_goroutines(), "chan receive"));
    EXPECT_GE(waited, 140);
    EXPECT_LT(waited, 60'000);
    chan<int>(eggs).close();
  });
}

// While all sleep nobody looks at the clock.
TEST_P(a_dump, does_not_take_the_time_when_all_slept_for_time_that_was_waited) {
  run([] {
    sleep_for(300ms);
    const chan<int> eggs;
    go([eggs] { wait_for_eggs(eggs); });
    await_parked(1);
    const double waited = waited_ms(paragraph(describe_goroutines(), "chan receive"));
    EXPECT_LT(waited, 250);
    chan<int>(eggs).close();
  });
}

TEST_P(a_dump, can_be_asked_for_by_a_foreign_thread) {
  run([] {
    const chan<int> eggs;
    go([eggs] { wait_for_eggs(eggs); });
    await_parked(1);
    const std::string text = blocking([] {
      std::string told;
      std::thread([&] { told = describe_goroutines(); }).join();
      return told;
    });
    EXPECT_TELLS(text, "[chan receive, for ");
    EXPECT_TELLS(text, "goroutine 1 [");
    chan<int>(eggs).close();
  });
}

// Every report must be whole, whatever starts, ends, parks or moves at the time.
TEST_P(a_dump, is_whole_while_goroutines_start_end_and_move) {
  run([] {
    std::atomic<bool> over{false};
    wait_group all;
    for (int pair = 0; pair < 4; ++pair) {
      const chan<int> there;
      const chan<int> back;
      all.go([=, &over] {
        while (!over) {
          there.send(1);
          back.receive();
        }
        chan<int>(there).close();
      });
      all.go([=] {
        for (int value : there)
          back.send(value);
      });
    }
    for (int maker = 0; maker < 2; ++maker)
      all.go([&over] {
        while (!over) {
          wait_group brood;
          for (int i = 0; i < 50; ++i)
            brood.go([] { leat::yield(); });
          go({.stack_bytes = std::size_t{1} << 20}, [] { leat::yield(); });
          brood.wait();
        }
      });
    const chan<int> eggs;
    go([eggs] { wait_for_eggs(eggs); });
    for (int look = 0; look < 200 / testing::sanitizer_cost; ++look) {
      const std::string text = describe_goroutines();
      EXPECT_TELLS(text, "goroutine 1 [running on worker ");
      if (look > 0) {
        EXPECT_TELLS(text, "wait_for_eggs");
      }
      leat::yield();
    }
    over = true;
    chan<int>(eggs).close();
    all.wait();
  });
}

TEST_P(a_dump, is_made_for_several_at_once) {
  run([] {
    wait_group all;
    for (int i = 0; i < 4; ++i)
      all.go([] {
        for (int look = 0; look < 10; ++look)
          EXPECT_TELLS(describe_goroutines(), "goroutine 1 [");
      });
    all.wait();
  });
}

TEST(a_dump_without_a_run, is_empty) {
  EXPECT_EQ(describe_goroutines(), "");
}

}  // namespace
}  // namespace leat
