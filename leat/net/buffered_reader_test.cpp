#include <gtest/gtest.h>

#include <array>
#include <string>

#include <leat/net/buffered_reader.hpp>
#include <leat/net/scripted_stream_test.hpp>

namespace leat::net {
namespace {

using namespace std::string_literals;
using step = scripted_stream::step;

constexpr std::size_t ample = 1000;

template <typename Value>
std::error_code error_of(const result<Value>& what) {
  return what ? std::error_code() : what.error();
}

std::string rest_of(const buffered_reader& from) {
  return std::string(as_text(from.buffered()));
}

// Reads lines until an error, which must be the end of the stream.
std::vector<std::string> lines_of(buffered_reader& from, std::size_t limit = ample) {
  std::vector<std::string> lines;
  for (;;) {
    const auto line = from.read_line(limit);
    if (!line) {
      EXPECT_EQ(line.error(), errc::end_of_stream);
      return lines;
    }
    lines.emplace_back(*line);
  }
}

TEST(reading_lines, gives_the_same_lines_however_the_stream_cuts_them) {
  const auto text = "one\ntwo\r\n\n\r\nfive \r six\r\r\n\0seven\n"s;
  const std::vector<std::string> wanted{"one", "two", "", "", "five \r six\r", "\0seven"s};
  for (std::size_t size = 1; size <= text.size(); ++size)
    for (const std::size_t buffer_bytes : {0, 1, 5, 4096}) {
      scripted_stream stream(scripted_stream::cut(text, size));
      buffered_reader from(stream, buffer_bytes);
      EXPECT_EQ(lines_of(from), wanted) << size << " bytes at once, buffer of " << buffer_bytes;
    }
}

TEST(reading_lines, asks_the_stream_once_for_all_that_came_at_once_and_copies_nothing) {
  scripted_stream stream({step("one\ntwo\n")});
  buffered_reader from(stream);
  const auto one = from.read_line(ample);
  ASSERT_TRUE(one);
  const char* begin = one->data();
  const auto two = from.read_line(ample);
  ASSERT_TRUE(two);
  EXPECT_EQ(two->data(), begin + 4);
  EXPECT_EQ(stream.reads, 1);
}

TEST(reading_lines, counts_the_limit_without_the_line_end) {
  for (const char* end : {"\n", "\r\n"})
    for (std::size_t size : {9, 10, 11})
      for (std::size_t piece : {1, 3, 100}) {
        scripted_stream stream(scripted_stream::cut(std::string(size, 'x') + end, piece));
        buffered_reader from(stream, 4);
        const auto line = from.read_line(10);
        EXPECT_EQ(line.has_value(), size <= 10) << size;
        if (line) {
          EXPECT_EQ(line->size(), size);
        } else {
          EXPECT_EQ(line.error(), errc::too_long);
        }
      }
}

TEST(reading_lines, reports_a_line_as_too_long_as_soon_as_that_is_certain) {
  scripted_stream stream({step("xxxxx\r"), step("x"), step("never asked for\n")});
  buffered_reader from(stream);
  EXPECT_EQ(error_of(from.read_line(5)), errc::too_long);
  EXPECT_EQ(stream.reads, 2);  // after the CR it could still have ended in time
}

TEST(reading_lines, leaves_a_too_long_line_to_be_skipped) {
  scripted_stream stream(scripted_stream::cut("this is too long\nshort\n", 3));
  buffered_reader from(stream);
  EXPECT_EQ(error_of(from.read_line(8)), errc::too_long);
  EXPECT_TRUE(rest_of(from).starts_with("this is"));
  ASSERT_TRUE(from.skip_line());
  EXPECT_EQ(lines_of(from, 8), std::vector<std::string>{"short"});
}

TEST(reading_lines, leaves_a_too_long_line_to_be_read_with_a_greater_limit) {
  scripted_stream stream(scripted_stream::cut("this is too long\nshort\n", 3));
  buffered_reader from(stream);
  EXPECT_EQ(error_of(from.read_line(8)), errc::too_long);
  EXPECT_EQ(from.read_line(16).value(), "this is too long");
}

TEST(reading_lines, leaves_a_last_line_without_an_end_in_the_buffer) {
  scripted_stream stream({step("whole\nhal"), step("f")});
  buffered_reader from(stream);
  ASSERT_TRUE(from.read_line(ample));
  EXPECT_EQ(error_of(from.read_line(ample)), errc::unexpected_end);
  EXPECT_EQ(rest_of(from), "half");
  EXPECT_EQ(error_of(from.read_line(ample)), errc::unexpected_end);
  from.consume(ample);
  EXPECT_EQ(error_of(from.read_line(ample)), errc::end_of_stream);
}

TEST(reading_lines, goes_on_after_an_error_of_the_stream_where_it_was) {
  scripted_stream stream({step("hel"), step(make_error_code(errc::deadline_exceeded)), step("lo\n")});
  buffered_reader from(stream);
  EXPECT_EQ(error_of(from.read_line(ample)), errc::deadline_exceeded);
  EXPECT_EQ(rest_of(from), "hel");
  EXPECT_EQ(from.read_line(ample).value(), "hello");
}

TEST(reading_lines, takes_any_limit) {
  scripted_stream stream(scripted_stream::cut("a\nb\n\n", 1));
  buffered_reader from(stream);
  EXPECT_EQ(from.read_line(SIZE_MAX).value(), "a");
  EXPECT_EQ(from.read_line(SIZE_MAX - 1).value(), "b");
  EXPECT_EQ(from.read_line(0).value(), "");
}

TEST(reading_until, takes_the_first_place_where_the_marker_can_be) {
  const auto text = "hello##a###b##\0\n##"s;
  for (std::size_t size = 1; size <= text.size(); ++size) {
    scripted_stream stream(scripted_stream::cut(text, size));
    buffered_reader from(stream, 1);
    for (const auto& wanted : {"hello"s, "a"s, "#b"s, "\0\n"s})
      EXPECT_EQ(from.read_until("##", ample).value(), wanted);
    EXPECT_EQ(error_of(from.read_until("##", ample)), errc::end_of_stream);
  }
}

TEST(reading_until, counts_the_limit_without_the_marker) {
  for (std::size_t size : {9, 10, 11})
    for (std::size_t piece : {1, 3, 100}) {
      scripted_stream stream(scripted_stream::cut(std::string(size, 'x') + "<end>", piece));
      buffered_reader from(stream, 4);
      const auto found = from.read_until("<end>", 10);
      EXPECT_EQ(error_of(found), size <= 10 ? std::error_code() : errc::too_long) << size;
    }
}

TEST(reading_until, refuses_an_empty_marker) {
  scripted_stream stream;
  buffered_reader from(stream);
  EXPECT_THROW((void)from.read_until("", ample), std::invalid_argument);
  EXPECT_THROW((void)from.skip_until(""), std::invalid_argument);
}

TEST(reading_exactly, returns_a_view_of_so_many_bytes) {
  scripted_stream stream(scripted_stream::cut("0123456789", 3));
  buffered_reader from(stream, 4);
  EXPECT_EQ(as_text(from.read_exactly(0).value()), "");
  EXPECT_EQ(as_text(from.read_exactly(1).value()), "0");
  EXPECT_EQ(as_text(from.read_exactly(8).value()), "12345678");
  EXPECT_EQ(error_of(from.read_exactly(2)), errc::unexpected_end);
  EXPECT_EQ(rest_of(from), "9");
  EXPECT_EQ(as_text(from.read_exactly(1).value()), "9");
  EXPECT_EQ(error_of(from.read_exactly(1)), errc::end_of_stream);
  EXPECT_TRUE(from.read_exactly(0));
}

TEST(reading_exactly, sets_no_memory_aside_for_what_has_not_come) {
  scripted_stream stream(scripted_stream::cut(std::string(10000, 'x'), 100));
  buffered_reader from(stream, 64);
  EXPECT_EQ(error_of(from.read_exactly(std::size_t{1} << 50)), errc::unexpected_end);
  EXPECT_EQ(from.buffered().size(), 10000u);
  EXPECT_LE(stream.largest_read, 10000u);
}

TEST(reading_exactly, fills_memory_of_the_caller_past_the_buffer) {
  scripted_stream stream({step("head"), step("body of twenty bytes")});
  buffered_reader from(stream, 16);
  ASSERT_TRUE(from.peek(4));
  std::array<std::byte, 24> into;
  ASSERT_TRUE(from.read_exactly(into));
  EXPECT_EQ(as_text(into), "headbody of twenty bytes");
  EXPECT_EQ(stream.largest_read, 20u);
}

TEST(reading_exactly, tells_an_end_before_the_first_byte_from_a_later_one) {
  scripted_stream stream({step("abc")});
  buffered_reader from(stream);
  std::array<std::byte, 4> into;
  EXPECT_EQ(error_of(from.read_exactly(std::span(into))), errc::unexpected_end);
  EXPECT_EQ(error_of(from.read_exactly(std::span(into))), errc::end_of_stream);
  EXPECT_TRUE(from.read_exactly(std::span(into).first(0)));
}

TEST(peeking, leaves_the_bytes_to_be_read) {
  scripted_stream stream(scripted_stream::cut("abcdef", 1));
  buffered_reader from(stream, 2);
  EXPECT_EQ(as_text(from.peek(3).value()), "abc");
  EXPECT_EQ(as_text(from.peek(2).value()), "ab");
  EXPECT_EQ(as_text(from.read_exactly(3).value()), "abc");
  EXPECT_EQ(error_of(from.peek(4)), errc::unexpected_end);
  EXPECT_EQ(as_text(from.peek(3).value()), "def");
}

TEST(plain_reading, returns_what_is_buffered_first_and_then_goes_past_the_buffer) {
  scripted_stream stream({step("line\nrest"), step(std::string(100, 'x'))});
  buffered_reader from(stream, 16);
  ASSERT_TRUE(from.read_line(ample));
  std::array<std::byte, 64> into;
  EXPECT_EQ(from.read(std::span(into).first(0)).value(), 0u);
  EXPECT_EQ(from.read(std::span(into).first(3)).value(), 3u);
  EXPECT_EQ(from.read(into).value(), 1u);
  EXPECT_EQ(stream.reads, 1);
  EXPECT_EQ(from.read(into).value(), 64u);  // straight into `into`
  EXPECT_EQ(stream.largest_read, 64u);
  EXPECT_EQ(from.read(std::span(into).first(5)).value(), 5u);  // through the buffer
  EXPECT_EQ(from.buffered().size(), 11u);
}

TEST(plain_reading, returns_0_at_the_end_and_errors_as_they_are) {
  const std::error_code reset(ECONNRESET, std::system_category());
  scripted_stream stream({step("a"), step(reset)});
  buffered_reader from(stream);
  std::array<std::byte, 1> small;
  EXPECT_EQ(from.read(small).value(), 1u);
  EXPECT_EQ(error_of(from.read(small)), reset);
  EXPECT_EQ(from.read(small).value(), 0u);
}

TEST(skipping, drops_so_many_bytes_in_no_more_memory_than_the_buffer) {
  scripted_stream stream(scripted_stream::cut(std::string(5000, 'x') + "end", 700));
  buffered_reader from(stream, 64);
  ASSERT_TRUE(from.skip(0));
  EXPECT_EQ(stream.reads, 0);
  ASSERT_TRUE(from.skip(5000));
  EXPECT_EQ(as_text(from.read_exactly(3).value()), "end");
  EXPECT_LE(stream.largest_read, 64u);
  EXPECT_EQ(error_of(from.skip(std::uint64_t{1} << 63)), errc::unexpected_end);
}

TEST(skipping, finds_a_marker_however_it_is_cut) {
  const std::string text = std::string(50, '<') + "<en<end>rest";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    scripted_stream stream(scripted_stream::cut(text, size));
    buffered_reader from(stream, 1);
    ASSERT_TRUE(from.skip_until("<end>"));
    EXPECT_LE(stream.largest_read, 5u);
    EXPECT_EQ(as_text(from.read_exactly(4).value()), "rest");
  }
}

TEST(skipping, goes_on_after_an_error_and_leaves_nothing_at_the_end) {
  scripted_stream stream({step("x<e"), step(make_error_code(errc::deadline_exceeded)), step("nd>y<end")});
  buffered_reader from(stream);
  EXPECT_EQ(error_of(from.skip_until("<end>")), errc::deadline_exceeded);
  ASSERT_TRUE(from.skip_until("<end>"));
  EXPECT_EQ(error_of(from.skip_until("<end>")), errc::unexpected_end);
  EXPECT_TRUE(from.buffered().empty());
}

TEST(waiting, asks_the_stream_only_when_nothing_is_buffered) {
  scripted_stream stream({step("a\nb"), step("\n")});
  buffered_reader from(stream);
  ASSERT_TRUE(from.wait_readable());
  EXPECT_EQ(stream.waits, 1);
  ASSERT_TRUE(from.read_line(ample));
  ASSERT_TRUE(from.wait_readable());
  EXPECT_EQ(stream.waits, 1);
  EXPECT_EQ(from.read_line(ample).value(), "b");
  ASSERT_TRUE(from.wait_readable());
  EXPECT_EQ(stream.waits, 2);
  EXPECT_EQ(error_of(from.read_line(ample)), errc::end_of_stream);
}

TEST(reading_more, stops_at_its_limit) {
  scripted_stream stream(scripted_stream::cut("abcdef", 3));
  buffered_reader from(stream, 4);
  EXPECT_EQ(from.read_more(4).value(), 3u);
  EXPECT_EQ(from.read_more(4).value(), 1u);
  EXPECT_EQ(error_of(from.read_more(4)), errc::too_long);
  EXPECT_EQ(error_of(from.read_more(0)), errc::too_long);
  EXPECT_EQ(rest_of(from), "abcd");
  from.consume(2);
  EXPECT_EQ(rest_of(from), "cd");
}

TEST(a_moved_reader, takes_along_what_is_buffered) {
  scripted_stream stream({step("a\nb\n"), step("c\n")});
  buffered_reader before(stream);
  ASSERT_TRUE(before.read_line(ample));
  buffered_reader after(std::move(before));
  EXPECT_EQ(after.read_line(ample).value(), "b");
  EXPECT_TRUE(before.buffered().empty());           // NOLINT(bugprone-use-after-move): as documented
  EXPECT_EQ(before.read_line(ample).value(), "c");  // NOLINT(bugprone-use-after-move)
  scripted_stream other({step("other\n")});
  after = buffered_reader(other);
  EXPECT_EQ(after.read_line(ample).value(), "other");
}

// Random calls on a stream that is cut at random, against the same text in one string.
TEST(any_mix_of_calls, reads_each_byte_once_and_in_order) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::string text;
    for (int i = 0; i < 3000; ++i)
      text += "ab#\n\r"[random() % 5];
    scripted_stream stream(scripted_stream::cut_at_random(text, 1 + random() % 300, seed));
    buffered_reader from(stream, 1 + random() % 100);
    std::string_view left = text;
    std::string into(200, '\0');
    while (left.size() > 300) {
      const std::size_t count = random() % 150;
      switch (random() % 6) {
        case 0: {
          const std::size_t at = left.find('\n');
          const std::size_t end = at > 0 && left[at - 1] == '\r' ? at - 1 : at;
          ASSERT_EQ(from.read_line(ample).value(), left.substr(0, end));
          left.remove_prefix(at + 1);
          break;
        }
        case 1: {
          const std::size_t at = left.find("#a");
          if (at == std::string_view::npos) break;
          ASSERT_EQ(from.read_until("#a", ample).value(), left.substr(0, at));
          left.remove_prefix(at + 2);
          break;
        }
        case 2:
          ASSERT_EQ(as_text(from.read_exactly(count).value()), left.substr(0, count));
          left.remove_prefix(count);
          break;
        case 3:
          ASSERT_EQ(as_text(from.peek(count).value()), left.substr(0, count));
          break;
        case 4: {
          const auto got = from.read(std::as_writable_bytes(std::span(into).first(count)));
          ASSERT_EQ(into.substr(0, got.value()), left.substr(0, *got));
          left.remove_prefix(*got);
          break;
        }
        default:
          ASSERT_TRUE(from.skip(count));
          left.remove_prefix(count);
      }
    }
    ASSERT_EQ(as_text(from.read_exactly(left.size()).value()), left);
    ASSERT_EQ(error_of(from.read_line(ample)), errc::end_of_stream);
  }
}

}  // namespace
}  // namespace leat::net
