// Signals change the whole process, so each test uses signals of its own.
#include <signal.h>
#include <unistd.h>

#include <system_error>

#include <leat/parked_test.hpp>
#include <leat/select.hpp>
#include <leat/signal.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

LEAT_TEST_ON_WORKERS(a_signal);

TEST_P(a_signal, arrives_as_its_number) {
  run([] {
    const auto signals = notify_signals({SIGUSR1, SIGUSR2});
    ::raise(SIGUSR1);
    EXPECT_EQ(signals.receive(), SIGUSR1);
    ::kill(::getpid(), SIGUSR2);
    EXPECT_EQ(signals.receive(), SIGUSR2);
  });
}

TEST_P(a_signal, wakes_a_program_that_does_nothing_else) {
  run([] {
    const auto signals = notify_signals({SIGALRM});
    ::alarm(1);
    EXPECT_EQ(signals.receive(), SIGALRM) << "waiting for a signal is no deadlock";
  });
}

TEST_P(a_signal, may_be_one_case_of_a_select) {
  run([] {
    const auto stop = notify_signals({SIGHUP});
    const chan<int> work;
    go([] { ::raise(SIGHUP); });
    EXPECT_EQ(select(work.on_receive([](auto) { ADD_FAILURE() << "there is no work"; }),
                     stop.on_receive([](std::optional<int> number) { EXPECT_EQ(number, SIGHUP); })),
              1U);
  });
}

TEST_P(a_signal, goes_to_whoever_asked_last) {
  run([] {
    const auto first = notify_signals({SIGWINCH});
    const auto second = notify_signals({SIGWINCH});
    ::raise(SIGWINCH);
    EXPECT_EQ(second.receive(), SIGWINCH);
    EXPECT_EQ(first.try_receive(), std::nullopt);
  });
}

TEST_P(a_signal, beyond_those_that_may_wait_is_dropped) {
  run([] {
    const auto signals = notify_signals({SIGURG});
    for (int i = 0; i < 1000; ++i)
      ::raise(SIGURG);
    for (int i = 0; i < 16; ++i)
      EXPECT_EQ(signals.receive(), SIGURG);
  });
}

TEST_P(a_signal, that_cannot_be_caught_is_refused) {
  run([] {
    for (const int number : {SIGKILL, SIGSTOP, 0, -1, 1000})
      EXPECT_THROW(notify_signals({number}), std::system_error) << number;
    EXPECT_EQ(goroutine_count(), 1U);
  });
}

}  // namespace
}  // namespace leat
