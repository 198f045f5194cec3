#include <hub/chat/rules_fixture.hpp>

namespace hub::chat {
namespace {

class messages_test : public rules_test {};

TEST_F(messages_test, a_room_message_goes_to_every_member_but_its_sender) {
  alice_and_bob_meet();
  does(bob, say{.target = "#MILL", .text = "hello"});
  EXPECT_EQ(told<message_sent>(), roster{alice});
  const message said = caused<message_sent>().said;
  EXPECT_EQ(said.id, 103U);  // after those of two joins
  EXPECT_EQ(said.time_ms, now.time_since_epoch().count());
  EXPECT_EQ(said.source, "bob!~bob@127.0.0.1");
  EXPECT_EQ(said.target, "#mill");
  EXPECT_EQ(said.text, "hello");
}

TEST_F(messages_test, ids_grow_from_where_the_last_run_ended) {
  alice_and_bob_meet();
  does(bob, say{.target = "#mill", .text = "one"});
  does(bob, say{.target = "alice", .text = "two"});
  EXPECT_EQ(caused<message_sent>().said.id, 104U);
  EXPECT_EQ(chat.last_message_id(), 104U);
}

TEST_F(messages_test, a_private_message_reaches_its_nick_only) {
  alice_and_bob_meet();
  does(bob, say{.target = "ALICE", .text = "psst"});
  EXPECT_EQ(told<message_sent>(), roster{alice});
  EXPECT_EQ(caused<message_sent>().said.target, "alice");
}

TEST_F(messages_test, a_message_to_nobody_is_refused_by_name) {
  enters(alice, "alice");
  does(alice, say{.target = "nemo", .text = "hi"});
  EXPECT_TRUE(is_refused(refusal::no_such_nick));
  does(alice, say{.target = "#nowhere", .text = "hi"});
  EXPECT_TRUE(is_refused(refusal::no_such_room));
  does(alice, say{.target = "alice", .text = {}});
  EXPECT_TRUE(is_refused(refusal::no_text));
}

TEST_F(messages_test, a_notice_is_never_answered) {
  alice_and_bob_meet();
  does(alice, set_away{.text = "out"});
  const auto notice = [](std::string_view target, std::string_view text) {
    return say{.kind = message_kind::notice, .target = target, .text = text};
  };
  does(bob, notice("nemo", "hi"));
  EXPECT_TRUE(events.empty());
  does(bob, notice("#nowhere", "hi"));
  EXPECT_TRUE(events.empty());
  does(bob, notice("alice", ""));
  EXPECT_TRUE(events.empty());
  does(bob, notice("alice", "hi"));
  EXPECT_EQ(events.size(), 1U);
  EXPECT_EQ(caused<message_sent>().said.kind, message_kind::notice);
}

TEST_F(messages_test, the_sender_learns_that_the_receiver_is_away) {
  alice_and_bob_meet();
  does(alice, set_away{.text = "lunch"});
  does(bob, say{.target = "alice", .text = "hi"});
  EXPECT_EQ(told<receiver_away>(), roster{bob});
  EXPECT_EQ(caused<receiver_away>().text, "lunch");
}

TEST_F(messages_test, outsiders_are_heard_only_without_n) {
  alice_and_bob_meet();
  enters(carol, "carol");
  does(carol, say{.target = "#mill", .text = "hi"});
  EXPECT_TRUE(is_refused(refusal::outside_messages));
  changes_mode(alice, false, room_mode::no_outside_messages);
  does(carol, say{.target = "#mill", .text = "hi"});
  EXPECT_EQ(told<message_sent>(), (roster{alice, bob}));
}

TEST_F(messages_test, a_moderated_room_hears_operators_and_voices) {
  alice_and_bob_meet();
  changes_mode(alice, true, room_mode::moderated);
  does(bob, say{.target = "#mill", .text = "hi"});
  EXPECT_TRUE(is_refused(refusal::moderated));
  changes_mode(alice, true, room_mode::voice_rank, "bob");
  does(bob, say{.target = "#mill", .text = "hi"});
  EXPECT_TRUE(happened<message_sent>());
  does(alice, say{.target = "#mill", .text = "hi"});
  EXPECT_TRUE(happened<message_sent>());
}

TEST_F(messages_test, a_ban_silences_a_member_until_it_is_lifted_or_the_nick_no_longer_matches) {
  alice_and_bob_meet();
  does(bob, say{.target = "#mill", .text = "before"});
  changes_mode(alice, true, room_mode::ban, "b?b!*@*");
  does(bob, say{.target = "#mill", .text = "hi"});
  EXPECT_TRUE(is_refused(refusal::banned_from_speaking));
  does(bob, change_nick{.nick = "bert"});
  does(bob, say{.target = "#mill", .text = "hi"});
  EXPECT_TRUE(happened<message_sent>());
  does(bob, change_nick{.nick = "bab"});
  does(bob, say{.target = "#mill", .text = "hi"});
  EXPECT_TRUE(is_refused(refusal::banned_from_speaking));
  changes_mode(alice, false, room_mode::ban, "B?B!*@*");
  does(bob, say{.target = "#mill", .text = "hi"});
  EXPECT_TRUE(happened<message_sent>());
}

TEST_F(messages_test, actions_are_kept_and_other_client_requests_are_not) {
  alice_and_bob_meet();
  does(bob, say{.target = "#mill",
                .text = "\x01"
                        "ACTION waves\x01"});
  EXPECT_TRUE(caused<message_sent>().kept);
  does(bob, say{.target = "#mill", .text = "\x01VERSION\x01"});
  EXPECT_FALSE(caused<message_sent>().kept);
  EXPECT_EQ(caused<message_sent>().said.id, 0U);
}

TEST_F(messages_test, texts_that_could_break_a_line_are_refused) {
  using namespace std::string_view_literals;
  alice_and_bob_meet();
  for (const std::string_view text : {"a\nb"sv, "a\rb"sv, "a\0b"sv, "\xff"sv}) {
    does(bob, say{.target = "#mill", .text = text});
    EXPECT_TRUE(is_refused(refusal::text_invalid));
  }
  does(bob, say{.target = "#mill", .text = std::string(chat.bounds().message_bytes + 1, 'x')});
  EXPECT_TRUE(is_refused(refusal::text_invalid));
}

TEST_F(messages_test, an_announcement_reaches_all_members_or_waits_in_the_history) {
  alice_and_bob_meet();
  events.clear();
  ASSERT_TRUE(chat.announce("#Mill", "carol!~c@h", "carol shared a.txt", now, events));
  EXPECT_EQ(told<message_sent>(), (roster{alice, bob}));
  EXPECT_EQ(caused<message_sent>().said.target, "#mill");
  events.clear();
  ASSERT_TRUE(chat.announce("#empty", "carol!~c@h", "carol shared a.txt", now, events));
  EXPECT_EQ(told<message_sent>(), roster{});
  EXPECT_EQ(chat.announce("empty", "c!c@h", "x", now, events).error(), refusal::room_name_invalid);
  EXPECT_EQ(chat.announce("#empty", "c!c@h", "a\nb", now, events).error(), refusal::text_invalid);
  EXPECT_EQ(chat.announce("#empty", "c!c@h", "", now, events).error(), refusal::no_text);
}

}  // namespace
}  // namespace hub::chat
