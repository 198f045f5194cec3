// Descriptors over pairs of datagram sockets: operations that run at once, reads that take all there is, and
// writes that ask for room only while they need some.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <set>
#include <string>
#include <string_view>

#include <leat/chan.hpp>
#include <leat/parked_test.hpp>
#include <leat/runtime/descriptor.hpp>
#include <leat/stats.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;
using testing::await_parked;
using testing::let_others_run;
using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(a_shared_descriptor);

constexpr std::size_t text_bytes = 16;

struct two_ends {
  descriptor_handle near;
  descriptor_handle far;
};

two_ends make_pair(write_events told = write_events::when_waiting) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::system_error(errno, std::system_category(), "socketpair");
  return {adopt_descriptor(ends[0], told), adopt_descriptor(ends[1], told)};
}

result<std::size_t> write_text(descriptor& to, std::string_view text) {
  return to.perform_shared(direction::write,
                           [&](int fd) { return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); });
}

result<std::string> read_text(descriptor& from) {
  std::string text(text_bytes, '\0');
  const auto count =
      from.perform_shared(direction::read, [&](int fd) { return ::recv(fd, text.data(), text.size(), 0); });
  if (!count) return std::unexpected(count.error());
  text.resize(*count);
  return text;
}

// Takes up to `wanted` datagrams in one system call, and counts the calls.
result<std::size_t> read_several(descriptor& from, unsigned wanted, std::atomic<int>& calls) {
  return from.perform_shared(
      direction::read,
      [&](int fd) -> std::ptrdiff_t {
        ++calls;
        std::array<std::array<char, text_bytes>, 8> buffers{};
        std::array<iovec, 8> parts{};
        std::array<mmsghdr, 8> headers{};
        for (std::size_t i = 0; i < headers.size(); ++i) {
          parts[i] = {.iov_base = buffers[i].data(), .iov_len = text_bytes};
          headers[i].msg_hdr.msg_iov = &parts[i];
          headers[i].msg_hdr.msg_iovlen = 1;
        }
        return ::recvmmsg(fd, headers.data(), wanted, 0, nullptr);
      },
      wanted);
}

const std::error_code closed_error = errc::closed;
const std::error_code deadline_error = errc::deadline_exceeded;

TEST_P(a_shared_descriptor, is_read_and_written_while_others_wait_to_read) {
  run([] {
    const auto [near, far] = make_pair();
    wait_group done;
    done.go([&end = *far] { EXPECT_TRUE(read_text(end)); });
    await_parked(1);
    EXPECT_TRUE(write_text(*near, "one"));
    EXPECT_TRUE(write_text(*near, "two"));
    EXPECT_TRUE(read_text(*far)) << "whoever gets which";
    done.wait();
    EXPECT_TRUE(write_text(*far, "back"));
    EXPECT_EQ(read_text(*near), "back");
  });
}

TEST_P(a_shared_descriptor, gives_everything_to_exactly_one_of_many_readers) {
  run([] {
    constexpr int readers = 8;
    constexpr int each = 100;
    const auto [near, far] = make_pair();
    std::array<std::atomic<int>, readers * each> seen{};
    wait_group done;
    for (int who = 0; who < readers; ++who) {
      done.go([&, &end = *far] {
        for (int i = 0; i < each; ++i) {
          const auto text = read_text(end);
          if (text) ++seen.at(std::stoul(*text));
        }
      });
    }
    for (int writer = 0; writer < 4; ++writer) {
      done.go([&, &end = *near, writer] {
        for (int i = writer; i < readers * each; i += 4)
          EXPECT_TRUE(write_text(end, std::to_string(i)));
      });
    }
    done.wait();
    for (const auto& count : seen)
      EXPECT_EQ(count, 1);
  });
}

// Readers of one and readers of several, all of whom may use up the event that another one would wait for.
TEST_P(a_shared_descriptor, leaves_nobody_waiting_beside_what_there_is) {
  run([] {
    constexpr std::size_t wanted = 4000 / sanitizer_cost;
    const auto [near, far] = make_pair();
    std::atomic<std::size_t> got{0};
    std::atomic<int> calls{0};
    wait_group readers;
    for (int who = 0; who < 3; ++who) {
      readers.go([&, &end = *far] {
        while (read_text(end))
          ++got;
      });
      readers.go([&, &end = *far, who] {
        while (const auto count = read_several(end, static_cast<unsigned>(who) + 2, calls))
          got += *count;
      });
    }
    for (std::size_t sent = 0; sent < wanted; ++sent) {
      ASSERT_TRUE(write_text(*near, "x"));
      if (sent % 7 == 0) await([&] { return got == sent + 1; });  // all are waiting again, or about to
    }
    await([&] { return got == wanted; });
    ASSERT_TRUE(far->close());
    readers.wait();
  });
}

TEST_P(a_shared_descriptor, saves_the_read_that_would_find_nothing) {
  run([] {
    const auto [near, far] = make_pair();
    constexpr int rounds = 10;
    const chan<unit> was_read;
    std::atomic<int> calls{0};
    wait_group done;
    done.go([&, &end = *far] {
      for (int i = 0; i < rounds; ++i) {
        EXPECT_EQ(read_several(end, 8, calls), 1U);
        was_read.send({});
      }
    });
    for (int i = 0; i < rounds; ++i) {
      await_parked(1);
      EXPECT_TRUE(write_text(*near, "x"));
      was_read.receive();
    }
    done.wait();
    EXPECT_LE(calls, rounds + 1) << "only the first may have to ask before it waits";
  });
}

TEST_P(a_shared_descriptor, goes_on_at_once_where_there_may_be_more) {
  run([] {
    const auto [near, far] = make_pair();
    std::atomic<int> calls{0};
    for (int i = 0; i < 5; ++i)
      ASSERT_TRUE(write_text(*near, "x"));
    EXPECT_EQ(read_several(*far, 2, calls), 2U);
    EXPECT_EQ(read_text(*far), "x");
    EXPECT_EQ(read_several(*far, 2, calls), 2U);
    ASSERT_TRUE(write_text(*near, "y"));
    EXPECT_EQ(read_text(*far), "y");
    ASSERT_TRUE(write_text(*near, "z"));
    EXPECT_EQ(read_several(*far, 2, calls), 1U);
    ASSERT_TRUE(write_text(*near, "after it was seen empty"));
    EXPECT_EQ(read_several(*far, 2, calls), 1U);
  });
}

TEST_P(a_shared_descriptor, wakes_every_writer_that_waits_for_room) {
  run([] {
    constexpr int writers = 4;
    constexpr int each = 500;  // far more than a queue of datagrams holds
    const auto [near, far] = make_pair();
    wait_group done;
    for (int who = 0; who < writers; ++who) {
      done.go([&, &end = *near] {
        for (int i = 0; i < each; ++i)
          EXPECT_TRUE(write_text(end, "x"));
      });
    }
    await_parked(writers);
    for (int i = 0; i < writers * each; ++i)
      EXPECT_TRUE(read_text(*far));
    done.wait();
  });
}

// Counts what the poller tells while what was sent is taken away, which makes room.
std::uint64_t events_while_read(write_events told) {
  std::uint64_t events = 0;
  leat::run(run_options{.workers = 1}, [&] {
    const auto [near, far] = make_pair(told);
    wait_group done;
    done.go([&end = *near] { EXPECT_EQ(read_text(end), std::unexpected(closed_error)); });
    await_parked(1);  // so it has joined the poller
    let_others_run();
    const std::uint64_t before = stats().events;
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(write_text(*near, "x"));
      EXPECT_TRUE(read_text(*far));
      let_others_run();
    }
    events = stats().events - before;
    EXPECT_TRUE(near->close());
    done.wait();
  });
  return events;
}

TEST(a_descriptor_that_asks_for_room_when_it_waits, is_told_of_none_while_it_does_not) {
  EXPECT_EQ(events_while_read(write_events::when_waiting), 0U);
  EXPECT_GE(events_while_read(write_events::always), 20U) << "this test no longer shows anything";
}

TEST(a_descriptor_that_asks_for_room_when_it_waits, is_told_of_none_once_it_has_waited) {
  leat::run(run_options{.workers = 1}, [] {
    const auto [near, far] = make_pair();
    wait_group done;
    std::size_t sent = 0;
    ASSERT_TRUE(near->set_deadline(direction::write, clock::now() + 1ms));
    while (write_text(*near, "x"))
      ++sent;
    ASSERT_TRUE(near->set_deadline(direction::write, time_point::max()));
    for (std::size_t i = 0; i < sent / 2; ++i)
      EXPECT_TRUE(read_text(*far));
    let_others_run();
    const std::uint64_t before = stats().events;
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(write_text(*near, "x"));
      EXPECT_TRUE(read_text(*far));
      let_others_run();
    }
    EXPECT_EQ(stats().events - before, 0U);
  });
}

TEST_P(a_shared_descriptor, that_is_closed_wakes_all_who_wait_in_either_direction) {
  run([] {
    const auto [near, far] = make_pair();
    wait_group done;
    for (int i = 0; i < 3; ++i) {
      done.go([&end = *near] { EXPECT_EQ(read_text(end), std::unexpected(closed_error)); });
      done.go([&end = *near] {
        result<std::size_t> written;
        while ((written = write_text(end, "x")))
          continue;
        EXPECT_EQ(written.error(), closed_error);
      });
    }
    await_parked(6);
    EXPECT_TRUE(near->close());
    done.wait();
    EXPECT_EQ(read_text(*near), std::unexpected(closed_error));
    EXPECT_EQ(write_text(*near, "x"), std::unexpected(closed_error));
  });
}

TEST_P(a_shared_descriptor, gives_up_when_its_deadline_passes_in_whatever_state) {
  run([] {
    const auto [near, far] = make_pair();
    wait_group done;
    for (int i = 0; i < 3; ++i)
      done.go([&end = *near] { EXPECT_EQ(read_text(end), std::unexpected(deadline_error)); });
    await_parked(3);
    ASSERT_TRUE(near->set_deadline(direction::read, clock::now() + 2ms));
    done.wait();
    EXPECT_EQ(read_text(*near), std::unexpected(deadline_error));
    ASSERT_TRUE(near->set_deadline(direction::read, time_point::max()));
    ASSERT_TRUE(write_text(*far, "again"));
    EXPECT_EQ(read_text(*near), "again");
  });
}

TEST_P(a_shared_descriptor, tells_errors_of_the_system_whether_others_wait_or_not) {
  run([] {
    const auto [near, far] = make_pair();
    const auto refused = [](int) {
      errno = ECONNREFUSED;
      return -1;
    };
    const std::error_code told(ECONNREFUSED, std::system_category());
    EXPECT_EQ(near->perform_shared(direction::read, refused), std::unexpected(told));
    wait_group done;
    done.go([&end = *near] { EXPECT_EQ(read_text(end), "x"); });
    await_parked(1);
    EXPECT_EQ(near->perform_shared(direction::read, refused), std::unexpected(told));
    ASSERT_TRUE(write_text(*far, "x"));
    done.wait();
  });
}

}  // namespace
}  // namespace leat::runtime
