#include <gtest/gtest.h>

#include <string>

#include <hub/chat/text.hpp>

namespace hub::chat {
namespace {

using namespace std::string_view_literals;

TEST(text, only_valid_utf8_passes) {
  for (const std::string_view good : {""sv, "plain ascii, longer than a word"sv, "\u00e9"sv, "\u20ac"sv,
                                      "\U0001f600"sv, "\xf4\x8f\xbf\xbf"sv, "a\0b"sv})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const std::string_view bad : {"\xff"sv, "\xc0\x80"sv, "\xc3"sv, "\xe2\x82"sv, "\xed\xa0\x80"sv,
                                     "\xf4\x90\x80\x80"sv, "\x80"sv, "12345678\xfe"sv, "\xf0\x80\x80\x80"sv})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(text, cutting_never_splits_a_character) {
  EXPECT_EQ(cut("abc", 3), "abc");
  EXPECT_EQ(cut("abc", 2), "ab");
  EXPECT_EQ(cut("a\u20acb", 3), "a");
  EXPECT_EQ(cut("a\u20acb", 4), "a\u20ac");
  EXPECT_EQ(cut("\u20ac", 2), "");
}

TEST(text, case_folding_is_ascii_only) {
  EXPECT_TRUE(same_name("#Mill", "#mILL"));
  EXPECT_FALSE(same_name("[a]", "{a}"));
  EXPECT_FALSE(same_name("\u00c9", "\u00e9"));
  EXPECT_FALSE(same_name("a", "aa"));
  EXPECT_EQ(name_hash{}("#Mill"), name_hash{}("#mill"));
}

TEST(text, nicks_are_letters_of_any_script_digits_and_irc_marks) {
  for (const std::string_view good :
       {"a", "Al-ice9", "[x]{y}\\|`^_", "\u00c9mile", "\u0416\u0435\u043d\u044f", "\u65e5\u672c",
        "\u0e2a\u0e21\u0e0a\u0e32\u0e22"})
    EXPECT_TRUE(is_nick(good, 32)) << good;
  for (const std::string_view bad :
       {"", "9a", "-a", "a b", "a!b", "a@b", "a.b", "#a", "a,b", "a\u00a0b", "a\u200bb", "a\u202eb",
        "a\U0001f600", "\xff", "a\u2028", "a\u00ad", "a\u3164", "a\ufe0f"})
    EXPECT_FALSE(is_nick(bad, 32)) << bad;
  EXPECT_FALSE(is_nick("abc", 2));
}

TEST(text, room_names_take_any_seen_character_but_space_comma_and_colon) {
  for (const std::string_view good : {"#a", "##a", "#\u65e5\u672c", "#\U0001f600", "#a/b", "#."})
    EXPECT_TRUE(is_room_name(good, 64)) << good;
  for (const std::string_view bad :
       {"", "#", "a", "&a", "#a b", "#a,b", "#a:b", "#a\x01", "#a\u200d", "#\u2800", "#\xc3", "#a\x7f"})
    EXPECT_FALSE(is_room_name(bad, 64)) << bad;
  EXPECT_FALSE(is_room_name("#abc", 3));
}

TEST(text, user_names_keep_only_harmless_characters) {
  EXPECT_EQ(clean_user_name("a!b@c d", 10), "abcd");
  EXPECT_EQ(clean_user_name("abcdef", 3), "abc");
  EXPECT_EQ(clean_user_name("!!", 10), "user");
  EXPECT_EQ(clean_user_name("", 2), "us");
}

}  // namespace
}  // namespace hub::chat
