#include <gtest/gtest.h>

#include <cli/visible_text.hpp>

namespace cli {
namespace {

TEST(visible_text, plain_text_in_any_script_stays_as_it_is) {
  EXPECT_EQ(visible("héllo wörld 日本 👩‍🚀"), "héllo wörld 日本 👩‍🚀");
}

TEST(visible_text, no_escape_sequence_survives) {
  EXPECT_EQ(visible("a\x1b[2Jb\x07"), "a\uFFFD[2Jb\uFFFD");
  EXPECT_EQ(visible("\xC2\x9B"
                    "31m"),
            "\uFFFD31m")
      << "the one-character form of ESC [";
}

TEST(visible_text, line_ends_do_not_break_the_line) {
  EXPECT_EQ(visible("one\r\ntwo\u2028three"), "one\uFFFD\uFFFDtwo\uFFFDthree");
}

TEST(visible_text, the_direction_of_writing_cannot_be_turned) {
  EXPECT_EQ(visible("a\u202Etxt.exe"), "a\uFFFDtxt.exe");
}

TEST(visible_text, bytes_that_are_not_utf8_become_replacement_characters) {
  EXPECT_EQ(visible("a\xFF\xC0"), "a\uFFFD\uFFFD");
}

TEST(visible_text, a_tab_becomes_a_space) {
  EXPECT_EQ(visible("a\tb"), "a b");
}

TEST(visible_text, rows_are_counted_as_a_terminal_wraps_them) {
  EXPECT_EQ(wrapped_rows("", 10), 0U);
  EXPECT_EQ(wrapped_rows("123456789", 10), 0U);
  EXPECT_EQ(wrapped_rows("1234567890", 10), 1U);
  EXPECT_EQ(wrapped_rows("\x01"
                         "2345678",
                         10),
            0U);
}

TEST(visible_text, long_names_are_cut_with_an_ellipsis) {
  EXPECT_EQ(fit_columns("holiday.jpg", 20), "holiday.jpg");
  EXPECT_EQ(fit_columns("holiday.jpg", 8), "holid...");
  EXPECT_EQ(fit_columns("holiday.jpg", 2), "..");
}

}  // namespace
}  // namespace cli
