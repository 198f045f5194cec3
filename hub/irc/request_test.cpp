#include <gtest/gtest.h>

#include <hub/irc/request.hpp>

namespace hub::irc {
namespace {

TEST(request, verb_and_parameters_are_taken_apart) {
  const auto asked = parse_request("PRIVMSG #mill :hello there");
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->verb, "PRIVMSG");
  ASSERT_EQ(asked->count, 2U);
  EXPECT_EQ((*asked)[0], "#mill");
  EXPECT_EQ((*asked)[1], "hello there");
  EXPECT_EQ((*asked)[2], "");
}

TEST(request, tags_source_and_extra_spaces_are_passed_over) {
  const auto asked = parse_request("  @a=b;c :nick!u@h   MODE  #a   +b  ");
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->verb, "MODE");
  ASSERT_EQ(asked->count, 2U);
  EXPECT_EQ((*asked)[1], "+b");
}

TEST(request, a_last_parameter_may_be_empty_or_start_with_a_colon) {
  EXPECT_EQ(parse_request("TOPIC #a :")->count, 2U);
  EXPECT_EQ((*parse_request("TOPIC #a ::)"))[1], ":)");
  EXPECT_EQ((*parse_request("TOPIC #a a:b"))[1], "a:b");
}

TEST(request, the_fifteenth_parameter_takes_the_rest) {
  const auto asked = parse_request("X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 :17");
  ASSERT_EQ(asked->count, most_parameters);
  EXPECT_EQ((*asked)[14], "15 16 :17");
}

TEST(request, lines_without_a_verb_are_nothing) {
  for (const std::string_view line : {"", "   ", "@", "@a=b", "@a=b ", ":only.a.source", ":s  ", "@ :s "})
    EXPECT_FALSE(parse_request(line)) << line;
}

TEST(request, list_items_come_one_by_one) {
  std::string_view list = "#a,,#b,";
  EXPECT_EQ(next_item(list), "#a");
  EXPECT_EQ(next_item(list), "");
  EXPECT_EQ(next_item(list), "#b");
  EXPECT_EQ(next_item(list), "");
  EXPECT_EQ(list, "");
}

}  // namespace
}  // namespace hub::irc
