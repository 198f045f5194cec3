#include <gtest/gtest.h>

#include <limits>

#include <hub/http/field.hpp>

namespace hub::http {
namespace {

using elements = std::vector<std::string_view>;

TEST(field, spaces_and_tabs_are_trimmed_and_nothing_else) {
  EXPECT_EQ(trim(" \t a b\t"), "a b");
  EXPECT_EQ(trim("\ra\n"), "\ra\n");
  EXPECT_EQ(trim(" \t"), "");
}

TEST(field, digits_are_digits) {
  EXPECT_EQ(parse_digits("0"), 0U);
  EXPECT_EQ(parse_digits("007"), 7U);
  for (const std::string_view wrong : {"", "+5", "-1", " 5", "5 ", "0x5", "5.0", "٣"})
    EXPECT_FALSE(parse_digits(wrong)) << wrong;
}

TEST(field, a_number_that_is_too_large_becomes_the_largest) {
  constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(parse_digits("18446744073709551614"), largest - 1);
  EXPECT_EQ(parse_digits("18446744073709551615"), largest);
  EXPECT_EQ(parse_digits("18446744073709551616"), largest);
  EXPECT_EQ(parse_digits("184467440737095516150"), largest);
  EXPECT_EQ(parse_digits(std::string(1000, '9')), largest);
}

TEST(field, lists_are_taken_apart_at_commas_outside_quotes) {
  EXPECT_EQ(split_list("a, b ,,c"), (elements{"a", "b", "c"}));
  EXPECT_EQ(split_list(R"(a="x,y", b)"), (elements{R"(a="x,y")", "b"}));
  EXPECT_EQ(split_list(R"(a="x\",y", b)"), (elements{R"(a="x\",y")", "b"}));
  EXPECT_EQ(split_list(R"("open, b)"), (elements{R"("open, b)"}));
  EXPECT_EQ(split_list(" , "), elements{});
  EXPECT_EQ(split_list("a,b,c", 2), (elements{"a", "b"}));
}

TEST(field, qualities_are_thousandths) {
  EXPECT_EQ(quality_of("text/plain"), 1000U);
  EXPECT_EQ(quality_of("text/plain;q=0.5"), 500U);
  EXPECT_EQ(quality_of("text/plain; charset=utf-8 ; Q=0.123"), 123U);
  EXPECT_EQ(quality_of("a;q=1.000"), 1000U);
  for (const std::string_view wrong :
       {"a;q=", "a;q=2", "a;q=1.001", "a;q=0.1234", "a;q=-1", "a;q=x", "a;q=0,5"})
    EXPECT_EQ(quality_of(wrong), 0U) << wrong;
}

}  // namespace
}  // namespace hub::http
