#include <fmt/format.h>
#include <gtest/gtest.h>

#include <hub/history_page.hpp>
#include <hub/memory_store.hpp>

namespace hub {
namespace {

constexpr std::int64_t start_ms = 1'700'000'000'000;  // 2023-11-14T22:13:20Z

std::string time_of(std::int64_t id) {
  return "timestamp=" + irc::timestamp(chat::moment(std::chrono::milliseconds(start_ms + id * 10)));
}

class history_page_test : public testing::Test {
 protected:
  history_page_test() { offers_.set(irc::capability::batch, true); }

  chat::message say(std::string target, std::string text, chat::message_kind kind = chat::message_kind::text,
                    std::string source = "bob!~bob@host") {
    ++last_id_;
    return {.id = last_id_,
            .time_ms = start_ms + static_cast<std::int64_t>(last_id_) * 10,
            .kind = kind,
            .source = std::move(source),
            .target = std::move(target),
            .text = std::move(text)};
  }

  void keep(const chat::message& said, std::vector<store::filed_message> filed = {}) {
    ASSERT_TRUE(store_.write({.messages = std::span(&said, 1), .filed = filed}));
  }

  // Ten messages "1" to "10" in #mill.
  void fill() {
    for (int count = 1; count <= 10; ++count)
      keep(say("#mill", std::to_string(count)));
  }

  std::string page(const std::string& request, std::string owner = {}, std::int64_t from_ms = 0) {
    irc::show_history asked{
        .to = 0,
        .label = {},
        .asked =
            irc::parse_history_request(irc::parse_request("CHATHISTORY " + request).value(), 100).value(),
        .owner = std::move(owner),
        .last_id = last_id_,
        .of = {},
        .receiver_offers = offers_,
        .now = chat::moment(std::chrono::days(20'000))};
    const bool lists = asked.asked.which == irc::history_part::targets;
    if (lists || asked.asked.target.starts_with('#'))
      asked.of.push_back({.room = "#mill", .from_ms = from_ms});
    const irc::history_batch batch{.server = "s",
                                   .type = lists ? "draft/chathistory-targets" : "chathistory",
                                   .about = asked.asked.target,
                                   .name = "b",
                                   .receiver_offers = offers_};
    return history_page(store_, asked, batch, limit_bytes_).value();
  }

  // The texts of a page, with a space after each.
  std::string texts(const std::string& request, std::string owner = {}, std::int64_t from_ms = 0) {
    const std::string lines = page(request, std::move(owner), from_ms);
    EXPECT_TRUE(lines.starts_with(":s BATCH +b chathistory ")) << lines;
    EXPECT_TRUE(lines.ends_with(":s BATCH -b\r\n")) << lines;
    std::string found;
    for (std::size_t at = lines.find("] "); at != std::string::npos; at = lines.find("] ", at + 1))
      found += lines.substr(at + 2, lines.find('\r', at) - at - 2) + ' ';
    return found;
  }

  memory_store store_;
  irc::capability_set offers_;
  std::uint64_t last_id_ = 0;
  std::size_t limit_bytes_ = 100'000;
};

TEST_F(history_page_test, latest_is_the_end_of_all_or_of_what_came_after_a_point) {
  fill();
  EXPECT_EQ(texts("LATEST #mill * 3"), "8 9 10 ");
  EXPECT_EQ(texts("LATEST #mill msgid=8 5"), "9 10 ");
  EXPECT_EQ(texts("LATEST #mill msgid=4 2"), "9 10 ");
  EXPECT_EQ(texts("LATEST #mill " + time_of(9) + " 5"), "10 ");
}

TEST_F(history_page_test, before_and_after_do_not_hold_their_point) {
  fill();
  EXPECT_EQ(texts("BEFORE #mill msgid=5 3"), "2 3 4 ");
  EXPECT_EQ(texts("BEFORE #mill msgid=3 9"), "1 2 ");
  EXPECT_EQ(texts("BEFORE #mill msgid=1 9"), "");
  EXPECT_EQ(texts("AFTER #mill msgid=5 3"), "6 7 8 ");
  EXPECT_EQ(texts("AFTER #mill msgid=10 3"), "");
  EXPECT_EQ(texts("BEFORE #mill " + time_of(5) + " 2"), "3 4 ");
  EXPECT_EQ(texts("AFTER #mill " + time_of(5) + " 2"), "6 7 ");
  EXPECT_EQ(texts("AFTER #mill msgid=999 2"), "");
  EXPECT_EQ(texts("BEFORE #mill msgid=999 2"), "9 10 ");
}

TEST_F(history_page_test, around_has_its_point_in_the_middle) {
  fill();
  EXPECT_EQ(texts("AROUND #mill msgid=5 4"), "3 4 5 6 ");
  EXPECT_EQ(texts("AROUND #mill msgid=5 5"), "3 4 5 6 7 ");
  EXPECT_EQ(texts("AROUND #mill msgid=1 4"), "1 2 3 4 ");
  EXPECT_EQ(texts("AROUND #mill msgid=5 1"), "5 ");
  EXPECT_EQ(texts("AROUND #mill " + time_of(5) + " 3"), "4 5 6 ");
}

TEST_F(history_page_test, between_begins_at_its_first_point_and_holds_neither) {
  fill();
  EXPECT_EQ(texts("BETWEEN #mill msgid=3 msgid=7 9"), "4 5 6 ");
  EXPECT_EQ(texts("BETWEEN #mill msgid=7 msgid=3 9"), "4 5 6 ");
  EXPECT_EQ(texts("BETWEEN #mill msgid=3 msgid=9 2"), "4 5 ");
  EXPECT_EQ(texts("BETWEEN #mill msgid=9 msgid=3 2"), "7 8 ");
  EXPECT_EQ(texts("BETWEEN #mill " + time_of(3) + ' ' + time_of(7) + " 9"), "4 5 6 ");
  EXPECT_EQ(texts("BETWEEN #mill " + time_of(7) + " msgid=3 1"), "6 ");
  EXPECT_EQ(texts("BETWEEN #mill msgid=5 msgid=5 9"), "");
}

TEST_F(history_page_test, pages_one_after_the_other_hold_each_line_of_long_texts_once) {
  keep(say("#mill", "first"));
  keep(say("#mill", std::string(1900, 'a')));
  keep(say("#mill", "last"));
  offers_.set(irc::capability::message_tags, true);
  const auto ids = [&](const std::string& lines) {
    std::vector<std::string> found;
    for (std::size_t at = lines.find("msgid="); at != std::string::npos; at = lines.find("msgid=", at + 1))
      found.push_back(lines.substr(at + 6, lines.find(' ', at) - at - 6));
    return found;
  };
  const std::vector<std::string> all = ids(page("LATEST #mill * 100"));
  ASSERT_EQ(all.size(), 6U);
  EXPECT_EQ(all[1], "2");
  EXPECT_EQ(all[2], "2.1");
  std::vector<std::string> forwards;
  for (auto next = ids(page("AFTER #mill " + time_of(0) + " 2")); !next.empty();
       next = ids(page("AFTER #mill msgid=" + forwards.back() + " 2")))
    forwards.insert(forwards.end(), next.begin(), next.end());
  EXPECT_EQ(forwards, all);
  std::vector<std::string> backwards = ids(page("LATEST #mill * 2"));
  for (auto next = ids(page("BEFORE #mill msgid=" + backwards.front() + " 2")); !next.empty();
       next = ids(page("BEFORE #mill msgid=" + backwards.front() + " 2")))
    backwards.insert(backwards.begin(), next.begin(), next.end());
  EXPECT_EQ(backwards, all);
  limit_bytes_ = 700;  // one line fits
  EXPECT_EQ(ids(page("AFTER #mill msgid=1 5")), std::vector<std::string>{"2"});
  EXPECT_EQ(ids(page("BEFORE #mill msgid=3 5")), std::vector<std::string>{all[4]});
  EXPECT_EQ(ids(page("AROUND #mill msgid=2.2 4")), (std::vector<std::string>{"2.1", "2.2"}));
}

TEST_F(history_page_test, what_happens_after_the_request_is_not_in_its_answer) {
  fill();
  --last_id_;
  EXPECT_EQ(texts("LATEST #mill * 2"), "8 9 ");
  EXPECT_EQ(texts("AFTER #mill msgid=8 5"), "9 ");
}

TEST_F(history_page_test, a_room_shows_nothing_older_than_it_may) {
  fill();
  const std::int64_t from_ms = start_ms + 60;
  EXPECT_EQ(texts("LATEST #mill * 50", {}, from_ms), "6 7 8 9 10 ");
  EXPECT_EQ(texts("AFTER #mill msgid=1 2", {}, from_ms), "6 7 ");
  EXPECT_EQ(texts("BEFORE #mill msgid=7 5", {}, from_ms), "6 ");
  EXPECT_EQ(texts("BEFORE #mill msgid=3 5", {}, from_ms), "");
  EXPECT_EQ(texts("AROUND #mill msgid=3 2", {}, from_ms), "6 7 ");
}

TEST_F(history_page_test, events_are_for_those_who_know_them) {
  keep(say("#mill", "A Person", chat::message_kind::join));
  keep(say("#mill", "hello"));
  keep(say("#mill", "alice out", chat::message_kind::kick));
  EXPECT_EQ(texts("LATEST #mill * 9"), "hello ");
  offers_.set(irc::capability::event_playback, true);
  const std::string lines = page("LATEST #mill * 9");
  EXPECT_TRUE(lines.contains("@batch=b :bob!~bob@host JOIN #mill\r\n")) << lines;
  EXPECT_TRUE(lines.contains("@batch=b :bob!~bob@host KICK #mill alice :out\r\n")) << lines;
  offers_.set(irc::capability::extended_join, true);
  EXPECT_TRUE(page("LATEST #mill * 9").contains("JOIN #mill * :A Person\r\n"));
}

TEST_F(history_page_test, private_messages_are_shown_to_their_owner) {
  keep(say("alice", "psst"), {{"B", "alice", 1}, {"A", "bob", 1}});
  keep(say("carol", "other"), {{"B", "carol", 2}});
  EXPECT_EQ(texts("LATEST bob * 9", "A"), "psst ");
  EXPECT_EQ(texts("LATEST Alice * 9", "B"), "psst ");
  EXPECT_EQ(texts("LATEST bob * 9", "C"), "");
}

TEST_F(history_page_test, targets_are_rooms_and_nicks_by_their_last_message) {
  keep(say("#mill", "one"));
  keep(say("Alice", "psst"), {{"B", "alice", 2}});
  keep(say("bob", "hi", chat::message_kind::text, "Carol!c@h"), {{"B", "carol", 3}});
  const std::string all = page("TARGETS " + time_of(0) + ' ' + time_of(9) + " 9", "B");
  EXPECT_EQ(all,
            ":s BATCH +b draft/chathistory-targets\r\n"
            "@batch=b :s CHATHISTORY TARGETS #mill 2023-11-14T22:13:20.010Z\r\n"
            "@batch=b :s CHATHISTORY TARGETS Alice 2023-11-14T22:13:20.020Z\r\n"
            "@batch=b :s CHATHISTORY TARGETS Carol 2023-11-14T22:13:20.030Z\r\n"
            ":s BATCH -b\r\n");
  EXPECT_FALSE(page("TARGETS " + time_of(1) + ' ' + time_of(3) + " 9", "B").contains("#mill"));
  EXPECT_FALSE(page("TARGETS " + time_of(1) + ' ' + time_of(3) + " 9", "B").contains("Carol"));
  EXPECT_TRUE(page("TARGETS " + time_of(9) + ' ' + time_of(0) + " 1", "B").contains("Carol"));
  EXPECT_TRUE(page("TARGETS " + time_of(0) + ' ' + time_of(9) + " 1", "B").contains("#mill"));
  EXPECT_FALSE(page("TARGETS " + time_of(0) + ' ' + time_of(9) + " 9").contains("Alice"));
}

TEST_F(history_page_test, who_knows_no_batches_gets_the_lines_alone) {
  offers_ = {};
  fill();
  EXPECT_EQ(page("LATEST #mill * 1"), ":bob!~bob@host PRIVMSG #mill :[2023-11-14 22:13] 10\r\n");
  EXPECT_EQ(page("BEFORE #mill msgid=1 1"), "");
}

}  // namespace
}  // namespace hub
