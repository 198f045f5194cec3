#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

#include <leat/net/net_test.hpp>
#include <leat/net/pipe.hpp>
#include <leat/testing/gtest.hpp>
#include <leat/testing/testing.hpp>
#include <leat/time.hpp>

// What all streams have in common is in contract_test.cpp.

namespace leat::net {
namespace {

using leat::testing::bubble;
using leat::testing::explore;

TEST(a_pipe, holds_what_its_buffer_takes_and_then_makes_the_writer_wait) {
  bubble([] {
    auto [near, far] = pipe({.buffer_bytes = 8});
    ASSERT_TRUE(near.write("12345678"));
    ASSERT_TRUE(near.set_write_deadline(1s));
    EXPECT_EQ(near.write("9").error(), errc::deadline_exceeded);
    EXPECT_EQ(read_text(far), "12345678");
  });
}

TEST(a_pipe, goes_on_with_a_write_as_soon_as_the_rest_of_it_fits) {
  bubble([] {
    auto [near, far] = pipe({.buffer_bytes = 8});
    ASSERT_TRUE(near.write("12345678"));
    wait_group writer;
    writer.go([&end = near] { EXPECT_TRUE(end.write("9")); });
    leat::testing::wait();
    EXPECT_EQ(read_text(far, 1), "1");
    writer.wait();
    EXPECT_EQ(read_text(far), "23456789");
  });
}

TEST(a_pipe, follows_the_virtual_clock) {
  bubble([] {
    auto [near, far] = pipe();
    const auto begin = leat::clock::now();
    ASSERT_TRUE(near.set_read_deadline(std::chrono::hours(1)));
    wait_group mover;
    mover.go([&end = near] {
      leat::sleep_for(std::chrono::minutes(59));
      EXPECT_TRUE(end.set_read_deadline(std::chrono::minutes(2)));
    });
    std::array<std::byte, 1> buffer;
    EXPECT_EQ(near.read(buffer).error(), errc::deadline_exceeded);
    EXPECT_EQ(leat::clock::now() - begin, std::chrono::minutes(61));
    mover.wait();
  });
}

TEST(a_pipe, gives_every_byte_to_one_reader_whatever_the_schedule) {
  explore(2000, [] {
    auto [near, far] = pipe({.buffer_bytes = 3});
    std::array<std::string, 2> seen;
    wait_group readers;
    for (std::string& all : seen)
      readers.go([&all, &end = far] { all = read_all(end); });
    EXPECT_TRUE(near.write("abcdefg"));
    EXPECT_TRUE(near.close_write());
    readers.wait();
    std::string together = seen[0] + seen[1];
    std::ranges::sort(together);
    EXPECT_EQ(together, "abcdefg");
  });
}

TEST(a_pipe, keeps_writes_whole_whatever_the_schedule) {
  explore(2000, [] {
    auto [near, far] = pipe({.buffer_bytes = 3});
    wait_group writers;
    for (const std::string_view word : {"aaaa", "bbbb", "cccc"})
      writers.go([&end = near, word] { EXPECT_TRUE(end.write(word)); });
    for (int i = 0; i < 3; ++i) {
      const std::string word = read_exactly(far, 4);
      EXPECT_EQ(word, std::string(4, word.front()));
    }
    writers.wait();
  });
}

TEST(a_pipe, wakes_everybody_when_closed_whatever_the_schedule) {
  explore(2000, [] {
    auto [near, far] = pipe({.buffer_bytes = 2});
    wait_group all;
    for (int i = 0; i < 2; ++i) {
      all.go([&end = near] {
        if (const auto written = end.write("too much for it"); !written) {
          EXPECT_EQ(written.error(), errc::closed);
        }
      });
      all.go([&end = near] {
        std::array<std::byte, 1> buffer;
        EXPECT_EQ(end.read(buffer).error(), errc::closed);
      });
    }
    all.go([&end = far] {
      std::array<std::byte, 4> buffer;
      while (end.read(buffer).value() > 0)
        continue;
      EXPECT_EQ(end.write("x").error(), std::errc::broken_pipe);
    });
    leat::testing::interleave_here();
    EXPECT_TRUE(near.close());
    all.wait();
  });
}

TEST(a_pipe, whose_end_goes_away_wakes_those_who_wait_in_it) {
  leat::run([] {
    auto ends = pipe();
    auto near = std::make_unique<pipe_end>(std::move(ends.near));
    wait_group readers;
    for (int i = 0; i < 3; ++i) {
      readers.go([end = near.get()] {
        std::array<std::byte, 1> buffer;
        EXPECT_EQ(end->read(buffer).error(), errc::closed);
      });
    }
    await_parked(3);
    near.reset();
    readers.wait();
    EXPECT_EQ(read_text(ends.far), "");
  });
}

TEST(a_pipe, works_from_threads_that_the_runtime_does_not_own) {
  auto [near, far] = pipe();
  ASSERT_TRUE(near.write("x"));
  EXPECT_EQ(read_text(far), "x");
  ASSERT_TRUE(far.set_read_deadline(1ms));
  std::array<std::byte, 1> buffer;
  EXPECT_EQ(far.read(buffer).error(), errc::deadline_exceeded);
}

TEST(a_pipe, needs_room_for_a_byte) {
  EXPECT_THROW(pipe({.buffer_bytes = 0}), std::invalid_argument);
  auto [near, far] = pipe({.buffer_bytes = 1});
  ASSERT_TRUE(near.write("x"));
  EXPECT_EQ(read_text(far), "x");
}

TEST(an_end_of_a_pipe, that_never_was_behaves_as_a_closed_one) {
  pipe_end none;
  std::array<std::byte, 1> buffer;
  const std::array parts{bytes_of("x")};
  EXPECT_EQ(none.read(buffer).error(), errc::closed);
  EXPECT_EQ(none.read({}).error(), errc::closed);
  EXPECT_EQ(none.wait_readable().error(), errc::closed);
  EXPECT_EQ(none.write("x").error(), errc::closed);
  EXPECT_EQ(none.write("").error(), errc::closed);
  EXPECT_EQ(none.writev(parts).error(), errc::closed);
  EXPECT_EQ(none.close_read().error(), errc::closed);
  EXPECT_EQ(none.close_write().error(), errc::closed);
  EXPECT_EQ(none.close().error(), errc::closed);
  EXPECT_EQ(none.set_deadline(never).error(), errc::closed);
}

TEST(an_end_of_a_pipe, that_was_moved_goes_on_in_its_new_place) {
  leat::run([] {
    auto [near, far] = pipe();
    pipe_end moved = std::move(near);
    EXPECT_EQ(near.write("x").error(), errc::closed);  // NOLINT(bugprone-use-after-move): promised
    ASSERT_TRUE(moved.write("moved"));
    EXPECT_EQ(read_text(far), "moved");
    moved = pipe_end();  // closes
    EXPECT_EQ(read_text(far), "");
  });
}

}  // namespace
}  // namespace leat::net
