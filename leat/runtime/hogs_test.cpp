// A debug build warns of goroutines that keep a worker for more than 10 ms. The tests wait for the warning,
// not for a while: those that expect one would hang without it, until the alarm of dying_test.hpp.
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include <leat/blocking.hpp>
#include <leat/dying_test.hpp>
#include <leat/go.hpp>
#include <leat/time.hpp>
#include <leat/workers_test.hpp>

// What is to be found on the stacks.
namespace kitchen {

std::atomic<bool> enough{false};

[[gnu::noinline]] void grind_pepper() {
  while (!enough) {}
  LEAT_KEEP_FRAME;
}

[[gnu::noinline]] void watch_the_pot() {
  while (!enough)
    ::usleep(50'000);
  LEAT_KEEP_FRAME;
}

}  // namespace kitchen

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::end_of;
using testing::ending;
using testing::place;
using testing::require;

class a_hog : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(on, a_hog, ::testing::Values(1u, 2u), testing::workers_name);

// Runs `hog` until it was warned of, which sets `kitchen::enough`.
ending end_of_hogging(unsigned workers, void (*hog)()) {
  return end_of([&] {
    std::array<int, 2> ends{};
    require(::pipe(ends.data()) == 0);
    const int before = ::dup(STDERR_FILENO);
    require(::dup2(ends[1], STDERR_FILENO) >= 0);
    std::thread reader([&] {
      std::string text;
      while (text.find("started at ") == std::string::npos) {
        std::array<char, 4096> buffer;
        const auto count = ::read(ends[0], buffer.data(), buffer.size());
        require(count > 0);
        text.append(buffer.data(), static_cast<std::size_t>(count));
      }
      kitchen::enough = true;
      require(::write(before, text.data(), text.size()) > 0);
    });
    leat::run(run_options{.workers = workers}, [&] { hog(); });
    reader.join();
  });
}

TEST_P(a_hog, that_computes_is_warned_of_with_its_start_and_its_stack) {
  const ending seen = end_of_hogging(GetParam(), kitchen::grind_pepper);
  EXPECT_TRUE(seen.exited_with(0)) << seen;
  EXPECT_SAYS(seen, "leat: goroutine 1 has kept its worker for ");
  EXPECT_SAYS(seen, " ms, computing, while others may wait behind it\n");
  EXPECT_SAYS(seen, "call leat::yield() now and then, or let leat::blocking() do it\n");
  EXPECT_SAYS(seen, "hogs_test.cpp:");
  EXPECT_SAYS(seen, "kitchen::grind_pepper()");
}

TEST_P(a_hog, that_sits_in_a_call_that_blocks_is_warned_of) {
  const ending seen = end_of_hogging(GetParam(), kitchen::watch_the_pot);
  EXPECT_TRUE(seen.exited_with(0)) << seen;
  EXPECT_SAYS(seen, "leat: goroutine 1 has kept its worker for ");
  EXPECT_SAYS(seen, " ms, in a call that blocks, while others may wait behind it\n");
  EXPECT_SAYS(seen, "let leat::blocking() make the call\n");
  EXPECT_SAYS(seen, "kitchen::watch_the_pot()");
}

TEST_P(a_hog, is_warned_of_once_for_each_place) {
  const ending seen = end_of([] {
    leat::run(run_options{.workers = GetParam()}, [] {
      for (int time = 0; time < 3; ++time) {
        ::usleep(60'000);
        leat::yield();
      }
    });
  });
  EXPECT_TRUE(seen.exited_with(0)) << seen;
  const auto first = seen.text.find("has kept its worker");
  EXPECT_NE(first, std::string::npos) << seen;
  EXPECT_EQ(seen.text.find("has kept its worker", first + 1), std::string::npos) << seen;
}

TEST_P(a_hog, is_nobody_who_waits_or_lets_others_run) {
  const ending seen = end_of([] {
    leat::run(run_options{.workers = GetParam()}, [] {
      blocking([] { std::this_thread::sleep_for(50ms); });
      sleep_for(50ms);
      const auto end = std::chrono::steady_clock::now() + 50ms;
      while (std::chrono::steady_clock::now() < end)
        leat::yield();
    });
  });
  EXPECT_TRUE(seen.exited_with(0)) << seen;
  EXPECT_EQ(seen.text, "");
}

}  // namespace
}  // namespace leat
