#include <gtest/gtest.h>

#include <hub/chat/text.hpp>
#include <hub/irc/history.hpp>
#include <hub/irc/line_splitter.hpp>
#include <hub/irc/line_writer.hpp>

namespace hub::irc {
namespace {

std::string written(std::string_view source, std::string_view verb,
                    std::initializer_list<std::string_view> middle, std::string_view trailing) {
  std::string line;
  append_line(line, source, verb, middle, trailing);
  return line;
}

chat::message said(std::string text) {
  return {.id = 1,
          .time_ms = 1'700'000'000'123,
          .kind = chat::message_kind::text,
          .source = "bob!~bob@host",
          .target = "#mill",
          .text = std::move(text)};
}

TEST(line_writer, the_time_tag_has_the_length_that_receivers_without_it_skip) {
  const chat::moment when{std::chrono::milliseconds(1'700'000'000'123)};
  EXPECT_EQ(time_tag(when), "@time=2023-11-14T22:13:20.123Z ");
  EXPECT_EQ(time_tag(when).size(), time_tag_bytes);
  const wire_line line{.bytes = std::make_shared<const std::string>(time_tag(when) + "PING\r\n"),
                       .tag_bytes = time_tag_bytes};
  line_forms forms(line);
  EXPECT_EQ(forms.for_receiver({}).text(), "PING\r\n");
  EXPECT_EQ(forms.for_receiver(capability_set(capability::server_time)).text(),
            "@time=2023-11-14T22:13:20.123Z PING\r\n");
}

TEST(line_forms, show_each_receiver_the_tags_that_it_knows_and_are_made_once) {
  const chat::moment when{std::chrono::milliseconds(1'700'000'000'123)};
  const wire_line line{.bytes = std::make_shared<const std::string>(time_tag(when) + "PING\r\n"),
                       .tag_bytes = time_tag_bytes,
                       .tags = "msgid=7;+a"};
  line_forms forms(line);
  capability_set tags(capability::message_tags);
  EXPECT_EQ(forms.for_receiver({}).text(), "PING\r\n");
  EXPECT_EQ(forms.for_receiver(tags).text(), "@msgid=7;+a PING\r\n");
  tags.set(capability::server_time, true);
  EXPECT_EQ(forms.for_receiver(tags).text(), "@time=2023-11-14T22:13:20.123Z;msgid=7;+a PING\r\n");
  EXPECT_EQ(forms.for_receiver(tags).bytes, forms.for_receiver(tags).bytes);
  EXPECT_EQ(forms.for_receiver({}).bytes, line.bytes);
}

TEST(message_tags, name_every_line_of_a_message_and_show_the_senders_tags_on_the_first) {
  const chat::message said{.id = 7, .source = "a!b@c", .target = "#mill", .tags = "+reply=3", .text = "x"};
  EXPECT_EQ(message_tags(said), "msgid=7;+reply=3");
  EXPECT_EQ(message_tags(said, 2), "msgid=7.2");
  EXPECT_EQ(message_tags({.source = "a!b@c", .target = "#mill", .tags = "+typing=active", .text = ""}),
            "+typing=active");
}

TEST(line_writer, a_long_line_is_cut_at_512_bytes_between_characters) {
  const std::string line = written("s", "TOPIC", {"#a"}, std::string(496, 'x') + "\u20ac\u20ac");
  EXPECT_EQ(line.size(), 511U);
  EXPECT_TRUE(line.ends_with("x\r\n"));
  EXPECT_TRUE(chat::is_utf8(line));
}

TEST(line_writer, a_middle_parameter_cannot_become_two_or_a_trailing_one) {
  EXPECT_EQ(written("s", "401", {"me", "a b", ":x", ""}, "No such nick"),
            ":s 401 me a * * :No such nick\r\n");
}

TEST(line_writer, a_long_message_becomes_lines_that_lose_nothing) {
  std::string text;
  for (int index = 0; index < 200; ++index)
    text += "w\u00f6rd" + std::to_string(index) + ' ';
  text += "end";
  std::string together;
  for (const std::string& line : message_lines(said(text))) {
    EXPECT_LE(line.size(), line_limit_bytes);
    EXPECT_TRUE(line.starts_with(":bob!~bob@host PRIVMSG #mill :"));
    const std::string_view part = std::string_view(line).substr(30, line.size() - 32);
    if (!together.empty()) together += ' ';
    together += part;
  }
  EXPECT_EQ(together, text);
}

TEST(line_writer, text_without_spaces_is_cut_between_characters) {
  std::string text;
  for (int index = 0; index < 400; ++index)
    text += "\u20ac";
  const auto lines = message_lines(said(text));
  ASSERT_EQ(lines.size(), 3U);
  for (const std::string& line : lines)
    EXPECT_TRUE(chat::is_utf8(line));
}

TEST(line_writer, a_long_action_stays_an_action_on_every_line) {
  const auto lines =
      message_lines(said("\x01"
                         "ACTION " +
                         std::string(900, 'x') + "\x01"));
  ASSERT_EQ(lines.size(), 2U);
  for (const std::string& line : lines) {
    EXPECT_NE(line.find(":\x01"
                        "ACTION x"),
              std::string::npos);
    EXPECT_TRUE(line.ends_with("x\x01\r\n"));
    EXPECT_LE(line.size(), line_limit_bytes);
  }
}

TEST(line_writer, a_replayed_text_shows_its_time_and_after_a_day_its_date) {
  const chat::moment when{std::chrono::milliseconds(1'700'000'000'123)};
  EXPECT_EQ(with_visible_time(said("hi"), when + std::chrono::hours(1)).text, "[22:13] hi");
  EXPECT_EQ(with_visible_time(said("hi"), when + std::chrono::days(2)).text, "[2023-11-14 22:13] hi");
  EXPECT_EQ(with_visible_time(said("\x01"
                                   "ACTION waves\x01"),
                              when)
                .text,
            "\x01"
            "ACTION [22:13] waves\x01");
}

history_batch batch_for(capability_set offers) {
  return {.server = "s", .about = "#mill", .name = "b", .receiver_offers = offers};
}

TEST(history, is_tagged_and_batched_for_those_who_asked) {
  capability_set offers;
  const chat::moment when{std::chrono::milliseconds(1'700'000'000'123)};
  const std::vector<chat::message> messages = {said("one"), said("two")};
  EXPECT_EQ(history_lines(messages, batch_for(offers), 1000, when),
            ":bob!~bob@host PRIVMSG #mill :[22:13] one\r\n:bob!~bob@host PRIVMSG #mill :[22:13] two\r\n");
  offers.set(capability::server_time, true);
  EXPECT_TRUE(history_lines(messages, batch_for(offers), 1000, when)
                  .starts_with("@time=2023-11-14T22:13:20.123Z :bob!~bob@host PRIVMSG #mill :one\r\n"));
  offers.set(capability::batch, true);
  EXPECT_EQ(history_lines(std::span(messages).first(1), batch_for(offers), 1000, when),
            ":s BATCH +b chathistory #mill\r\n"
            "@batch=b;time=2023-11-14T22:13:20.123Z :bob!~bob@host PRIVMSG #mill :one\r\n"
            ":s BATCH -b\r\n");
}

TEST(history, keeps_the_latest_messages_when_not_all_fit) {
  const std::vector<chat::message> messages = {said("one"), said("two"), said("three")};
  const std::string lines = history_lines(messages, batch_for({}), 100, chat::moment{});
  EXPECT_EQ(lines.find("one"), std::string::npos);
  EXPECT_LT(lines.find("two"), lines.find("three"));
  EXPECT_EQ(history_lines(messages, batch_for({}), 10, chat::moment{}), "");
}

TEST(history, replays_no_message_without_its_beginning) {
  const std::vector<chat::message> messages = {said(std::string(1500, 'x')), said("end")};
  const std::string lines = history_lines(messages, batch_for({}), 700, chat::moment{});
  EXPECT_FALSE(lines.contains("xxx"));
  EXPECT_TRUE(lines.contains("end"));
}

TEST(history, keeps_so_many_lines_and_bytes_from_either_end_but_at_least_one) {
  const auto numbers = [](std::size_t most, std::size_t limit_bytes, bool newest) {
    std::vector<history_line> lines;
    for (std::uint64_t id = 1; id <= 5; ++id)
      lines.push_back({.at = {.id = id}, .text = std::string(10, 'x')});
    keep(lines, most, limit_bytes, newest);
    std::vector<std::uint64_t> ids;
    for (const history_line& one : lines)
      ids.push_back(one.at.id);
    return ids;
  };
  using ids = std::vector<std::uint64_t>;
  EXPECT_EQ(numbers(9, 1000, true), (ids{1, 2, 3, 4, 5}));
  EXPECT_EQ(numbers(2, 1000, true), (ids{4, 5}));
  EXPECT_EQ(numbers(2, 1000, false), (ids{1, 2}));
  EXPECT_EQ(numbers(9, 30, true), (ids{3, 4, 5}));
  EXPECT_EQ(numbers(9, 39, false), (ids{1, 2, 3}));
  EXPECT_EQ(numbers(9, 3, true), (ids{5}));
  EXPECT_EQ(numbers(0, 1000, true), ids{});
}

TEST(timestamps, are_read_as_they_are_written_and_nothing_else_is) {
  const chat::moment when{std::chrono::milliseconds(1'700'000'000'123)};
  EXPECT_EQ(timestamp(when), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(parse_timestamp("2023-11-14T22:13:20.123Z"), when);
  EXPECT_EQ(parse_timestamp("2016-12-31T23:59:60.000Z"), parse_timestamp("2017-01-01T00:00:00.000Z"));
  for (const std::string_view wrong :
       {"", "now", "2023-11-14", "2023-11-14T22:13:20Z", "2023-11-14 22:13:20.123Z",
        "2023-13-14T22:13:20.123Z", "2023-02-30T22:13:20.123Z", "2023-11-14T24:13:20.123Z",
        "2023-11-14T22:60:20.123Z", "2023-11-14T22:13:61.123Z", "2023-11-14T22:13:20.123+",
        "-023-11-14T22:13:20.123Z", "2023-11-14T22:13:20.12\xc3Z"})
    EXPECT_FALSE(parse_timestamp(wrong)) << wrong;
}

}  // namespace
}  // namespace hub::irc
