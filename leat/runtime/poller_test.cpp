// What must hold of either poller, and how one is chosen. What goroutines see of them is tested by
// descriptor_test.cpp and the tests of leat/net, which run on both.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <vector>

#include <leat/blocking.hpp>
#include <leat/dying_test.hpp>
#include <leat/go.hpp>
#include <leat/parked_test.hpp>
#include <leat/runtime/descriptor.hpp>
#include <leat/runtime/uring.hpp>
#include <leat/stats.hpp>
#include <leat/time.hpp>
#include <leat/wait_group.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;
using testing::await_parked;
using testing::sanitizer_cost;

constexpr int patience_ms = 20'000;

class a_poller : public ::testing::TestWithParam<std::tuple<poller_kind, unsigned>> {
 protected:
  void SetUp() override {
    if (std::get<0>(GetParam()) == poller_kind::io_uring && why_no_uring() != 0)
      GTEST_SKIP() << "io_uring cannot be had here";
  }

  template <typename F>
  static void run(F&& body) {
    leat::run({.workers = std::get<1>(GetParam()), .poller = std::get<0>(GetParam())}, std::forward<F>(body));
  }
};

std::string kind_and_workers(const ::testing::TestParamInfo<std::tuple<poller_kind, unsigned>>& info) {
  const auto [kind, workers] = info.param;
  return (kind == poller_kind::epoll ? "epoll_on_" : "io_uring_on_") + std::to_string(workers);
}

INSTANTIATE_TEST_SUITE_P(of_each_kind, a_poller,
                         ::testing::Combine(::testing::Values(poller_kind::epoll, poller_kind::io_uring),
                                            ::testing::Values(1u, 2u, 4u)),
                         kind_and_workers);

// One end for goroutines, the other for bare system calls.
struct watched_pair {
  watched_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
      throw std::system_error(errno, std::system_category(), "socketpair");
    near = adopt_descriptor(ends[0]);
    far = ends[1];
  }
  ~watched_pair() { ::close(far); }
  watched_pair(const watched_pair&) = delete;
  watched_pair& operator=(const watched_pair&) = delete;

  /// Reads what comes; the near end is blocking, so that each call says that it must not.
  result<std::size_t> read() {
    std::byte one;
    return near->perform(direction::read, [&](int fd) { return ::recv(fd, &one, 1, MSG_DONTWAIT); });
  }

  /// Whether the far end is told that the near one is gone.
  bool ends() const {
    pollfd far_end{.fd = far, .events = POLLIN, .revents = 0};
    std::byte one;
    return ::poll(&far_end, 1, patience_ms) == 1 && ::recv(far, &one, 1, MSG_DONTWAIT) == 0;
  }

  descriptor_handle near;
  int far = -1;
};

TEST_P(a_poller, is_the_one_that_was_asked_for) {
  run([] {
    EXPECT_EQ(stats().poller, std::get<0>(GetParam()) == poller_kind::epoll ? "epoll" : "io_uring");
  });
}

TEST_P(a_poller, wakes_a_goroutine_from_a_thread) {
  run([] {
    watched_pair pair;
    std::thread outside;
    wait_group started;
    started.go([&] {
      await_parked(1);
      outside = std::thread([far = pair.far] { EXPECT_EQ(::write(far, "x", 1), 1); });
    });
    EXPECT_EQ(pair.read(), 1u);
    started.wait();
    outside.join();
  });
}

// What watches a file may hold on to it.
TEST_P(a_poller, lets_go_of_what_is_closed_so_that_the_peer_is_told) {
  run([] {
    watched_pair pair;
    wait_group done;
    done.go([&] { EXPECT_EQ(pair.read(), 1u); });
    await_parked(1);
    EXPECT_EQ(::write(pair.far, "x", 1), 1);
    done.wait();
    EXPECT_TRUE(pair.near->close());
    EXPECT_TRUE(leat::blocking([&] { return pair.ends(); }));
  });
}

TEST_P(a_poller, lets_go_of_what_is_closed_while_a_goroutine_waits_for_it) {
  run([] {
    watched_pair pair;
    wait_group done;
    done.go([&] { EXPECT_EQ(pair.read(), std::unexpected(make_error_code(errc::closed))); });
    await_parked(1);
    EXPECT_TRUE(pair.near->close());
    done.wait();
    EXPECT_TRUE(leat::blocking([&] { return pair.ends(); }));
  });
}

// The worker whose poller watches the file computes until the peer has been told, and enters the kernel for
// nothing else.
TEST_P(a_poller, lets_go_of_what_another_worker_closes_though_its_own_is_busy) {
  if (std::get<1>(GetParam()) == 1) GTEST_SKIP() << "needs another worker";
  run([] {
    watched_pair pair;
    std::atomic<bool> was_read{false};
    std::atomic<bool> told{false};
    wait_group done;
    done.go([&] {
      const pinned here;
      EXPECT_EQ(pair.read(), 1u);
      was_read = true;
      while (!told)
        std::atomic_signal_fence(std::memory_order_seq_cst);
    });
    await_parked(1);
    EXPECT_EQ(::write(pair.far, "x", 1), 1);
    while (!was_read)
      leat::yield();
    // Not a goroutine: this one may have to wait behind the one that computes.
    std::thread([&] {
      EXPECT_TRUE(pair.near->close());
      EXPECT_TRUE(pair.ends());
      told = true;
    }).join();
    done.wait();
  });
}

// A poll that is under way when its number is closed must not meet the file that gets the number next.
TEST_P(a_poller, watches_a_number_anew_for_each_file_that_has_it) {
  run([] {
    for (int round = 0; round < 200 / sanitizer_cost; ++round) {
      watched_pair pair;
      wait_group done;
      done.go([&] { EXPECT_EQ(pair.read(), 1u); });
      await_parked(1);
      EXPECT_EQ(::write(pair.far, "x", 1), 1);
      done.wait();
      pair.near.reset();
      EXPECT_TRUE(leat::blocking([&] { return pair.ends(); }));
    }
  });
}

// A ring has room for 4096 completions.
TEST_P(a_poller, forgets_nobody_when_thousands_are_ready_at_once) {
  run([] {
    constexpr std::size_t count = 5000 / sanitizer_cost * (sanitizer_cost == 1 ? 1 : 2);
    std::vector<descriptor_handle> counters;
    std::vector<int> numbers;
    for (std::size_t i = 0; i < count; ++i) {
      const int number = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
      if (number < 0) GTEST_SKIP() << "not enough descriptors: see ulimit -n";
      numbers.push_back(number);
      counters.push_back(adopt_descriptor(number));
    }
    for (int round = 0; round < 3; ++round) {
      wait_group done;
      for (const auto& one : counters) {
        done.go([&entry = *one] {
          std::uint64_t value = 0;
          EXPECT_TRUE(
              entry.perform(direction::read, [&](int fd) { return ::read(fd, &value, sizeof value); }));
        });
      }
      await_parked(count);
      const std::uint64_t one = 1;
      for (const int number : numbers)
        EXPECT_EQ(::write(number, &one, sizeof one), 8);
      done.wait();
    }
  });
}

// What a thread had the kernel watch is taken from the kernel when the thread ends.
TEST_P(a_poller, goes_on_watching_for_a_thread_that_has_ended) {
  run([] {
    watched_pair pair;
    std::thread outside([&] {
      ASSERT_TRUE(pair.near->set_deadline(direction::read, clock::now() + 1ms));
      EXPECT_EQ(pair.read(), std::unexpected(make_error_code(errc::deadline_exceeded)));
      ASSERT_TRUE(pair.near->set_deadline(direction::read, time_point::max()));
    });
    leat::blocking([&] { outside.join(); });
    wait_group done;
    done.go([&] { EXPECT_EQ(pair.read(), 1u); });
    await_parked(1);
    EXPECT_EQ(::write(pair.far, "x", 1), 1);
    done.wait();
  });
}

TEST_P(a_poller, of_the_next_run_watches_what_the_last_one_did) {
  watched_pair pair;
  for (int round = 0; round < 3; ++round) {
    run([&] {
      wait_group done;
      done.go([&] { EXPECT_EQ(pair.read(), 1u); });
      await_parked(1);
      EXPECT_EQ(::write(pair.far, "x", 1), 1);
      done.wait();
    });
  }
  EXPECT_TRUE(pair.near->close());
  EXPECT_TRUE(pair.ends()) << "no poller of a run that is over holds it";
}

TEST(pollers, of_different_kinds_may_watch_a_descriptor_one_after_the_other) {
  if (why_no_uring() != 0) GTEST_SKIP() << "io_uring cannot be had here";
  watched_pair pair;
  for (const poller_kind kind : {poller_kind::io_uring, poller_kind::epoll, poller_kind::io_uring}) {
    leat::run({.workers = 2, .poller = kind}, [&] {
      wait_group done;
      done.go([&] { EXPECT_EQ(pair.read(), 1u); });
      await_parked(1);
      EXPECT_EQ(::write(pair.far, "x", 1), 1);
      done.wait();
    });
  }
  EXPECT_TRUE(pair.near->close());
  EXPECT_TRUE(pair.ends());
}

// A worker that sleeps is woken by nothing, and uses no processor time.
TEST_P(a_poller, costs_nothing_while_all_sleep) {
  run([] {
    watched_pair pair;
    wait_group done;
    done.go([&] { EXPECT_EQ(pair.read(), 1u); });
    await_parked(1);
    sleep_for(20ms);  // the monitor goes to sleep, too
    const auto cpu_time = [] {
      timespec used{};
      ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
      return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
    };
    const auto before = cpu_time();
    sleep_for(200ms);
    EXPECT_LT(cpu_time() - before, 20ms);
    EXPECT_EQ(::write(pair.far, "x", 1), 1);
    done.wait();
  });
}

// --- The choice ---

class the_variable {
 public:
  explicit the_variable(const char* value) {
    if (const char* old = std::getenv(name)) before_ = old;
    ::setenv(name, value, 1);
  }
  ~the_variable() {
    if (before_.empty()) {
      ::unsetenv(name);
    } else {
      ::setenv(name, before_.c_str(), 1);
    }
  }
  the_variable(const the_variable&) = delete;
  the_variable& operator=(const the_variable&) = delete;

 private:
  static constexpr const char* name = "LEAT_POLLER";
  std::string before_;
};

std::string poller_of_a_run() {
  return leat::run([] { return std::string(stats().poller); });
}

TEST(the_choice_of_a_poller, is_made_by_the_environment) {
  const the_variable epoll("epoll");
  EXPECT_EQ(poller_of_a_run(), "epoll");
  if (why_no_uring() != 0) GTEST_SKIP() << "io_uring cannot be had here";
  const the_variable ring("io_uring");
  EXPECT_EQ(poller_of_a_run(), "io_uring");
}

TEST(the_choice_of_a_poller, is_made_by_the_program_before_the_environment) {
  const the_variable ring("io_uring");
  leat::run({.poller = poller_kind::epoll}, [] { EXPECT_EQ(stats().poller, "epoll"); });
}

TEST(the_choice_of_a_poller, is_left_to_leat_by_auto) {
  const the_variable any("auto");
  EXPECT_EQ(poller_of_a_run(), "epoll");
}

TEST(the_choice_of_a_poller, must_name_one) {
  const the_variable wrong("kqueue");
  EXPECT_THROW(leat::run([] {}), std::invalid_argument);
}

constexpr int no_filters = 9;

// As containers do. Ends the program with `no_filters` where the system has none, as under an emulator.
void forbid_uring() {
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    if (errno == EINVAL) std::_Exit(no_filters);
    throw std::system_error(errno, std::system_category(), "seccomp");
  }
}

TEST(the_choice_of_a_poller, falls_back_where_io_uring_is_forbidden) {
  const auto end = testing::end_of([] {
    forbid_uring();
    const the_variable any("auto");
    if (poller_of_a_run() != "epoll") std::_Exit(3);
  });
  if (end.exited_with(no_filters)) GTEST_SKIP() << "system calls cannot be forbidden here";
  EXPECT_TRUE(end.exited_with(0)) << end;
}

TEST(the_choice_of_a_poller, by_name_fails_where_io_uring_is_forbidden) {
  const auto end = testing::end_of([] {
    forbid_uring();
    const the_variable ring("io_uring");
    try {
      poller_of_a_run();
    } catch (const std::system_error& error) {
      std::_Exit(error.code() == std::error_code(EPERM, std::system_category()) ? 4 : 5);
    }
  });
  if (end.exited_with(no_filters)) GTEST_SKIP() << "system calls cannot be forbidden here";
  EXPECT_TRUE(end.exited_with(4)) << end;
}

}  // namespace
}  // namespace leat::runtime
