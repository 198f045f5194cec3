// Descriptors over pairs of Unix sockets: waiting, turns, deadlines, and closing at any moment.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <leat/parked_test.hpp>
#include <leat/runtime/descriptor.hpp>
#include <leat/time.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;
using testing::await_parked;
using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(a_descriptor);
LEAT_TEST_ON_WORKERS(a_closed_descriptor);
LEAT_TEST_ON_WORKERS(a_descriptor_with_a_deadline);

struct two_ends {
  descriptor_handle near;
  descriptor_handle far;
};

two_ends make_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::system_error(errno, std::system_category(), "socketpair");
  return {adopt_descriptor(ends[0]), adopt_descriptor(ends[1])};
}

result<std::size_t> write_text(descriptor& to, std::string_view text) {
  return to.perform(direction::write,
                    [&](int fd) { return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); });
}

result<std::string> read_text(descriptor& from, std::size_t most = 100) {
  std::string text(most, '\0');
  const auto count = from.perform(direction::read, [&](int fd) { return ::read(fd, text.data(), most); });
  if (!count) return std::unexpected(count.error());
  text.resize(*count);
  return text;
}

// As a stream is read, remembering whether there may be more; counts the system calls.
result<std::string> stream_read(descriptor& from, int& calls, std::size_t most = 100) {
  std::string text(most, '\0');
  const auto count = from.perform_stream_read(most, [&](int fd) {
    ++calls;
    return ::read(fd, text.data(), most);
  });
  if (!count) return std::unexpected(count.error());
  text.resize(*count);
  return text;
}

const std::error_code closed_error = errc::closed;
const std::error_code deadline_error = errc::deadline_exceeded;

TEST_P(a_descriptor, reads_what_is_there_and_waits_for_what_is_not) {
  run([] {
    const auto [near, far] = make_pair();
    EXPECT_EQ(write_text(*near, "one"), 3U);
    EXPECT_EQ(read_text(*far), "one");
    wait_group done;
    done.go([&end = *far] { EXPECT_EQ(read_text(end), "two"); });
    await_parked(1);
    EXPECT_EQ(write_text(*near, "two"), 3U);
    done.wait();
  });
}

TEST_P(a_descriptor, waits_to_write_while_the_buffer_is_full) {
  run([] {
    const auto [near, far] = make_pair();
    const std::string block(std::size_t{1} << 16, 'x');
    std::atomic<std::size_t> written{0};
    constexpr std::size_t wanted = std::size_t{4} << 20;
    wait_group done;
    done.go([&, &end = *near] {
      while (written < wanted)
        written += write_text(end, block).value();
    });
    await_parked(1);
    EXPECT_LT(written, wanted);
    std::size_t got = 0;
    while (got < wanted)
      got += read_text(*far, 1 << 20)->size();
    done.wait();
  });
}

TEST_P(a_descriptor, reads_and_writes_at_once) {
  run([] {
    const auto [near, far] = make_pair();
    wait_group done;
    done.go([&end = *near] { EXPECT_EQ(read_text(end), "answer"); });
    await_parked(1);
    EXPECT_EQ(write_text(*near, "question"), 8U) << "while its read waits";
    EXPECT_EQ(read_text(*far), "question");
    EXPECT_EQ(write_text(*far, "answer"), 6U);
    done.wait();
  });
}

TEST_P(a_descriptor, gives_readers_their_turns_in_order) {
  run([] {
    const auto [near, far] = make_pair();
    wait_group done;
    for (char who = 'a'; who < 'f'; ++who) {
      done.go([&end = *far, who] { EXPECT_EQ(read_text(end, 1), std::string(1, who)); });
      await_parked(static_cast<std::size_t>(who - 'a') + 1);
    }
    EXPECT_EQ(write_text(*near, "abcde"), 5U);
    done.wait();
  });
}

TEST_P(a_descriptor, tells_errors_of_the_system) {
  run([] {
    const auto [near, far] = make_pair();
    ASSERT_TRUE(far->close());
    const auto outcome = near->perform(direction::read, [](int) {
      errno = ECONNRESET;
      return -1;
    });
    EXPECT_EQ(outcome, std::unexpected(std::error_code(ECONNRESET, std::system_category())));
    int interruptions = 3;
    EXPECT_EQ(near->perform(direction::read,
                            [&](int) -> std::ptrdiff_t {
                              errno = EINTR;
                              return interruptions-- > 0 ? -1 : 9;
                            }),
              9U);
  });
}

TEST_P(a_descriptor, reads_the_end_of_the_stream_again_and_again) {
  run([] {
    const auto [near, far] = make_pair();
    ASSERT_TRUE(write_text(*near, "last"));
    ASSERT_TRUE(near->close());
    int calls = 0;
    EXPECT_EQ(stream_read(*far, calls), "last");
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(stream_read(*far, calls), "");
  });
}

// After a read that did not fill its buffer, the next one parks without asking the kernel first.
TEST_P(a_descriptor, saves_the_read_that_would_find_nothing) {
  run([] {
    const auto [near, far] = make_pair();
    constexpr int rounds = 10;
    const chan<unit> was_read;
    int calls = 0;
    wait_group done;
    done.go([&, &end = *far] {
      for (int i = 0; i < rounds; ++i) {
        EXPECT_EQ(stream_read(end, calls), "x");
        was_read.send({});
      }
    });
    for (int i = 0; i < rounds; ++i) {
      await_parked(1);
      EXPECT_EQ(write_text(*near, "x"), 1U);
      was_read.receive();
    }
    done.wait();
    EXPECT_LE(calls, rounds + 1) << "only the first may have to ask before it waits";
  });
}

// Each read fills its buffer, and says so or not.
TEST_P(a_descriptor, saves_the_read_after_one_that_knows_that_it_took_all) {
  run([] {
    const auto [near, far] = make_pair();
    constexpr int rounds = 10;
    const chan<unit> was_read;
    int calls = 0;
    wait_group done;
    done.go([&, &end = *far] {
      for (int i = 0; i < rounds; ++i) {
        char byte = 0;
        const auto count = end.perform_stream_read_knowing(1, [&](int fd, stream_rest& rest) {
          ++calls;
          EXPECT_EQ(rest.filled, i > 0);
          rest.none_left = true;
          return ::read(fd, &byte, 1);
        });
        EXPECT_EQ(count, 1U);
        was_read.send({});
      }
    });
    for (int i = 0; i < rounds; ++i) {
      await_parked(1);
      EXPECT_EQ(write_text(*near, "x"), 1U);
      was_read.receive();
    }
    done.wait();
    EXPECT_LE(calls, rounds + 1);
  });
}

TEST_P(a_descriptor, waits_until_it_can_be_read_without_reading) {
  run([] {
    const auto [near, far] = make_pair();
    wait_group done;
    done.go([&end = *far] { EXPECT_TRUE(end.wait_readable()); });
    await_parked(1);
    EXPECT_EQ(write_text(*near, "data"), 4U);
    done.wait();
    EXPECT_TRUE(far->wait_readable());
    EXPECT_EQ(read_text(*far), "data");
    done.go([&end = *far] { EXPECT_TRUE(end.wait_readable()) << "the end of the stream is readable, too"; });
    await_parked(1);
    ASSERT_TRUE(near->close());
    done.wait();
  });
}

TEST_P(a_descriptor, tries_again_when_nudged) {
  run([] {
    const auto [near, far] = make_pair();
    std::atomic<int> tries{0};
    wait_group done;
    done.go([&, &end = *far] {
      EXPECT_EQ(end.perform(direction::read,
                            [&](int) -> std::ptrdiff_t {
                              errno = EAGAIN;
                              return ++tries < 5 ? -1 : 0;
                            }),
                0U);
    });
    while (goroutine_count() > 1) {
      far->nudge(direction::read);
      leat::yield();
    }
    done.wait();
    EXPECT_EQ(tries, 5);
  });
}

// More of them are ready at once than a worker's own queue holds: whoever was ready first is served first.
TEST(descriptors_of_one_worker, that_are_ready_at_once_are_served_equally_often) {
  leat::run({.workers = 1}, [] {
    constexpr int wanted = 400;
    std::vector<two_ends> pairs(400);
    for (two_ends& pair : pairs)
      pair = make_pair();
    std::vector<int> turns(pairs.size());
    std::atomic<bool> enough{false};
    wait_group done;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      done.go([&, &near = *pairs[i].near, &own = turns[i]] {
        while (!enough) {
          EXPECT_TRUE(write_text(near, "ball"));
          EXPECT_TRUE(read_text(near));
          if (++own == wanted) enough = true;
        }
        EXPECT_TRUE(near.close());
      });
      done.go([&far = *pairs[i].far] {
        for (auto text = read_text(far); text && !text->empty(); text = read_text(far))
          EXPECT_TRUE(write_text(far, *text));
      });
    }
    done.wait();
    EXPECT_GT(std::ranges::min(turns), wanted / 2);
  });
}

// --- Closing ---

TEST_P(a_closed_descriptor, has_woken_all_who_waited) {
  run([] {
    const auto [near, far] = make_pair();
    const std::string block(std::size_t{1} << 16, 'x');
    wait_group done;
    for (int i = 0; i < 3; ++i) {
      done.go([&end = *near] { EXPECT_EQ(read_text(end), std::unexpected(closed_error)); });
      done.go([&end = *near, &block] {
        for (;;) {
          const auto written = write_text(end, block);
          if (written) continue;
          EXPECT_EQ(written.error(), closed_error);
          break;
        }
      });
    }
    await_parked(6);
    EXPECT_TRUE(near->close());
    done.wait();
  });
}

TEST_P(a_closed_descriptor, refuses_everything) {
  run([] {
    const auto [near, far] = make_pair();
    EXPECT_TRUE(near->close());
    EXPECT_EQ(near->close(), std::unexpected(closed_error));
    EXPECT_EQ(read_text(*near), std::unexpected(closed_error));
    EXPECT_EQ(write_text(*near, "x"), std::unexpected(closed_error));
    EXPECT_EQ(near->wait_readable(), std::unexpected(closed_error));
    EXPECT_EQ(near->set_deadline(direction::read, time_point::max()), std::unexpected(closed_error));
    EXPECT_EQ(near->with_fd([](int) -> result<void> {
      ADD_FAILURE() << "there is no number to use";
      return {};
    }),
              std::unexpected(closed_error));
  });
}

// The number goes back to the kernel only when the last operation has let go of it: until then nobody else
// can have it.
TEST_P(a_closed_descriptor, keeps_its_number_while_it_is_in_use) {
  run([] {
    auto [near, far] = make_pair();
    int number = -1;
    EXPECT_TRUE(near->with_fd([&](int fd) -> result<void> {
      number = fd;
      near.reset();
      EXPECT_GE(::fcntl(fd, F_GETFD), 0);
      return {};
    }));
    EXPECT_EQ(::fcntl(number, F_GETFD), -1);
  });
}

TEST_P(a_closed_descriptor, may_have_been_closed_at_any_moment_from_anywhere) {
  run([] {
    for (int round = 0; round < 300 / sanitizer_cost; ++round) {
      auto [near, far] = make_pair();
      wait_group done;
      const auto until_closed = [&](auto&& operation) {
        done.go([&, operation] {
          while (operation())
            leat::yield();
        });
      };
      descriptor& shared = *near;
      until_closed([&shared] { return read_text(shared).has_value(); });
      until_closed([&shared] { return read_text(shared).has_value(); });
      until_closed([&shared] { return write_text(shared, "x").has_value(); });
      until_closed([&shared] { return shared.set_deadline(direction::read, clock::now() + 1h).has_value(); });
      until_closed([&other = *far] {
        const auto written = write_text(other, "y");
        return written.has_value() || written.error().category() == std::system_category();  // EPIPE: go on
      });
      for (int i = 0; i < round % 10; ++i)
        leat::yield();
      EXPECT_TRUE(near->close());
      EXPECT_TRUE(far->close());
      done.wait();
    }
  });
}

// --- Deadlines ---

TEST_P(a_descriptor_with_a_deadline, gives_up_when_it_passes) {
  run([] {
    const auto [near, far] = make_pair();
    const auto begin = clock::now();
    ASSERT_TRUE(near->set_deadline(direction::read, begin + 5ms));
    EXPECT_EQ(read_text(*near), std::unexpected(deadline_error));
    EXPECT_GE(clock::now() - begin, 5ms);
    EXPECT_EQ(read_text(*near), std::unexpected(deadline_error)) << "until it is moved";
    EXPECT_TRUE(write_text(*near, "the other direction has its own"));
  });
}

TEST_P(a_descriptor_with_a_deadline, in_the_past_wakes_all_who_wait) {
  run([] {
    const auto [near, far] = make_pair();
    wait_group done;
    for (int i = 0; i < 4; ++i)
      done.go([&end = *near] { EXPECT_EQ(read_text(end), std::unexpected(deadline_error)); });
    await_parked(4);
    ASSERT_TRUE(near->set_deadline(direction::read, clock::now() - 1s));
    done.wait();
    ASSERT_TRUE(near->set_deadline(direction::read, time_point::max()));
    ASSERT_TRUE(write_text(*far, "back"));
    EXPECT_EQ(read_text(*near), "back");
  });
}

TEST_P(a_descriptor_with_a_deadline, obeys_the_one_that_was_set_last) {
  run([] {
    const auto [near, far] = make_pair();
    wait_group done;
    ASSERT_TRUE(near->set_deadline(direction::read, clock::now() + 1h));
    done.go([&end = *near] { EXPECT_EQ(read_text(end), std::unexpected(deadline_error)); });
    await_parked(1);
    ASSERT_TRUE(near->set_deadline(direction::read, clock::now() + 2ms));  // earlier
    done.wait();

    ASSERT_TRUE(near->set_deadline(direction::read, clock::now() + 3ms));
    ASSERT_TRUE(near->set_deadline(direction::read, clock::now() + 1h));  // later
    done.go([&end = *near] { EXPECT_EQ(read_text(end), "in time"); });
    sleep_for(6ms);  // the first timer fires, and must not end the wait
    ASSERT_TRUE(write_text(*far, "in time"));
    done.wait();

    ASSERT_TRUE(near->set_deadline(direction::read, clock::now() + 2ms));
    ASSERT_TRUE(near->set_deadline(direction::read, time_point::max()));  // none
    sleep_for(4ms);
    ASSERT_TRUE(write_text(*far, "still"));
    EXPECT_EQ(read_text(*near), "still");
  });
}

TEST_P(a_descriptor_with_a_deadline, may_be_moved_by_several_at_once_while_it_is_read) {
  run([] {
    for (int round = 0; round < 50 / sanitizer_cost + 1; ++round) {
      auto [near, far] = make_pair();
      wait_group done;
      for (int who = 0; who < 4; ++who) {
        done.go([&end = *near, who] {
          for (int i = 0; i < 50; ++i) {
            static_cast<void>(end.set_deadline(direction::read, clock::now() + (i + who) % 3 * 50us));
            leat::yield();
          }
        });
      }
      done.go([&end = *near] {
        for (int i = 0; i < 50; ++i) {
          EXPECT_EQ(read_text(end), std::unexpected(deadline_error));
          leat::yield();
        }
      });
      done.wait();
    }
  });
}

// --- Runs and reuse ---

TEST(a_descriptor_across_runs, waits_in_the_poller_of_each) {
  auto [near, far] = make_pair();
  for (int round = 0; round < 3; ++round) {
    leat::run(run_options{.workers = 2}, [&, &writer = *near, &reader = *far] {
      wait_group done;
      done.go([&] { EXPECT_EQ(read_text(reader), "hello"); });
      await_parked(1);
      EXPECT_TRUE(write_text(writer, "hello"));
      done.wait();
    });
  }
}

TEST(a_descriptor_outside_of_run, works_as_long_as_it_need_not_wait) {
  const auto [near, far] = make_pair();
  EXPECT_EQ(write_text(*near, "x"), 1U);
  EXPECT_EQ(read_text(*far), "x");
  EXPECT_EQ(read_text(*far), std::unexpected(make_error_code(errc::not_running)));
}

TEST_P(a_descriptor, serves_threads_that_are_no_workers) {
  run([] {
    const auto [near, far] = make_pair();
    const chan<unit> done;
    const std::jthread outside([&end = *far, done] {
      EXPECT_EQ(read_text(end), "from a goroutine");
      EXPECT_TRUE(write_text(end, "from a thread"));
      done.send({});
    });
    EXPECT_TRUE(write_text(*near, "from a goroutine"));
    EXPECT_EQ(read_text(*near), "from a thread");
    done.receive();
  });
}

TEST_P(a_descriptor, made_anew_knows_nothing_of_the_one_that_had_its_place) {
  run([] {
    for (int round = 0; round < 200 / sanitizer_cost; ++round) {
      auto [near, far] = make_pair();
      ASSERT_TRUE(near->set_deadline(direction::read, clock::now() + (round % 2 == 0 ? -1h : 1h)));
      ASSERT_TRUE(write_text(*near, "leftover"));
      int calls = 0;
      ASSERT_EQ(stream_read(*far, calls, 3), "lef");
    }
    const auto [near, far] = make_pair();
    ASSERT_TRUE(write_text(*near, "new"));
    EXPECT_EQ(read_text(*far), "new");
  });
}

}  // namespace
}  // namespace leat::runtime
