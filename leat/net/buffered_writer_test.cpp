#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include <leat/net/buffered_writer.hpp>
#include <leat/net/scripted_stream_test.hpp>

namespace leat::net {
namespace {

using calls = std::vector<std::string>;

std::string joined(const calls& written) {
  return std::accumulate(written.begin(), written.end(), std::string());
}

TEST(a_buffered_writer, sends_small_writes_together_when_it_is_flushed) {
  scripted_stream stream;
  buffered_writer to(stream, 10);
  ASSERT_TRUE(to.write("one "));
  ASSERT_TRUE(to.write(""));
  ASSERT_TRUE(to.write("two "));
  EXPECT_EQ(to.buffered_bytes(), 8u);
  EXPECT_EQ(stream.written, calls{});
  ASSERT_TRUE(to.flush());
  EXPECT_EQ(stream.written, calls{"one two "});
  EXPECT_EQ(to.buffered_bytes(), 0u);
  ASSERT_TRUE(to.flush());
  EXPECT_EQ(stream.written.size(), 1u);
}

TEST(a_buffered_writer, sends_what_does_not_fit_together_with_what_it_holds) {
  scripted_stream stream;
  buffered_writer to(stream, 10);
  ASSERT_TRUE(to.write("12345"));
  ASSERT_TRUE(to.write("67890"));
  EXPECT_EQ(stream.written, calls{});
  ASSERT_TRUE(to.write("!"));
  EXPECT_EQ(stream.written, calls{"1234567890!"});
  const std::string large(1000, 'x');
  ASSERT_TRUE(to.write(large));
  EXPECT_EQ(stream.written.back(), large);
}

TEST(a_buffered_writer, may_have_no_buffer) {
  scripted_stream stream;
  buffered_writer to(stream, 0);
  ASSERT_TRUE(to.write(""));
  ASSERT_TRUE(to.write("a"));
  ASSERT_TRUE(to.write("b"));
  EXPECT_EQ(stream.written, (calls{"a", "b"}));
}

TEST(a_buffered_writer, gathers_parts_in_their_order_however_many) {
  for (const std::size_t capacity : {0, 7, 50, 1000}) {
    scripted_stream stream;
    buffered_writer to(stream, capacity);
    std::string wanted = "first";
    ASSERT_TRUE(to.write(wanted));
    std::vector<std::string> texts;
    for (int i = 0; i < 40; ++i)
      texts.emplace_back(std::to_string(i));
    std::vector<std::span<const std::byte>> parts;
    for (std::size_t count = 0; count <= texts.size(); ++count) {
      ASSERT_TRUE(to.writev(parts));
      for (const auto part : parts)
        wanted += as_text(part);
      if (count < texts.size()) parts.push_back(as_bytes(texts[count]));
    }
    ASSERT_TRUE(to.flush());
    EXPECT_EQ(joined(stream.written), wanted);
  }
}

TEST(a_buffered_writer, keeps_the_first_error_and_drops_what_it_held) {
  const std::error_code broken(EPIPE, std::system_category());
  scripted_stream stream;
  buffered_writer to(stream, 10);
  ASSERT_TRUE(to.write("lost"));
  stream.write_error = broken;
  EXPECT_EQ(to.flush().error(), broken);
  EXPECT_EQ(to.buffered_bytes(), 0u);
  EXPECT_EQ(to.write("more").error(), broken);
  EXPECT_EQ(to.flush().error(), broken);
  EXPECT_EQ(stream.written, calls{});
}

TEST(a_buffered_writer, sends_nothing_by_itself) {
  scripted_stream stream;
  {
    buffered_writer to(stream);
    ASSERT_TRUE(to.write("kept"));
  }
  EXPECT_EQ(stream.written, calls{});
}

TEST(a_buffered_writer, takes_along_what_it_holds_when_moved) {
  scripted_stream stream;
  buffered_writer before(stream, 10);
  ASSERT_TRUE(before.write("a"));
  buffered_writer after(std::move(before));
  ASSERT_TRUE(before.write("b"));  // NOLINT(bugprone-use-after-move): as documented
  ASSERT_TRUE(after.flush());
  ASSERT_TRUE(before.flush());
  EXPECT_EQ(stream.written, (calls{"a", "b"}));
  after = buffered_writer(stream, 0);
  ASSERT_TRUE(after.write("c"));
  EXPECT_EQ(stream.written.back(), "c");
}

}  // namespace
}  // namespace leat::net
