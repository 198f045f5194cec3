#include <array>
#include <optional>
#include <random>

#include <leat/net/contract_test.hpp>

namespace leat::net {
namespace {

TEST_P(a_stream_deadline, in_the_past_gives_up_at_once) {
  run([](stream& near, stream& far) {
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

TEST_P(a_stream_deadline, that_is_lifted_is_forgotten) {
  run([](stream& near, stream& far) {
    ASSERT_TRUE(near.set_deadline(0s));
    EXPECT_EQ(read_error(near), errc::deadline_exceeded);
    ASSERT_TRUE(near.set_deadline(never));
    ASSERT_TRUE(near.write("x"));
    EXPECT_EQ(read_text(far), "x");
    ASSERT_TRUE(far.write("y"));
    EXPECT_EQ(read_text(near), "y");
  });
}

TEST_P(a_stream_deadline, to_come_ends_a_read_then_and_not_before) {
  run([](stream& near, stream&) {
    const auto deadline = clock::now() + 30ms;
    ASSERT_TRUE(near.set_read_deadline(deadline));
    EXPECT_EQ(read_error(near), errc::deadline_exceeded);
    EXPECT_GE(clock::now(), deadline);
    EXPECT_EQ(read_error(near), errc::deadline_exceeded);  // and it stays so
    ASSERT_TRUE(near.write("writing goes on"));
  });
}

TEST_P(a_stream_deadline, to_come_ends_a_wait_for_readiness) {
  run([](stream& near, stream&) {
    ASSERT_TRUE(near.set_read_deadline(20ms));
    EXPECT_EQ(near.wait_readable().error(), errc::deadline_exceeded);
  });
}

TEST_P(a_stream_deadline, to_come_ends_a_write_that_nobody_reads) {
  run([](stream& near, stream&) {
    const auto deadline = clock::now() + 50ms;
    ASSERT_TRUE(near.set_write_deadline(deadline));
    EXPECT_EQ(write_until_error(near), errc::deadline_exceeded);
    EXPECT_GE(clock::now(), deadline);
  });
}

TEST_P(a_stream_deadline, that_is_kept_does_no_harm) {
  run([](stream& near, stream& far) {
    ASSERT_TRUE(near.set_read_deadline(patience));
    joined others;
    others.go([&far] { EXPECT_TRUE(far.write("in time")); });
    EXPECT_EQ(read_text(near), "in time");
  });
}

TEST_P(a_stream_deadline, of_centuries_is_never) {
  run([](stream& near, stream& far) {
    ASSERT_TRUE(near.set_deadline(std::chrono::nanoseconds::max()));
    joined others;
    others.go([&far] { EXPECT_TRUE(far.write("x")); });
    EXPECT_EQ(read_text(near), "x");
  });
}

TEST_P(a_stream_deadline, that_is_moved_to_now_wakes_all_readers) {
  run([](stream& near, stream&) {
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

TEST_P(a_stream_deadline, that_is_moved_to_now_wakes_a_writer) {
  run([](stream& near, stream&) {
    wait_group writer;
    writer.go([&near] { EXPECT_EQ(write_until_error(near), errc::deadline_exceeded); });
    await_parked(1);
    ASSERT_TRUE(near.set_write_deadline(0s));
    writer.wait();
  });
}

TEST_P(a_stream_deadline, that_is_moved_earlier_holds_for_a_read_under_way) {
  run([](stream& near, stream&) {
    ASSERT_TRUE(near.set_read_deadline(patience));
    wait_group reader;
    reader.go([&near] { EXPECT_EQ(read_error(near), errc::deadline_exceeded); });
    await_parked(1);
    ASSERT_TRUE(near.set_read_deadline(20ms));
    reader.wait();
  });
}

TEST_P(a_stream_deadline, that_is_moved_later_holds_for_a_read_under_way) {
  run([](stream& near, stream&) {
    const auto first = clock::now() + 60ms;
    const auto later = first + 30ms;
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

TEST_P(a_stream_deadline, that_is_moved_before_each_of_many_reads_never_fires_by_mistake) {
  run([](stream& near, stream& far) {
    joined others;
    others.go([&far] { echo(far); });
    for (int i = 0; i < 2000; ++i) {
      ASSERT_TRUE(near.set_deadline(patience));
      ASSERT_TRUE(near.write("x"));
      ASSERT_EQ(read_text(near), "x");
    }
    ASSERT_TRUE(near.close());
  });
}

TEST_P(a_stream_deadline, may_be_set_by_many_while_others_read_and_write_and_close) {
  run_alone([] {
    for (int round = 0; round < 30; ++round) {
      const stream_pair ends = kind().connect();
      stream& near = *ends.near;
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

TEST_P(a_stream_deadline, of_one_direction_leaves_the_other_alone) {
  run([](stream& near, stream& far) {
    ASSERT_TRUE(near.set_read_deadline(0s));
    ASSERT_TRUE(near.write("out"));
    EXPECT_EQ(read_text(far), "out");
    ASSERT_TRUE(near.set_read_deadline(never));
    ASSERT_TRUE(near.set_write_deadline(0s));
    EXPECT_EQ(near.write("x").error(), errc::deadline_exceeded);
    ASSERT_TRUE(far.write("in"));
    EXPECT_EQ(read_text(near), "in");
  });
}

TEST_P(a_stream_deadline, holds_for_those_who_wait_for_their_turn_too) {
  run([](stream& near, stream&) {
    wait_group writers;
    for (int i = 0; i < 4; ++i) {
      writers.go([&near] { EXPECT_EQ(write_until_error(near), errc::deadline_exceeded); });
    }
    await_parked(4);
    ASSERT_TRUE(near.set_write_deadline(5ms));
    writers.wait();
  });
}

// After each of them, the stream reads on as if nothing had been.
TEST_P(a_stream_deadline, of_any_length_ends_an_endless_flow) {
  run([](stream& near, stream& far) {
    wait_group writer;
    writer.go([&far] { EXPECT_TRUE(write_until_error(far)); });
    for (const std::chrono::nanoseconds length :
         {std::chrono::nanoseconds(1), std::chrono::nanoseconds(1us), std::chrono::nanoseconds(100us),
          std::chrono::nanoseconds(1ms), std::chrono::nanoseconds(10ms), std::chrono::nanoseconds(30ms)}) {
      const auto deadline = clock::now() + length;
      ASSERT_TRUE(near.set_read_deadline(deadline));
      std::array<std::byte, 65536> buffer;
      result<std::size_t> count;
      do {
        count = near.read(buffer);
      } while (count);
      EXPECT_EQ(count.error(), errc::deadline_exceeded);
      EXPECT_GE(clock::now(), deadline);
      ASSERT_TRUE(near.set_read_deadline(never));
      EXPECT_EQ(read_text(near, 1), "x");
    }
    ASSERT_TRUE(near.close());
    writer.wait();
  });
}

TEST_P(a_stream_deadline, that_is_prolonged_again_and_again_is_never_reached) {
  run([](stream& near, stream& far) {
    ASSERT_TRUE(near.set_deadline(patience));
    joined others;
    others.go([&far] { echo(far); });
    others.go([&near] {
      for (int i = 0; i < 200; ++i) {
        EXPECT_TRUE(near.set_deadline(patience + std::chrono::milliseconds(i)));
        leat::yield();
      }
    });
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(near.write("word"));
      ASSERT_EQ(read_exactly(near, 4), "word");
    }
    ASSERT_TRUE(near.close_write());
  });
}

TEST_P(a_stream_deadline, may_be_set_by_many_at_once) {
  run([](stream& near, stream& far) {
    wait_group setters;
    for (int setter = 0; setter < 8; ++setter) {
      setters.go([&] {
        for (int i = 0; i < 200; ++i) {
          EXPECT_TRUE(near.set_read_deadline(patience));
          EXPECT_TRUE(near.set_write_deadline(0s));
          EXPECT_TRUE(far.set_deadline(never));
          if (i % 16 == 0) leat::yield();
        }
      });
    }
    setters.wait();
    ASSERT_TRUE(far.write("x"));
    EXPECT_EQ(read_text(near), "x");
    EXPECT_EQ(near.write("x").error(), errc::deadline_exceeded);
  });
}

TEST_P(a_stream_deadline, that_has_passed_for_a_waiting_reader_can_be_lifted_for_the_next) {
  run([](stream& near, stream& far) {
    for (int round = 0; round < 50; ++round) {
      wait_group readers;
      readers.go([&near] { EXPECT_EQ(read_error(near), errc::deadline_exceeded); });
      await_parked(1);
      ASSERT_TRUE(near.set_read_deadline(0s));
      readers.wait();
      ASSERT_TRUE(near.set_read_deadline(never));
      ASSERT_TRUE(far.write("x"));
      ASSERT_EQ(read_text(near), "x");
    }
  });
}

// Each on a stream of its own: one that has given up in the middle of a write need not write again.
TEST_P(a_stream_deadline, of_any_length_ends_a_read_and_a_write_then_and_not_long_after) {
  for (const std::chrono::nanoseconds length :
       {std::chrono::nanoseconds(1), std::chrono::nanoseconds(10us), std::chrono::nanoseconds(1ms),
        std::chrono::nanoseconds(5ms), std::chrono::nanoseconds(20ms)}) {
    run([length](stream& near, stream&) {
      const auto begin = clock::now();
      ASSERT_TRUE(near.set_deadline(begin + length));
      EXPECT_EQ(read_error(near), errc::deadline_exceeded);
      EXPECT_GE(clock::now() - begin, length);
      const auto middle = clock::now();
      ASSERT_TRUE(near.set_write_deadline(middle + length));
      EXPECT_EQ(write_until_error(near), errc::deadline_exceeded);
      EXPECT_GE(clock::now() - middle, length);
      EXPECT_LT(clock::now() - begin, 2 * length + patience);
    });
  }
}

}  // namespace
}  // namespace leat::net
