#include <hub/chat/rules.hpp>
#include <hub/chat/rules_fixture.hpp>

namespace hub::chat {
namespace {

TEST_F(rules_test, entering_takes_the_nick_and_cleans_the_user_name) {
  does(alice, enter{.nick = "Alice", .user = "al!ce@x y", .host = "h", .real_name = "Al"});
  EXPECT_EQ(caused<entered>().nick, "Alice");
  ASSERT_NE(chat.find_nick("aLICE"), nullptr);
  EXPECT_EQ(chat.find_nick("alice")->mask(), "Alice!~alcexy@h");
}

TEST_F(rules_test, a_nick_in_use_is_refused_whatever_its_case) {
  enters(alice, "alice");
  enters(bob, "ALICE");
  EXPECT_TRUE(is_refused(refusal::nick_in_use));
  EXPECT_EQ(chat.find(bob), nullptr);
}

TEST_F(rules_test, an_invalid_nick_is_refused) {
  enters(alice, "1alice");
  EXPECT_TRUE(is_refused(refusal::nick_invalid));
}

TEST_F(rules_test, a_session_that_has_not_entered_is_ignored) {
  does(bob, join{.room = "#mill", .key = {}});
  EXPECT_TRUE(events.empty());
  does(12'345, leave{.reason = "gone"});
  EXPECT_TRUE(events.empty());
}

TEST_F(rules_test, entering_twice_is_refused) {
  enters(alice, "alice");
  enters(alice, "alice2");
  EXPECT_TRUE(is_refused(refusal::already_entered));
}

TEST_F(rules_test, leaving_tells_everyone_who_shared_a_room_once) {
  alice_and_bob_meet();
  enters(carol, "carol");
  for (const session_id who : {alice, bob, carol})
    does(who, join{.room = "#leat", .key = {}});
  does(bob, leave{.reason = "bye"});
  EXPECT_EQ(caused<left>().reason, "bye");
  roster receivers = told<left>();
  std::ranges::sort(receivers);
  EXPECT_EQ(receivers, (roster{alice, carol}));
  EXPECT_EQ(chat.find_nick("bob"), nullptr);
}

TEST_F(rules_test, a_session_number_can_be_used_again_after_its_user_left) {
  alice_and_bob_meet();
  does(bob, leave{.reason = {}});
  enters(bob, "bella");
  does(alice, say{.target = "#mill", .text = "anyone?"});
  EXPECT_EQ(told<message_sent>(), roster{});
}

TEST_F(rules_test, a_nick_change_is_told_to_the_user_and_to_peers) {
  alice_and_bob_meet();
  does(bob, change_nick{.nick = "bert"});
  EXPECT_EQ(caused<nick_changed>().source, "bob!~bob@127.0.0.1");
  EXPECT_EQ(told<nick_changed>(), (roster{alice, bob}));
  EXPECT_EQ(chat.find_nick("bob"), nullptr);
}

TEST_F(rules_test, a_nick_change_alone_in_no_room_is_told_to_the_user_only) {
  enters(alice, "alice");
  does(alice, change_nick{.nick = "Alice"});
  EXPECT_EQ(told<nick_changed>(), roster{alice});
}

TEST_F(rules_test, changing_to_a_taken_or_invalid_nick_changes_nothing) {
  alice_and_bob_meet();
  does(bob, change_nick{.nick = "Alice"});
  EXPECT_TRUE(is_refused(refusal::nick_in_use));
  does(bob, change_nick{.nick = "b b"});
  EXPECT_TRUE(is_refused(refusal::nick_invalid));
  EXPECT_NE(chat.find_nick("bob"), nullptr);
}

TEST_F(rules_test, departed_users_are_remembered_latest_first) {
  enters(alice, "alice");
  does(alice, change_nick{.nick = "alma"});
  does(alice, leave{.reason = {}});
  ASSERT_EQ(chat.departed().size(), 2U);
  EXPECT_EQ(chat.departed()[0].nick, "alma");
  EXPECT_EQ(chat.departed()[1].nick, "alice");
}

TEST_F(rules_test, away_is_told_to_peers_only_when_it_changes) {
  alice_and_bob_meet();
  does(bob, set_away{.text = "lunch"});
  EXPECT_TRUE(caused<away_changed>().away);
  EXPECT_EQ(told<peers_away_changed>(), roster{alice});
  does(bob, set_away{.text = "lunch"});
  EXPECT_FALSE(happened<peers_away_changed>());
  does(bob, set_away{.text = {}});
  EXPECT_FALSE(caused<away_changed>().away);
  EXPECT_EQ(caused<peers_away_changed>().text, "");
}

TEST_F(rules_test, an_away_text_is_cut_between_characters) {
  enters(alice, "alice");
  std::string text(chat.bounds().away_bytes - 1, 'x');
  text += "\u00e9";
  does(alice, set_away{.text = text});
  EXPECT_EQ(chat.find(alice)->away.size(), chat.bounds().away_bytes - 1);
}

TEST_F(rules_test, an_invisible_user_is_seen_only_by_those_who_share_a_room) {
  alice_and_bob_meet();
  enters(carol, "carol");
  does(bob, set_invisible{.on = true});
  EXPECT_TRUE(rules::sees(*chat.find(alice), *chat.find(bob)));
  EXPECT_TRUE(rules::sees(*chat.find(bob), *chat.find(bob)));
  EXPECT_FALSE(rules::sees(*chat.find(carol), *chat.find(bob)));
  EXPECT_EQ(chat.invisible_count(), 1U);
  does(bob, leave{.reason = {}});
  EXPECT_EQ(chat.invisible_count(), 0U);
}

TEST_F(rules_test, a_real_name_that_is_empty_or_too_long_is_refused) {
  enters(alice, "alice");
  does(alice, change_real_name{.real_name = {}});
  EXPECT_TRUE(is_refused(refusal::real_name_invalid));
  does(alice, change_real_name{.real_name = std::string(200, 'x')});
  EXPECT_TRUE(is_refused(refusal::real_name_invalid));
  does(alice, change_real_name{.real_name = "Alice Miller"});
  EXPECT_EQ(told<real_name_changed>(), roster{alice});
}

TEST_F(rules_test, the_same_commands_give_the_same_events) {
  rules other({}, 100);
  std::vector<event> again;
  const std::vector<std::pair<session_id, command>> story = {
      {alice, enter{.nick = "alice", .user = "a", .host = "h", .real_name = "A"}},
      {bob, enter{.nick = "bob", .user = "b", .host = "h", .real_name = "B"}},
      {alice, join{.room = "#mill", .key = {}}},
      {bob, join{.room = "#mill", .key = {}}},
      {bob, say{.target = "#mill", .text = "hello"}}};
  for (const auto& [who, what] : story) {
    chat.apply(who, what, now, events);
    other.apply(who, what, now, again);
  }
  ASSERT_EQ(events.size(), again.size());
  EXPECT_EQ(std::get<message_sent>(events.back().what).said, std::get<message_sent>(again.back().what).said);
}

TEST_F(rules_test, who_leaves_or_changes_nick_does_so_in_the_log_of_each_room_that_they_are_in) {
  enters(alice, "alice");
  does(alice, join{.room = "#mill", .key = {}});
  does(alice, join{.room = "#two", .key = {}});
  const std::uint64_t before = chat.last_message_id();
  does(alice, change_nick{.nick = "alix"});
  const auto renamed = caused<nick_changed>().places;
  ASSERT_EQ(renamed.size(), 2U);
  EXPECT_EQ(renamed[0].id, before + 1);
  EXPECT_EQ(renamed[1].id, before + 2);
  EXPECT_NE(renamed[0].room, renamed[1].room);
  does(alice, leave{.reason = "bye"});
  EXPECT_EQ(caused<left>().places.size(), 2U);
  EXPECT_EQ(chat.last_message_id(), before + 4);
  EXPECT_TRUE(told<left>().empty());
}

}  // namespace
}  // namespace hub::chat
