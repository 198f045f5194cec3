#include <gtest/gtest.h>

#include <string>

#include <hub/chat/mask.hpp>

namespace hub::chat {
namespace {

TEST(mask, stars_and_question_marks_match_as_ever) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("b*b", "BoB"));
  EXPECT_TRUE(matches("b*b", "bb"));
  EXPECT_TRUE(matches("*!*@127.0.0.?", "bob!~b@127.0.0.1"));
  EXPECT_TRUE(matches("*a*b*c*", "xxaxxbxxbxxcxx"));
  EXPECT_FALSE(matches("b?b", "bb"));
  EXPECT_FALSE(matches("", "x"));
  EXPECT_FALSE(matches("a*b", "acbd"));
  EXPECT_TRUE(matches("", ""));
}

TEST(mask, a_hostile_mask_costs_no_more_than_mask_times_text) {
  std::string mask;
  for (int index = 0; index < 60; ++index)
    mask += "*a";
  EXPECT_FALSE(matches(mask + "b", std::string(500, 'a')));
}

TEST(mask, short_forms_are_written_out) {
  EXPECT_EQ(full_mask("bob", 64), "bob!*@*");
  EXPECT_EQ(full_mask("a@b", 64), "*!a@b");
  EXPECT_EQ(full_mask("a!b", 64), "a!b@*");
  EXPECT_EQ(full_mask("a!b@c", 64), "a!b@c");
  EXPECT_EQ(full_mask("***a**!*@*", 64), "*a*!*@*");
}

TEST(mask, texts_that_are_no_masks_are_refused) {
  EXPECT_FALSE(full_mask("", 64));
  EXPECT_FALSE(full_mask("a b", 64));
  EXPECT_FALSE(full_mask("\xff", 64));
  EXPECT_FALSE(full_mask("abcdef", 5));
}

}  // namespace
}  // namespace hub::chat
