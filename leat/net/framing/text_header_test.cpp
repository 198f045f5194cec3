#include <leat/net/framing/cut_test.hpp>

namespace leat::net::framing {
namespace {

using namespace std::string_literals;

TEST(text_headers, say_the_type_and_the_length) {
  const text_header how{1000};
  EXPECT_EQ(frames_of(how, "Y 18 abcdefghijklmnopqrN 0 Y 3 a b"),
            (outcomes{"Y<abcdefghijklmnopqr>", "N<>", "Y<a b>", "clean"}));
  EXPECT_EQ(frames_of(how, "Y 3 \0\n "s), (outcomes{"Y<\0\n >"s, "clean"}));
  EXPECT_EQ(frames_of(text_header(1000, 5), "HELLO 2 meX 1 y"), (outcomes{"HELLO<me>", "X<y>", "clean"}));
}

TEST(text_headers, are_cut_off_anywhere_but_between_frames) {
  const text_header how{1000};
  const std::string bytes = "Y 18 abcdefghijklmnopqr";
  for (std::size_t size = 1; size < bytes.size(); ++size)
    EXPECT_EQ(frames_of(how, bytes.substr(0, size)), outcomes{"cut off"}) << size;
}

TEST(text_headers, have_one_form) {
  const text_header how{1000, 3};
  for (const std::string& bytes :
       {" "s, " 5 hello"s, "Y  5 hello"s, "Y -1 "s, "Y +5 hello"s, "Y 05 hello"s, "Y 00 "s, "Y 5\thello"s,
        "Y 5\n"s, "Y 0x5 hello"s, "Y\t5 hello"s, "Y\n"s, "\0 5 hello"s, "Y 5\0hello"s, "Y 1,000 "s, "LONG"s,
        "\xC3\x9C 5 "s, "\x7F 5 hello"s})
    EXPECT_EQ(frames_of(how, bytes), outcomes{malformed}) << bytes;
}

TEST(text_headers, with_the_greatest_lengths_are_told_from_those_that_no_number_holds) {
  const text_header how{1000};
  EXPECT_EQ(frames_of(how, "Y 18446744073709551615 abc"), (outcomes{too_long, "cut off"}));
  EXPECT_EQ(frames_of(how, "Y 18446744073709551616 abc"), outcomes{malformed});
  EXPECT_EQ(frames_of(how, "Y 99999999999999999999"), outcomes{malformed});
  EXPECT_EQ(frames_of(how, "Y " + std::string(1000, '9')), outcomes{malformed});
  EXPECT_EQ(frames_of(how, std::string(1000, 'Y')), outcomes{malformed});
  EXPECT_EQ(frames_of(text_header(SIZE_MAX), "Y 18446744073709551615 abc"), outcomes{"cut off"});
}

TEST(text_headers, hold_payloads_to_the_limit) {
  for (const std::size_t limit : {0u, 1u, 9u, 10u}) {
    const text_header how{limit};
    for (std::size_t size = limit == 0 ? 0 : limit - 1; size <= limit; ++size) {
      const std::string text(size, 'x');
      EXPECT_EQ(frames_of(how, sent(how, {.type = "Y", .payload = as_bytes(text)})),
                (outcomes{"Y" + shown(text), "clean"}));
    }
    const std::string over(limit + 1, 'x');
    EXPECT_EQ(sent(how, {.type = "Y", .payload = as_bytes(over)}), too_long);
    const std::string bytes = sent(text_header{100}, {.type = "Y", .payload = as_bytes(over)});
    EXPECT_EQ(frames_of(how, bytes + "Z 0 "), (outcomes{too_long, "Z<>", "clean"}));
    EXPECT_EQ(frames_of(how, bytes.substr(0, bytes.size() - 1)), (outcomes{too_long, "cut off"}));
  }
}

TEST(text_headers, are_sent_only_with_types_that_can_be_read) {
  const text_header how{10, 3};
  EXPECT_EQ(sent(how, {.type = "Y", .payload = as_bytes("hello")}), "Y 5 hello");
  EXPECT_EQ(sent(how, {.type = "abc", .payload = {}}), "abc 0 ");
  for (const std::string& type : {""s, "abcd"s, "a b"s, "\n"s, "\0"s, "\x7F"s, "\xE9"s})
    EXPECT_EQ(sent(how, {.type = type, .payload = {}}), malformed) << type;
  const std::string longest(text_header::most_type_bytes, '~');
  EXPECT_EQ(sent(text_header(0, longest.size()), {.type = longest, .payload = {}}), longest + " 0 ");
}

TEST(text_headers, allow_types_of_1_to_32_bytes) {
  EXPECT_THROW(text_header(10, 0), std::invalid_argument);
  EXPECT_THROW(text_header(10, text_header::most_type_bytes + 1), std::invalid_argument);
}

TEST(text_headers, make_the_same_of_any_bytes_however_they_are_cut) {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round)
    frames_of(text_header(random() % 5, 1 + random() % 2), random_text(random, "Y0129  ", random() % 40));
}

}  // namespace
}  // namespace leat::net::framing
