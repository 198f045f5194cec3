#include <leat/net/framing/cut_test.hpp>

namespace leat::net::framing {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

TEST(end_markers, end_frames_and_are_no_part_of_them) {
  const end_marker how{"##", 1000};
  EXPECT_EQ(frames_of(how, "hello##how are you##"), (outcomes{"<hello>", "<how are you>", "clean"}));
  EXPECT_EQ(frames_of(how, "####"), (outcomes{"<>", "<>", "clean"}));
  EXPECT_EQ(frames_of(how, "a\0b\n##"s), (outcomes{"<a\0b\n>"s, "clean"}));
  EXPECT_EQ(frames_of(how, ""), outcomes{"clean"});
}

TEST(end_markers, stand_at_the_first_place_where_they_can_be) {
  EXPECT_EQ(frames_of(end_marker{"##", 10}, "a###b##"), (outcomes{"<a>", "<#b>", "clean"}));
  EXPECT_EQ(frames_of(end_marker{"aab", 10}, "aaaabaab"), (outcomes{"<aa>", "<>", "clean"}));
  EXPECT_EQ(frames_of(end_marker{"abab", 10}, "abaabab"), (outcomes{"<aba>", "clean"}));
}

TEST(end_markers, that_are_missing_leave_a_frame_cut_off) {
  const end_marker how{"##", 10};
  EXPECT_EQ(frames_of(how, "hello"), outcomes{"cut off"});
  EXPECT_EQ(frames_of(how, "hello##bye#"), (outcomes{"<hello>", "cut off"}));
  EXPECT_EQ(frames_of(how, "#"), outcomes{"cut off"});
}

TEST(end_markers, may_stand_behind_as_much_as_the_limit_says) {
  for (const std::string marker : {"#", "##", "<end>"})
    for (const std::size_t limit : {0u, 1u, 2u, 10u}) {
      const end_marker how{marker, limit};
      for (std::size_t size = limit == 0 ? 0 : limit - 1; size <= limit; ++size) {
        const std::string text(size, 'x');
        EXPECT_EQ(frames_of(how, text + marker), (outcomes{shown(text), "clean"}));
      }
      const std::string over(limit + 1, 'x');
      EXPECT_EQ(frames_of(how, over + marker + marker), (outcomes{too_long, "<>", "clean"}));
      EXPECT_EQ(frames_of(how, over), (outcomes{too_long, "cut off"}));
    }
}

TEST(end_markers, that_may_still_come_in_time_make_nothing_too_long) {
  const end_marker how{"##", 4};
  EXPECT_EQ(frames_of(how, "1234#"), outcomes{"cut off"});
  EXPECT_EQ(frames_of(how, "1234#5##"), (outcomes{too_long, "clean"}));
  EXPECT_EQ(frames_of(how, "12345#"), (outcomes{too_long, "cut off"}));
}

TEST(end_markers, end_a_too_long_frame_and_the_next_one_is_read) {
  const end_marker how{"<end>", 4};
  EXPECT_EQ(frames_of(how, "far too long<end>ok<end>"), (outcomes{too_long, "<ok>", "clean"}));
  EXPECT_EQ(frames_of(how, "12345<en<end>ok<end>"), (outcomes{too_long, "<ok>", "clean"}));
  EXPECT_EQ(frames_of(how, std::string(100000, '<') + "end>a<end>"), (outcomes{too_long, "<a>", "clean"}));
}

TEST(end_markers, must_not_be_empty) {
  EXPECT_THROW(end_marker("", 10), std::invalid_argument);
}

TEST(end_markers, are_refused_in_what_is_sent) {
  const end_marker how{"##", 5};
  EXPECT_EQ(sent(how, "hello"), "hello##");
  EXPECT_EQ(sent(how, ""), "##");
  EXPECT_EQ(sent(how, "#a"), "#a##");
  EXPECT_EQ(sent(how, "a#"), malformed) << "a### would be read as a and #";
  EXPECT_EQ(sent(how, "a##b"), malformed);
  EXPECT_EQ(sent(how, "hello!"), too_long);
  EXPECT_EQ(sent(end_marker{"abab", 9}, "xab"), malformed);
  EXPECT_EQ(sent(end_marker{"abab", 9}, "xaba"), "xabaabab");
}

TEST(lines, end_with_lf_or_crlf) {
  const line how{100};
  EXPECT_EQ(frames_of(how, "one\ntwo\r\n\n\r\n"), (outcomes{"<one>", "<two>", "<>", "<>", "clean"}));
  EXPECT_EQ(frames_of(how, "a\rb\r\r\n\0\n"s), (outcomes{"<a\rb\r>", "<\0>"s, "clean"}));
  EXPECT_EQ(frames_of(how, "one\ntw"), (outcomes{"<one>", "cut off"}));
  EXPECT_EQ(frames_of(how, "\r"), outcomes{"cut off"});
}

TEST(lines, may_be_as_long_as_the_limit_says_without_their_end) {
  for (const std::size_t limit : {0u, 1u, 5u})
    for (const std::string end : {"\n", "\r\n"}) {
      const line how{limit};
      for (std::size_t size = limit == 0 ? 0 : limit - 1; size <= limit; ++size) {
        const std::string text(size, 'x');
        EXPECT_EQ(frames_of(how, text + end), (outcomes{shown(text), "clean"}));
      }
      const std::string over(limit + 1, 'x');
      EXPECT_EQ(frames_of(how, over + end + end), (outcomes{too_long, "<>", "clean"}));
    }
}

TEST(lines, with_a_cr_at_the_limit_are_decided_by_what_follows) {
  const line how{3};
  EXPECT_EQ(frames_of(how, "abc\r"), outcomes{"cut off"});
  EXPECT_EQ(frames_of(how, "abc\r\n"), (outcomes{"<abc>", "clean"}));
  EXPECT_EQ(frames_of(how, "abc\rd\n"), (outcomes{too_long, "clean"}));
  EXPECT_EQ(frames_of(how, "abc\r\r\n"), (outcomes{too_long, "clean"}));
  EXPECT_EQ(frames_of(how, "abcd"), (outcomes{too_long, "cut off"}));
}

TEST(lines, have_no_line_end_in_them_when_they_are_sent) {
  EXPECT_EQ(sent(line{5}, "hello"), "hello\n");
  EXPECT_EQ(sent(line{5, line_end::crlf}, "hello"), "hello\r\n");
  EXPECT_EQ(sent(line{5}, "hello!"), too_long);
  EXPECT_EQ(sent(line{5}, "a\nb"), malformed);
  EXPECT_EQ(sent(line{5}, "a\r"), malformed);
  EXPECT_EQ(sent(line{5}, "a\rb"), "a\rb\n");
  EXPECT_EQ(sent(line{5, line_end::crlf}, "a\r"), "a\r\r\n");
}

// The frames of `text` up to the last whole one, found in the plainest way.
outcomes plain_split(std::string text, const std::string& marker, std::size_t limit, bool is_line) {
  outcomes found;
  for (std::size_t at; (at = text.find(marker)) != std::string::npos; text.erase(0, at + marker.size())) {
    std::string piece = text.substr(0, at);
    if (is_line && piece.ends_with('\r')) piece.pop_back();
    found.push_back(piece.size() > limit ? too_long : shown(piece));
  }
  return found;
}

TEST(random_text, is_split_as_the_plainest_code_splits_it) {
  std::mt19937 random(1);
  for (int round = 0; round < 1000; ++round) {
    const std::size_t limit = random() % 8;
    const std::string marker = random_text(random, "ab", 1 + random() % 4);
    // Ends with a whole frame, so that what is at the end needs no rule of its own.
    const std::string text = random_text(random, "aab", random() % 200) + marker;
    outcomes wanted = plain_split(text, marker, limit, false);
    outcomes found = frames_of(end_marker{marker, limit}, text);
    found.resize(std::min(found.size(), wanted.size()));
    ASSERT_EQ(found, wanted) << marker << ' ' << text;

    const std::string lines = random_text(random, "a\r\n\0"sv, random() % 200) + "\n";
    wanted = plain_split(lines, "\n", limit, true);
    wanted.emplace_back("clean");
    ASSERT_EQ(frames_of(line{limit}, lines), wanted);
  }
}

TEST(random_text, comes_back_if_it_can_be_sent) {
  std::mt19937 random(2);
  int accepted = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string marker = random_text(random, "ab", 1 + random() % 4);
    const end_marker how{marker, 8};
    const std::string text = random_text(random, "abc", random() % 8);
    const std::string bytes = sent(how, text);
    const bool refused = bytes == malformed;
    accepted += !refused;
    // It is refused exactly if it would be read otherwise.
    ASSERT_EQ(refused, (text + marker).find(marker) != text.size()) << marker << ' ' << text;
    if (refused) continue;
    ASSERT_EQ(frames_of(how, bytes + bytes), (outcomes{shown(text), shown(text), "clean"}));
  }
  EXPECT_GT(accepted, 500);
}

}  // namespace
}  // namespace leat::net::framing
