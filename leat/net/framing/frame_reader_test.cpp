#include <array>
#include <set>

#include <leat/net/framing/cut_test.hpp>
#include <leat/net/net_test.hpp>

namespace leat::net {
namespace {

using step = scripted_stream::step;

TEST(a_frame_reader, skips_a_too_long_frame_without_keeping_it) {
  constexpr std::size_t buffer_bytes = 64;
  scripted_stream stream(scripted_stream::cut(std::string(100000, 'x') + "\nshort\n", 1000));
  frame_reader from(stream, framing::line{10}, buffer_bytes);
  EXPECT_EQ(from.next().error(), errc::too_long);
  EXPECT_EQ(stream.reads, 1) << "as soon as it is certain";
  EXPECT_EQ(from.next().value(), "short");
  EXPECT_LE(stream.largest_read, buffer_bytes);
}

TEST(a_frame_reader, skips_a_too_long_payload_without_keeping_it) {
  constexpr std::size_t buffer_bytes = 64;
  const framing::text_header how{10};
  scripted_stream stream(scripted_stream::cut("Y 100000 " + std::string(100000, 'x') + "Z 2 ok", 1000));
  frame_reader from(stream, how, buffer_bytes);
  EXPECT_EQ(from.next().error(), errc::too_long);
  EXPECT_EQ(from.next().value().type, "Z");
  EXPECT_LE(stream.largest_read, buffer_bytes);
}

TEST(a_frame_reader, sets_no_memory_aside_for_what_was_only_promised) {
  const framing::length_prefix<std::uint64_t> how{SIZE_MAX};
  scripted_stream stream({step(std::string(8, '\x0F') + "little")});
  frame_reader from(stream, how);
  EXPECT_EQ(from.next().error(), errc::unexpected_end);
  EXPECT_LE(stream.largest_read, buffered_reader::default_buffer_bytes);
  EXPECT_EQ(from.buffer().buffered().size(), 14u);
}

TEST(a_frame_reader, says_the_same_again_at_the_end_and_after_malformed_input) {
  scripted_stream ended({step("one\n")});
  frame_reader at_end(ended, framing::line{10});
  ASSERT_TRUE(at_end.next());
  EXPECT_TRUE(at_end.is_between_frames());
  EXPECT_EQ(at_end.next().error(), errc::end_of_stream);
  EXPECT_EQ(at_end.next().error(), errc::end_of_stream);

  scripted_stream cut_off({step("on")});
  frame_reader inside(cut_off, framing::line{10});
  EXPECT_EQ(inside.next().error(), errc::unexpected_end);
  EXPECT_EQ(inside.next().error(), errc::unexpected_end);
  EXPECT_FALSE(inside.is_between_frames());
  EXPECT_EQ(as_text(inside.buffer().buffered()), "on");

  scripted_stream wrong({step("\x80"), step(std::string(1, '\0') + "a")});
  frame_reader refused(wrong, framing::varint_prefix{10});
  EXPECT_EQ(refused.next().error(), errc::malformed);
  EXPECT_EQ(refused.next().error(), errc::malformed);
}

TEST(a_frame_reader, goes_on_after_an_error_of_the_stream_where_it_was) {
  const step late = make_error_code(errc::deadline_exceeded);
  scripted_stream stream(
      {step("he"), late, step("llo#"), late, step("#far too"), late, step(" long#"), late, step("#ok##")});
  frame_reader from(stream, framing::end_marker("##", 6));
  std::vector<std::string> found;
  for (;;) {
    const auto frame = from.next();
    if (!frame && frame.error() == errc::end_of_stream) break;
    found.push_back(frame ? std::string(*frame) : frame.error().message());
  }
  const std::string too_late = make_error_code(errc::deadline_exceeded).message();
  EXPECT_EQ(found, (std::vector<std::string>{too_late, too_late, "hello", framing::too_long, too_late,
                                             too_late, "ok"}));
}

TEST(a_frame_reader, hands_over_to_another_between_frames) {
  scripted_stream stream({step("binary please\n\3abc\3end...one line\n")});
  buffered_reader text(stream);
  ASSERT_EQ(text.read_line(100).value(), "binary please");
  frame_reader counted(std::move(text), framing::varint_prefix{100});
  EXPECT_EQ(as_text(counted.next().value()), "abc");
  EXPECT_EQ(as_text(counted.next().value()), "end");
  EXPECT_EQ(as_text(counted.buffer().read_exactly(3).value()), "...");
  frame_reader lines(std::move(counted.buffer()), framing::line{100});
  EXPECT_EQ(lines.next().value(), "one line");
}

TEST(a_frame_writer, sends_each_frame_in_one_write_and_refuses_before_it_sends) {
  scripted_stream stream;
  const frame_writer lines(stream, framing::line{5, framing::line_end::crlf});
  ASSERT_TRUE(lines.write("hello"));
  EXPECT_EQ(lines.write("hello!").error(), errc::too_long);
  EXPECT_EQ(lines.write("a\nb").error(), errc::malformed);
  const frame_writer bytes(stream, framing::length_prefix<std::uint16_t>{5});
  ASSERT_TRUE(bytes.write("abc"));
  const frame_writer texts(stream, framing::text_header{100});
  ASSERT_TRUE(texts.write({.type = "Y", .payload = as_bytes("hello")}));
  const std::string counted{"\0\3abc", 5};
  EXPECT_EQ(stream.written, (std::vector<std::string>{"hello\r\n", counted, "Y 5 hello"}));
  stream.write_error = make_error_code(errc::closed);
  EXPECT_EQ(bytes.write("abc").error(), errc::closed);
}

TEST(a_frame_writer, gathers_frames_in_a_buffered_writer) {
  scripted_stream stream;
  buffered_writer together(stream);
  const frame_writer to(together, framing::end_marker("##", 100));
  ASSERT_TRUE(to.write("one"));
  ASSERT_TRUE(to.write("two"));
  EXPECT_TRUE(stream.written.empty());
  ASSERT_TRUE(together.flush());
  EXPECT_EQ(stream.written, std::vector<std::string>{"one##two##"});
}

}  // namespace
}  // namespace leat::net
