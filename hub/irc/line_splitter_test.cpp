#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <hub/irc/line_splitter.hpp>

namespace hub::irc {
namespace {

using namespace std::string_literals;

struct seen {
  std::string text;
  line_fault fault;
  bool operator==(const seen&) const = default;
};

std::vector<seen> split(line_splitter& splitter, std::string_view bytes) {
  std::vector<seen> lines;
  splitter.feed(bytes, [&](std::string_view text, line_fault fault) {
    lines.push_back({std::string(text), fault});
    return true;
  });
  return lines;
}

std::vector<seen> split(std::string_view bytes) {
  line_splitter splitter;
  return split(splitter, bytes);
}

constexpr auto none = line_fault::none;

TEST(line_splitter, lines_end_in_lf_or_crlf_and_empty_ones_are_passed_over) {
  EXPECT_EQ(split("one\r\ntwo\n\r\n\nthree\r\n"),
            (std::vector<seen>{{"one", none}, {"two", none}, {"three", none}}));
}

TEST(line_splitter, the_cuts_of_the_network_do_not_matter) {
  const std::string bytes =
      "PRIVMSG #a :h\u00e9llo\r\n@t=1 PING x\n" + std::string(600, 'x') + "\r\nQUIT\r\n";
  const std::vector<seen> whole = split(bytes);
  ASSERT_EQ(whole.size(), 4U);
  for (std::size_t size = 1; size < 40; ++size) {
    line_splitter splitter;
    std::vector<seen> lines;
    for (std::size_t at = 0; at < bytes.size(); at += size)
      for (seen& one : split(splitter, std::string_view(bytes).substr(at, size)))
        lines.push_back(std::move(one));
    EXPECT_EQ(lines, whole) << size;
    EXPECT_EQ(splitter.kept_bytes(), 0U);
  }
}

TEST(line_splitter, the_longest_line_is_512_bytes_with_its_end) {
  EXPECT_EQ(split(std::string(510, 'x') + "\r\n")[0].fault, none);
  EXPECT_EQ(split(std::string(511, 'x') + "\n")[0].fault, none);
  EXPECT_EQ(split(std::string(511, 'x') + "\r\n")[0].fault, line_fault::too_long);
}

TEST(line_splitter, a_line_that_is_too_long_is_reported_once_before_its_end_comes) {
  line_splitter splitter;
  EXPECT_TRUE(split(splitter, std::string(511, 'x')).empty());
  EXPECT_EQ(split(splitter, "x"), (std::vector<seen>{{"", line_fault::too_long}}));
  for (int index = 0; index < 1000; ++index)
    EXPECT_TRUE(split(splitter, std::string(1000, 'x')).empty());
  EXPECT_EQ(splitter.kept_bytes(), 0U);
  EXPECT_EQ(split(splitter, "x\nPING a\n"), (std::vector<seen>{{"PING a", none}}));
}

TEST(line_splitter, tags_have_room_of_their_own) {
  const std::string tags = "@a=" + std::string(tags_limit_bytes - 4, 't') + " ";
  EXPECT_EQ(tags.size(), tags_limit_bytes);
  EXPECT_EQ(split(tags + std::string(510, 'x') + "\r\n")[0].fault, none);
  EXPECT_EQ(split(tags + std::string(511, 'x') + "\r\n")[0].fault, line_fault::too_long);
  EXPECT_EQ(split("@a=" + std::string(tags_limit_bytes - 3, 't') + " PING a\r\n")[0].fault,
            line_fault::too_long);
  line_splitter splitter;
  EXPECT_EQ(split(splitter, "@" + std::string(9000, 't')).size(), 1U);
  EXPECT_EQ(splitter.kept_bytes(), 0U);
}

TEST(line_splitter, nul_cr_and_broken_utf8_are_faults) {
  EXPECT_EQ(split("a\0b\n"s)[0].fault, line_fault::forbidden_byte);
  EXPECT_EQ(split("a\rb\n")[0].fault, line_fault::forbidden_byte);
  EXPECT_EQ(split("a\r\r\n")[0].fault, line_fault::forbidden_byte);
  EXPECT_EQ(split("a\xff\n")[0].fault, line_fault::not_utf8);
}

TEST(line_splitter, nothing_is_taken_after_the_taker_said_stop) {
  line_splitter splitter;
  int taken = 0;
  const auto stop = [&](std::string_view, line_fault) { return ++taken, false; };
  splitter.feed("one\ntwo\n", stop);
  splitter.feed("three\n", stop);
  EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace hub::irc
