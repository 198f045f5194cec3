// Frames over real connections, by many goroutines at once.
#include <atomic>
#include <cstring>
#include <vector>

#include <leat/net/framing.hpp>
#include <leat/net/net_test.hpp>

namespace leat::net {
namespace {

constexpr unsigned writers = 8;
constexpr unsigned frames_each = 200;

LEAT_TEST_ON_WORKERS(frames_over_a_connection);

TEST_P(frames_over_a_connection, of_many_writers_stay_whole_and_in_order) {
  run([] {
    auto [near, far] = connect_pair();
    joined others;
    const frame_writer to(near, framing::length_prefix<std::uint16_t>(6000));
    for (unsigned who = 0; who < writers; ++who)
      others.go([&to, who] {
        for (unsigned number = 0; number < frames_each; ++number) {
          std::string text(2 + (who * 31 + number * 7) % 5000, static_cast<char>('a' + who));
          text[0] = static_cast<char>(who);
          text[1] = static_cast<char>(number);
          ASSERT_TRUE(to.write(text));
        }
      });
    std::vector<unsigned> next(writers);
    frame_reader from(far, framing::length_prefix<std::uint16_t>(6000));
    for (unsigned count = 0; count < writers * frames_each; ++count) {
      const auto frame = from.next();
      ASSERT_TRUE(frame);
      const std::string_view text = as_text(*frame);
      const auto who = static_cast<unsigned char>(text[0]);
      ASSERT_LT(who, writers);
      ASSERT_EQ(static_cast<unsigned char>(text[1]), next[who]++);
      ASSERT_EQ(text.size(), 2 + (who * 31 + (next[who] - 1) * 7) % 5000);
      ASSERT_EQ(text.find_first_not_of(static_cast<char>('a' + who), 2), std::string_view::npos);
    }
  });
}

TEST_P(frames_over_a_connection, end_with_the_stream_that_somebody_closes) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.write("half a li"));
    joined others;
    others.go([&far] {
      frame_reader from(far, framing::line(100));
      EXPECT_EQ(from.next().error(), errc::closed);
      EXPECT_EQ(from.next().error(), errc::closed);
    });
    await_parked(1);
    ASSERT_TRUE(far.close());
  });
}

TEST_P(frames_over_a_connection, wait_no_longer_than_the_deadline_and_can_go_on_after_it) {
  run([] {
    auto [near, far] = connect_pair();
    buffered_reader from(far);
    ASSERT_TRUE(near.write("he"));
    ASSERT_TRUE(from.peek(2));
    ASSERT_TRUE(far.set_read_deadline(-1ns));
    EXPECT_EQ(from.read_line(100).error(), errc::deadline_exceeded);
    ASSERT_TRUE(far.set_read_deadline(never));
    ASSERT_TRUE(near.write("llo\n"));
    EXPECT_EQ(from.read_line(100).value(), "hello");
  });
}

TEST_P(frames_over_a_connection, may_be_waited_for_without_a_buffer) {
  run([] {
    auto [near, far] = connect_pair();
    buffered_reader from(far);
    joined others;
    others.go([&near] { ASSERT_TRUE(near.write("one\ntwo\n")); });
    ASSERT_TRUE(from.wait_readable());
    EXPECT_EQ(from.read_line(100).value(), "one");
    ASSERT_TRUE(from.wait_readable());
    EXPECT_EQ(from.read_line(100).value(), "two");
    ASSERT_TRUE(near.close_write());
    ASSERT_TRUE(from.wait_readable());
    EXPECT_EQ(from.read_line(100).error(), errc::end_of_stream);
  });
}

}  // namespace
}  // namespace leat::net
