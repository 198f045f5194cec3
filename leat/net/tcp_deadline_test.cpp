#include <array>
#include <optional>

#include <leat/net/net_test.hpp>
#include <leat/wait_group.hpp>

namespace leat::net {
namespace {

using clock = std::chrono::steady_clock;

LEAT_TEST_ON_WORKERS(a_deadline);

std::error_code read_error(tcp_conn& conn) {
  std::array<std::byte, 16> buffer;
  const auto count = conn.read(buffer);
  return count ? std::error_code() : count.error();
}

TEST_P(a_deadline, in_the_past_gives_up_at_once) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(far.write("there is something to read"));
    ASSERT_TRUE(near.wait_readable());
    ASSERT_TRUE(near.set_deadline(clock::now() - 1s));
    EXPECT_EQ(read_error(near), errc::deadline_exceeded);
    EXPECT_EQ(near.write("x").error(), errc::deadline_exceeded);
    EXPECT_EQ(near.wait_readable().error(), errc::deadline_exceeded);
    ASSERT_TRUE(near.set_deadline(0s));
    EXPECT_EQ(read_error(near), errc::deadline_exceeded);
    ASSERT_TRUE(near.set_deadline(-5s));
    EXPECT_EQ(read_error(near), errc::deadline_exceeded);
    EXPECT_EQ(read_error(near), std::errc::timed_out);  // the condition that it stands for
  });
}

TEST_P(a_deadline, that_is_lifted_is_forgotten) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.set_deadline(0s));
    EXPECT_EQ(read_error(near), errc::deadline_exceeded);
    ASSERT_TRUE(near.set_deadline(never));
    ASSERT_TRUE(near.write("x"));
    EXPECT_EQ(read_text(far), "x");
    ASSERT_TRUE(far.write("y"));
    EXPECT_EQ(read_text(near), "y");
  });
}

TEST_P(a_deadline, to_come_ends_a_read_then_and_not_before) {
  run([] {
    auto [near, far] = connect_pair();
    const auto deadline = clock::now() + 30ms;
    ASSERT_TRUE(near.set_read_deadline(deadline));
    EXPECT_EQ(read_error(near), errc::deadline_exceeded);
    EXPECT_GE(clock::now(), deadline);
    EXPECT_EQ(read_error(near), errc::deadline_exceeded);  // and it stays so
    ASSERT_TRUE(near.write("writing goes on"));
  });
}

TEST_P(a_deadline, to_come_ends_a_wait_for_readiness) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.set_read_deadline(20ms));
    EXPECT_EQ(near.wait_readable().error(), errc::deadline_exceeded);
  });
}

TEST_P(a_deadline, to_come_ends_a_write_that_nobody_reads) {
  run([] {
    auto [near, far] = connect_pair();
    const auto deadline = clock::now() + 50ms;
    ASSERT_TRUE(near.set_write_deadline(deadline));
    EXPECT_EQ(write_until_error(near), errc::deadline_exceeded);
    EXPECT_GE(clock::now(), deadline);
  });
}

TEST_P(a_deadline, that_is_kept_does_no_harm) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.set_read_deadline(patience));
    joined others;
    others.go([&far] { EXPECT_TRUE(far.write("in time")); });
    EXPECT_EQ(read_text(near), "in time");
  });
}

TEST_P(a_deadline, of_centuries_is_never) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.set_deadline(std::chrono::nanoseconds::max()));
    joined others;
    others.go([&far] { EXPECT_TRUE(far.write("x")); });
    EXPECT_EQ(read_text(near), "x");
  });
}

TEST_P(a_deadline, that_is_moved_to_now_wakes_all_readers) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.set_read_deadline(patience));
    wait_group readers;
    for (int i = 0; i < 3; ++i) {
      readers.go([&near] { EXPECT_EQ(read_error(near), errc::deadline_exceeded); });
    }
    await_parked(3);
    ASSERT_TRUE(near.set_read_deadline(clock::now()));
    readers.wait();
  });
}

TEST_P(a_deadline, that_is_moved_to_now_wakes_a_writer) {
  run([] {
    auto [near, far] = connect_pair();
    wait_group writer;
    writer.go([&near] { EXPECT_EQ(write_until_error(near), errc::deadline_exceeded); });
    await_parked(1);
    ASSERT_TRUE(near.set_write_deadline(0s));
    writer.wait();
  });
}

TEST_P(a_deadline, that_is_moved_earlier_holds_for_a_read_under_way) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.set_read_deadline(patience));
    wait_group reader;
    reader.go([&near] { EXPECT_EQ(read_error(near), errc::deadline_exceeded); });
    await_parked(1);
    ASSERT_TRUE(near.set_read_deadline(20ms));
    reader.wait();
  });
}

TEST_P(a_deadline, that_is_moved_later_holds_for_a_read_under_way) {
  run([] {
    auto [near, far] = connect_pair();
    const auto first = clock::now() + 200ms;
    const auto later = first + 50ms;
    ASSERT_TRUE(near.set_read_deadline(first));
    std::optional<clock::time_point> ended;
    wait_group reader;
    reader.go([&] {
      EXPECT_EQ(read_error(near), errc::deadline_exceeded);
      ended = clock::now();
    });
    while (leat::testing::parked_count() == 0 && clock::now() < first)
      leat::yield();
    ASSERT_TRUE(near.set_read_deadline(later));
    const bool in_time = clock::now() < first;  // else the machine is so slow that there is nothing to see
    reader.wait();
    if (in_time) {
      EXPECT_GE(*ended, later);
    }
  });
}

TEST_P(a_deadline, that_is_moved_before_each_of_many_reads_never_fires_by_mistake) {
  run([] {
    auto [near, far] = connect_pair();
    joined others;
    others.go([&far] {
      std::array<std::byte, 16> buffer;
      for (;;) {
        const auto count = far.read(buffer);
        if (!count || *count == 0 || !far.write(std::span(buffer).first(*count))) break;
      }
    });
    for (int i = 0; i < 2000; ++i) {
      ASSERT_TRUE(near.set_deadline(patience));
      ASSERT_TRUE(near.write("x"));
      ASSERT_EQ(read_text(near), "x");
    }
    ASSERT_TRUE(near.close());
  });
}

TEST_P(a_deadline, may_be_set_by_many_while_others_read_and_write_and_close) {
  run([] {
    for (int round = 0; round < 30; ++round) {
      auto [near, far] = connect_pair();
      wait_group all;
      for (int setter = 0; setter < 4; ++setter) {
        all.go([&near, setter] {
          for (int i = 0; i < 50; ++i) {
            const auto when = std::chrono::microseconds(i * setter);
            if (!near.set_deadline(when) || !near.set_read_deadline(never)) break;
            leat::yield();
          }
        });
      }
      for (int reader = 0; reader < 2; ++reader) {
        all.go([&near] {
          while (read_error(near) != errc::closed)
            leat::yield();
        });
        all.go([&near] {
          while (write_until_error(near) != errc::closed)
            leat::yield();
        });
      }
      for (int i = 0; i < round; ++i)
        leat::yield();
      ASSERT_TRUE(near.close());
      all.wait();
    }
  });
}

}  // namespace
}  // namespace leat::net
