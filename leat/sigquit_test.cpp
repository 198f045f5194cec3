// SIGQUIT makes a program that asked for it tell of all its goroutines, and go on. (What it tells is the
// matter of dump_test.cpp.)
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <thread>

#include <leat/chan.hpp>
#include <leat/dump.hpp>
#include <leat/dying_test.hpp>
#include <leat/parked_test.hpp>
#include <leat/runtime/descriptor.hpp>
#include <leat/workers_test.hpp>

// What is to be found on the stacks. Of what only this file can see, reports know the names only with debug
// information.
namespace kitchen {

std::atomic<bool> grinds{false};
std::atomic<bool> enough{false};

[[gnu::noinline]] void wait_for_eggs(const leat::chan<int>& eggs) {
  eggs.receive();
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
using testing::await_parked;
using testing::end_of;
using testing::ending;
using testing::require;

bool says(std::string_view text, std::string_view words) {
  return text.find(words) != std::string_view::npos;
}

class on_sigquit : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(on, on_sigquit, ::testing::Values(1u, 2u), testing::workers_name);

// Standard error, read by the program itself, which so knows when the dump is there.
class own_errors {
 public:
  own_errors() {
    std::array<int, 2> ends{};
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    before_ = ::dup(STDERR_FILENO);
    require(::dup2(ends[1], STDERR_FILENO) >= 0);
    ::close(ends[1]);
    from_ = runtime::adopt_descriptor(ends[0]);
  }

  // All that comes until `words` do.
  void await(std::string_view words) {
    while (!says(text_, words)) {
      std::array<char, 4096> buffer;
      const auto count = from_->perform(runtime::direction::read, [&](int fd) {
        return ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      });
      require(count && *count > 0);
      text_.append(buffer.data(), *count);
    }
    require(::write(before_, text_.data(), text_.size()) > 0);
    text_.clear();
  }

 private:
  runtime::descriptor_handle from_;
  int before_ = -1;
  std::string text_;
};

TEST_P(on_sigquit, all_goroutines_are_told_of_and_the_program_goes_on) {
  const ending seen = end_of([] {
    dump_on_sigquit();
    leat::run(run_options{.workers = GetParam()}, [] {
      own_errors errors;
      const chan<int> eggs;
      go([eggs] { wait_for_eggs(eggs); });
      await_parked(1);
      for (int time = 0; time < 2; ++time) {
        require(::kill(::getpid(), SIGQUIT) == 0);
        errors.await("wait_for_eggs");
      }
      chan<int>(eggs).close();
    });
  });
  EXPECT_TRUE(seen.exited_with(0)) << seen;
  EXPECT_SAYS(seen, "leat: SIGQUIT: 2 goroutines on " + std::to_string(GetParam()) + " worker");
  EXPECT_SAYS(seen, "goroutine 1 [");
  EXPECT_SAYS(seen, "[chan receive, for ");
}

// The signal comes from another process, long after all have fallen asleep.
TEST_P(on_sigquit, a_program_that_sleeps_wakes_up_to_tell) {
  const ending seen = end_of([] {
    dump_on_sigquit();
    const pid_t sleeper = ::getpid();
    if (::fork() == 0) {
      ::usleep(300'000);
      ::_exit(::kill(sleeper, SIGQUIT));
    }
    leat::run(run_options{.workers = GetParam()}, [] { own_errors().await("[network read, for "); });
  });
  EXPECT_TRUE(seen.exited_with(0)) << seen;
  EXPECT_SAYS(seen, "leat: SIGQUIT: 1 goroutine on ");
  EXPECT_SAYS(seen, "goroutine 1 [network read, for ");
}

TEST_P(on_sigquit, a_program_that_computes_is_told_of_as_well) {
#if defined(LEAT_TSAN)
  GTEST_SKIP() << "ThreadSanitizer puts off signals";
#endif
  const ending seen = end_of([] {
    dump_on_sigquit();
    leat::run(run_options{.workers = GetParam()}, [] {
      kitchen::grinds = kitchen::enough = false;
      std::thread reader([] {
        while (!kitchen::grinds)
          ::usleep(1000);
        std::array<int, 2> ends{};
        require(::pipe(ends.data()) == 0);
        const int before = ::dup(STDERR_FILENO);
        require(::dup2(ends[1], STDERR_FILENO) >= 0);
        require(::kill(::getpid(), SIGQUIT) == 0);
        std::string text;
        while (!says(text, "grind_pepper")) {
          std::array<char, 4096> buffer;
          const auto count = ::read(ends[0], buffer.data(), buffer.size());
          require(count > 0);
          text.append(buffer.data(), static_cast<std::size_t>(count));
        }
        require(::write(before, text.data(), text.size()) > 0);
        kitchen::enough = true;
      });
      grind_pepper();
      reader.join();
    });
  });
  EXPECT_TRUE(seen.exited_with(0)) << seen;
  EXPECT_SAYS(seen, "goroutine 1 [running on worker ");
  EXPECT_SAYS(seen, "    kitchen::grind_pepper()");
}

TEST(on_sigquit_without_a_run, there_is_little_to_tell) {
  const ending seen = end_of([] {
    dump_on_sigquit();
    ::raise(SIGQUIT);
  });
  EXPECT_TRUE(seen.exited_with(0)) << seen;
  EXPECT_EQ(seen.text, "leat: SIGQUIT: there are no goroutines, for leat::run has not begun or has ended\n");
}

TEST(on_sigquit_by_default, a_program_dies_as_any_other) {
  const ending seen = end_of([] { leat::run([] { ::raise(SIGQUIT); }); });
  EXPECT_TRUE(seen.killed_by(SIGQUIT)) << seen;
}

}  // namespace
}  // namespace leat
