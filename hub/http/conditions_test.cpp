#include <gtest/gtest.h>

#include <hub/http/conditions.hpp>
#include <hub/http/http_date.hpp>

namespace hub::http {
namespace {

constexpr std::int64_t sample = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT

TEST(http_date, is_written_as_the_standard_says) {
  EXPECT_EQ(format_http_date(sample), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_http_date(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(format_timestamp(sample), "1994-11-06T08:49:37Z");
}

TEST(http_date, all_three_formats_are_read) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), sample);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), sample);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), sample);
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT"),
            parse_http_date("Fri, 01 Mar 2024 00:00:00 GMT"));
}

TEST(http_date, what_is_no_date_is_refused) {
  for (const std::string_view wrong :
       {"", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMTx", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov +994 08:49:37 GMT",
        "784111777"})
    EXPECT_FALSE(parse_http_date(wrong)) << wrong;
}

const std::optional<validators> present{{.etag = "\"abc\"", .modified_s = sample}};
const std::string date = format_http_date(sample);
const std::string before = format_http_date(sample - 1);
const std::string after = format_http_date(sample + 1);

TEST(conditions, without_any_the_request_proceeds) {
  EXPECT_EQ(evaluate({}, present, true), verdict::proceed);
  EXPECT_EQ(evaluate({}, std::nullopt, false), verdict::proceed);
}

TEST(conditions, if_none_match_with_the_same_tag_is_not_modified_for_reading_and_fails_for_writing) {
  for (const std::string_view field :
       {"\"abc\"", "\"x\", \"abc\"", "W/\"abc\"", "*", "\"x\" ,W/\"abc\", \"y\""}) {
    EXPECT_EQ(evaluate({.if_none_match = field}, present, true), verdict::not_modified) << field;
    EXPECT_EQ(evaluate({.if_none_match = field}, present, false), verdict::failed) << field;
  }
  for (const std::string_view field : {"\"x\"", "abc", "\"ab", "", "\"a,bc\"", "W/abc"})
    EXPECT_EQ(evaluate({.if_none_match = field}, present, true), verdict::proceed) << field;
}

TEST(conditions, if_none_match_star_lets_only_new_files_be_written) {
  EXPECT_EQ(evaluate({.if_none_match = "*"}, std::nullopt, false), verdict::proceed);
  EXPECT_EQ(evaluate({.if_none_match = "*"}, present, false), verdict::failed);
}

TEST(conditions, if_match_compares_strongly) {
  EXPECT_EQ(evaluate({.if_match = "\"x\", \"abc\""}, present, false), verdict::proceed);
  EXPECT_EQ(evaluate({.if_match = "*"}, present, false), verdict::proceed);
  EXPECT_EQ(evaluate({.if_match = "W/\"abc\""}, present, false), verdict::failed);
  EXPECT_EQ(evaluate({.if_match = "\"x\""}, present, true), verdict::failed);
  EXPECT_EQ(evaluate({.if_match = "garbage"}, present, false), verdict::failed);
  EXPECT_EQ(evaluate({.if_match = "*"}, std::nullopt, false), verdict::failed);
}

TEST(conditions, dates_count_when_there_are_no_tags) {
  EXPECT_EQ(evaluate({.if_modified_since = date}, present, true), verdict::not_modified);
  EXPECT_EQ(evaluate({.if_modified_since = after}, present, true), verdict::not_modified);
  EXPECT_EQ(evaluate({.if_modified_since = before}, present, true), verdict::proceed);
  EXPECT_EQ(evaluate({.if_modified_since = "garbage"}, present, true), verdict::proceed);
  EXPECT_EQ(evaluate({.if_modified_since = date}, present, false), verdict::proceed) << "only for reading";
  EXPECT_EQ(evaluate({.if_unmodified_since = before}, present, false), verdict::failed);
  EXPECT_EQ(evaluate({.if_unmodified_since = date}, present, false), verdict::proceed);
}

TEST(conditions, tags_outrank_dates) {
  EXPECT_EQ(evaluate({.if_none_match = "\"x\"", .if_modified_since = date}, present, true), verdict::proceed);
  EXPECT_EQ(evaluate({.if_match = "\"abc\"", .if_unmodified_since = before}, present, true),
            verdict::proceed);
}

TEST(conditions, a_range_is_honoured_only_for_the_same_file) {
  EXPECT_TRUE(range_is_valid("\"abc\"", *present, sample + 100));
  EXPECT_FALSE(range_is_valid("\"other\"", *present, sample + 100));
  EXPECT_FALSE(range_is_valid("W/\"abc\"", *present, sample + 100));
  EXPECT_TRUE(range_is_valid(date, *present, sample + 100));
  EXPECT_FALSE(range_is_valid(date, *present, sample + 1)) << "it may still change within this second";
  EXPECT_FALSE(range_is_valid(after, *present, sample + 100));
  EXPECT_FALSE(range_is_valid("garbage", *present, sample + 100));
}

}  // namespace
}  // namespace hub::http
