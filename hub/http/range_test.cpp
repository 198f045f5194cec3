#include <gtest/gtest.h>

#include <hub/http/range.hpp>

namespace hub::http {
namespace {

// What is answered for a file of `size` bytes: "whole", "416" or the ranges.
std::string answer(std::string_view field, std::uint64_t size = 100, std::size_t most = 4) {
  const auto choice = choose_ranges(field, size, most);
  if (choice.answer == range_answer::whole) return "whole";
  if (choice.answer == range_answer::unsatisfiable) return "416";
  std::string text;
  for (const auto& range : choice.ranges) {
    if (!text.empty()) text += ' ';
    text += std::to_string(range.first) + '-' + std::to_string(range.last);
  }
  return text;
}

TEST(range, one_range_is_cut_to_the_file) {
  EXPECT_EQ(answer("bytes=0-9"), "0-9");
  EXPECT_EQ(answer("bytes=99-99"), "99-99");
  EXPECT_EQ(answer("bytes=90-1000"), "90-99");
  EXPECT_EQ(answer("bytes=5-"), "5-99");
  EXPECT_EQ(answer("bytes=0-"), "0-99");
}

TEST(range, a_suffix_counts_from_the_end) {
  EXPECT_EQ(answer("bytes=-10"), "90-99");
  EXPECT_EQ(answer("bytes=-100"), "0-99");
  EXPECT_EQ(answer("bytes=-101"), "0-99");
  EXPECT_EQ(answer("bytes=-0"), "416");
}

TEST(range, what_starts_behind_the_end_is_unsatisfiable) {
  EXPECT_EQ(answer("bytes=100-"), "416");
  EXPECT_EQ(answer("bytes=100-200"), "416");
  EXPECT_EQ(answer("bytes=0-0", 0), "416");
  EXPECT_EQ(answer("bytes=0-", 0), "416");
}

TEST(range, the_end_of_nothing_is_the_whole_of_it) {
  EXPECT_EQ(answer("bytes=-5", 0), "whole");
}

TEST(range, numbers_beyond_64_bits_neither_wrap_nor_hurt) {
  EXPECT_EQ(answer("bytes=0-18446744073709551615"), "0-99");
  EXPECT_EQ(answer("bytes=0-99999999999999999999999"), "0-99");
  EXPECT_EQ(answer("bytes=18446744073709551615-"), "416");
  EXPECT_EQ(answer("bytes=18446744073709551616-18446744073709551617"), "416");
  EXPECT_EQ(answer("bytes=-18446744073709551616"), "0-99");
}

TEST(range, several_ranges_keep_their_order) {
  EXPECT_EQ(answer("bytes=0-9,20-29"), "0-9 20-29");
  EXPECT_EQ(answer("bytes=20-29, 0-9 ,, -5"), "20-29 0-9 95-99");
  EXPECT_EQ(answer("bytes=0-9,200-"), "0-9");
  EXPECT_EQ(answer("bytes=300-,200-"), "416");
}

TEST(range, what_is_malformed_is_ignored) {
  for (const std::string_view wrong :
       {"", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=1-2-3", "bytes=--5",
        "bytes=+1-2", "bytes =0-1", "bytes: 0-1", "items=0-1", "0-1", "bytes=0-1,x", "bytes=1 -2",
        "bytes=0-9;q=1", "bytes=-1-2"})
    EXPECT_EQ(answer(wrong), "whole") << wrong;
}

TEST(range, the_unit_is_a_word_in_any_case) {
  EXPECT_EQ(answer("BYTES=0-9"), "0-9");
}

TEST(range, too_many_ranges_give_the_whole_file) {
  EXPECT_EQ(answer("bytes=0-0,1-1,2-2,3-3"), "0-0 1-1 2-2 3-3");
  EXPECT_EQ(answer("bytes=0-0,1-1,2-2,3-3,4-4"), "whole");
  std::string many = "bytes=0-0";
  for (int i = 0; i < 10'000; ++i)
    many += ",0-0";
  EXPECT_EQ(answer(many), "whole");
}

TEST(range, overlapping_ranges_never_make_an_answer_larger_than_the_file) {
  EXPECT_EQ(answer("bytes=0-59,40-99"), "whole");
  EXPECT_EQ(answer("bytes=0-,0-"), "whole");
  EXPECT_EQ(answer("bytes=0-9,5-14"), "0-9 5-14");
}

TEST(range, answers_are_spelled_as_the_standard_says) {
  EXPECT_EQ(content_range({0, 9}, 100), "bytes 0-9/100");
  EXPECT_EQ(unsatisfied_range(100), "bytes */100");
}

TEST(range, the_place_of_an_upload_is_understood) {
  const auto parsed = parse_content_range("bytes 1000000-8388607/8388608").value();
  EXPECT_EQ(parsed.range, (byte_range{1'000'000, 8'388'607}));
  EXPECT_EQ(parsed.total_bytes, 8'388'608U);
  EXPECT_TRUE(parse_content_range("bytes 0-0/1"));
}

TEST(range, a_place_that_cannot_be_is_refused) {
  for (const std::string_view wrong :
       {"", "bytes", "bytes 0-9", "bytes 0-9/", "bytes 0-9/*", "bytes */10", "bytes 0-9/9", "bytes 9-0/10",
        "bytes -5/10", "bytes 5-/10", "bytes=0-9/10", "items 0-9/10", "bytes 0-9/10/11", "bytes 0-1,3-4/10",
        "bytes 0-18446744073709551615/18446744073709551615",
        "bytes 0-99999999999999999999/99999999999999999999"})
    EXPECT_FALSE(parse_content_range(wrong)) << wrong;
}

}  // namespace
}  // namespace hub::http
