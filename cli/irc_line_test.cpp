#include <gtest/gtest.h>

#include <cli/irc_line.hpp>

namespace cli {
namespace {

using texts = std::vector<std::string>;

TEST(irc_line, a_line_is_taken_apart) {
  const auto line =
      parse_irc_line("@time=2026-11-21T10:14:00.000Z;batch=7 :ada!a@host PRIVMSG #dev :hello  there :)");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->tag("time"), "2026-11-21T10:14:00.000Z");
  EXPECT_EQ(line->tag("batch"), "7");
  EXPECT_EQ(line->tag("label"), "");
  EXPECT_EQ(line->nick(), "ada");
  EXPECT_EQ(line->verb, "PRIVMSG");
  EXPECT_EQ(line->parameters, (texts{"#dev", "hello  there :)"}));
}

TEST(irc_line, numerics_have_numbers_and_verbs_have_none) {
  EXPECT_EQ(parse_irc_line(":leat 366 ada #dev :End")->numeric(), 366);
  EXPECT_EQ(parse_irc_line("PING x")->numeric(), 0);
}

TEST(irc_line, the_shortest_and_the_broken_are_no_trouble) {
  EXPECT_FALSE(parse_irc_line(""));
  EXPECT_FALSE(parse_irc_line("@a=b"));
  EXPECT_FALSE(parse_irc_line(":only.a.source"));
  EXPECT_EQ(parse_irc_line("PING :")->parameters, (texts{""}));
  EXPECT_EQ(parse_irc_line("@=x;;y PING")->tags.size(), 1U);
  EXPECT_EQ((*parse_irc_line("PING"))[5], "");
}

TEST(irc_line, tag_values_are_unescaped) {
  EXPECT_EQ(parse_irc_line("@k=a\\sb\\:c\\\\d\\ PING")->tag("k"), "a b;c\\d");
}

TEST(irc_line, formatting_codes_vanish_and_escapes_do_not_pass) {
  EXPECT_EQ(plain_text("\x02"
                       "bold\x02 \x03"
                       "04,12red\x03 \x1b[31m"),
            "bold red \uFFFD[31m");
  EXPECT_EQ(plain_text("\x03"
                       "1234"),
            "34");
  EXPECT_EQ(plain_text("\x03"
                       "4,x"),
            ",x");
}

TEST(irc_line, long_texts_are_split_between_words) {
  EXPECT_EQ(split_text("one two three", 8), (texts{"one two", "three"}));
  EXPECT_EQ(split_text("short", 8), (texts{"short"}));
  EXPECT_EQ(split_text("", 8), (texts{""}));
}

TEST(irc_line, long_words_are_split_between_characters) {
  EXPECT_EQ(split_text("äöüß", 5), (texts{"äö", "üß"}));
  for (const std::string& piece : split_text(std::string(100, 'x'), 8))
    EXPECT_LE(piece.size(), 8U);
}

}  // namespace
}  // namespace cli
