#include <hub/chat/rules_fixture.hpp>

namespace hub::chat {
namespace {

class rooms_test : public rules_test {};

class small_rooms_test : public rules_test {
 protected:
  small_rooms_test() : rules_test(limits{.rooms_per_user = 2, .rooms = 3}) {}
};

TEST_F(rooms_test, who_comes_first_is_operator_and_the_next_is_not) {
  alice_and_bob_meet();
  const room* mill = chat.find_room("#MILL");
  ASSERT_NE(mill, nullptr);
  EXPECT_TRUE(mill->members()[0].is_operator);
  EXPECT_FALSE(mill->members()[1].is_operator);
  EXPECT_EQ(mill->kept().modes, "nt");
}

TEST_F(rooms_test, a_join_is_told_to_all_members_and_then_opens_the_room) {
  alice_and_bob_meet();
  EXPECT_EQ(told<joined>(), (roster{alice, bob}));
  EXPECT_EQ(told<room_entered>(), roster{bob});
  EXPECT_EQ(caused<joined>().room, "#mill");
}

TEST_F(rooms_test, joining_a_room_twice_does_nothing) {
  alice_and_bob_meet();
  does(bob, join{.room = "#Mill", .key = {}});
  EXPECT_TRUE(events.empty());
}

TEST_F(rooms_test, names_that_are_no_room_names_are_refused) {
  enters(alice, "alice");
  for (const std::string_view name :
       {"mill", "#", "#a b", "#a,b", "#a\x07", "#a\u202e", "#a\u200b", "#\xff"}) {
    does(alice, join{.room = name, .key = {}});
    EXPECT_TRUE(is_refused(refusal::room_name_invalid)) << name;
  }
}

TEST_F(rooms_test, an_earlier_roster_does_not_change_when_members_come_and_go) {
  alice_and_bob_meet();
  does(alice, say{.target = "#mill", .text = "one"});
  const auto before = events.front().to.many;
  does(bob, part{.room = "#mill", .reason = {}});
  enters(carol, "carol");
  does(carol, join{.room = "#mill", .key = {}});
  EXPECT_EQ(*before, (roster{alice, bob}));
}

TEST_F(rooms_test, messages_in_a_room_that_nobody_joins_or_leaves_share_one_roster) {
  alice_and_bob_meet();
  does(alice, say{.target = "#mill", .text = "one"});
  const auto first = events.front().to.many;
  does(alice, say{.target = "#mill", .text = "two"});
  EXPECT_EQ(events.front().to.many, first);
}

TEST_F(rooms_test, a_key_lets_in_only_who_knows_it_also_into_an_empty_room) {
  alice_and_bob_meet();
  changes_mode(alice, true, room_mode::key, "Secret");
  enters(carol, "carol");
  does(carol, join{.room = "#mill", .key = "secret"});
  EXPECT_TRUE(is_refused(refusal::wrong_key));
  does(alice, part_all{});
  does(bob, part_all{});
  does(carol, join{.room = "#mill", .key = {}});
  EXPECT_TRUE(is_refused(refusal::wrong_key));
  does(carol, join{.room = "#mill", .key = "Secret"});
  EXPECT_TRUE(happened<joined>());
}

TEST_F(rooms_test, a_full_room_is_closed) {
  alice_and_bob_meet();
  changes_mode(alice, true, room_mode::limit, "2");
  enters(carol, "carol");
  does(carol, join{.room = "#mill", .key = {}});
  EXPECT_TRUE(is_refused(refusal::room_is_full));
}

TEST_F(rooms_test, a_ban_keeps_out_unless_invited) {
  alice_and_bob_meet();
  enters(carol, "carol");
  changes_mode(alice, true, room_mode::ban, "CAROL");
  does(carol, join{.room = "#mill", .key = {}});
  EXPECT_TRUE(is_refused(refusal::banned));
  does(alice, invite{.nick = "carol", .room = "#mill"});
  does(carol, join{.room = "#mill", .key = {}});
  EXPECT_TRUE(happened<joined>());
}

TEST_F(rooms_test, an_invitation_opens_an_invite_only_room_once) {
  alice_and_bob_meet();
  enters(carol, "carol");
  changes_mode(alice, true, room_mode::invite_only);
  does(carol, join{.room = "#mill", .key = {}});
  EXPECT_TRUE(is_refused(refusal::invite_only));
  does(alice, invite{.nick = "Carol", .room = "#mill"});
  EXPECT_EQ(told<invited>(), roster{carol});
  EXPECT_EQ(told<inviting>(), roster{alice});
  EXPECT_EQ(told<peers_invited>(), roster{bob});
  does(carol, join{.room = "#mill", .key = {}});
  EXPECT_TRUE(happened<joined>());
  does(carol, part{.room = "#mill", .reason = {}});
  does(carol, join{.room = "#mill", .key = {}});
  EXPECT_TRUE(is_refused(refusal::invite_only));
}

TEST_F(rooms_test, an_invitation_is_not_inherited_by_the_next_user_of_the_session) {
  alice_and_bob_meet();
  enters(carol, "carol");
  changes_mode(alice, true, room_mode::invite_only);
  does(alice, invite{.nick = "carol", .room = "#mill"});
  does(carol, leave{.reason = {}});
  enters(carol, "carol");
  does(carol, join{.room = "#mill", .key = {}});
  EXPECT_TRUE(is_refused(refusal::invite_only));
}

TEST_F(rooms_test, an_invitation_by_someone_without_rank_does_not_lift_a_ban) {
  alice_and_bob_meet();
  enters(carol, "carol");
  changes_mode(alice, true, room_mode::ban, "carol");
  does(bob, invite{.nick = "carol", .room = "#mill"});
  EXPECT_TRUE(happened<invited>());
  does(carol, join{.room = "#mill", .key = {}});
  EXPECT_TRUE(is_refused(refusal::banned));
}

TEST_F(rooms_test, inviting_is_refused_for_good_reasons) {
  alice_and_bob_meet();
  enters(carol, "carol");
  does(alice, invite{.nick = "bob", .room = "#mill"});
  EXPECT_TRUE(is_refused(refusal::already_member));
  does(carol, invite{.nick = "alice", .room = "#mill"});
  EXPECT_TRUE(is_refused(refusal::not_in_room));
  does(alice, invite{.nick = "nemo", .room = "#mill"});
  EXPECT_TRUE(is_refused(refusal::no_such_nick));
  does(alice, invite{.nick = "carol", .room = "#nowhere"});
  EXPECT_TRUE(is_refused(refusal::no_such_room));
  changes_mode(alice, true, room_mode::invite_only);
  does(bob, invite{.nick = "carol", .room = "#mill"});
  EXPECT_TRUE(is_refused(refusal::not_operator));
}

TEST_F(rooms_test, the_first_stranger_in_an_emptied_invite_only_room_sees_no_older_history) {
  alice_and_bob_meet();
  changes_mode(alice, true, room_mode::invite_only);
  does(alice, say{.target = "#mill", .text = "between us"});
  const std::int64_t said_at = caused<message_sent>().said.time_ms;
  does(alice, leave{.reason = {}});
  does(bob, leave{.reason = {}});
  enters(carol, "carol");
  does(carol, join{.room = "#mill", .key = {}});
  EXPECT_GT(caused<room_entered>().history_from_ms, said_at);
  EXPECT_EQ(caused<room_changed>().record.history_from_ms, caused<room_entered>().history_from_ms);
  EXPECT_TRUE(chat.find_room("#mill")->has(room_mode::invite_only));
}

TEST_F(rooms_test, parting_is_told_to_all_and_then_the_member_is_gone) {
  alice_and_bob_meet();
  does(alice, part{.room = "#mill", .reason = "off"});
  EXPECT_EQ(told<parted>(), (roster{alice, bob}));
  does(alice, part{.room = "#mill", .reason = {}});
  EXPECT_TRUE(is_refused(refusal::not_in_room));
  does(alice, part{.room = "#nowhere", .reason = {}});
  EXPECT_TRUE(is_refused(refusal::no_such_room));
}

TEST_F(rooms_test, part_all_leaves_every_room) {
  alice_and_bob_meet();
  does(alice, join{.room = "#leat", .key = {}});
  does(alice, part_all{});
  EXPECT_EQ(events.size(), 2U);
  EXPECT_TRUE(chat.find(alice)->rooms.empty());
  EXPECT_EQ(chat.find_room("#leat"), nullptr);
}

TEST_F(rooms_test, a_plain_room_is_forgotten_when_it_empties_and_one_with_a_topic_is_not) {
  enters(alice, "alice");
  does(alice, join{.room = "#plain", .key = {}});
  does(alice, join{.room = "#mill", .key = {}});
  does(alice, set_topic{.room = "#mill", .topic = "flour"});
  does(alice, part_all{});
  EXPECT_EQ(chat.find_room("#plain"), nullptr);
  ASSERT_NE(chat.find_room("#mill"), nullptr);
  EXPECT_EQ(chat.find_room("#mill")->kept().topic, "flour");
}

TEST_F(rooms_test, kicking_takes_an_operator_and_a_member) {
  alice_and_bob_meet();
  enters(carol, "carol");
  does(bob, kick{.room = "#mill", .nick = "alice", .reason = {}});
  EXPECT_TRUE(is_refused(refusal::not_operator));
  does(alice, kick{.room = "#mill", .nick = "carol", .reason = {}});
  EXPECT_TRUE(is_refused(refusal::not_member));
  does(alice, kick{.room = "#mill", .nick = "nemo", .reason = {}});
  EXPECT_TRUE(is_refused(refusal::no_such_nick));
  does(alice, kick{.room = "#mill", .nick = "BOB", .reason = {}});
  EXPECT_EQ(told<kicked>(), (roster{alice, bob}));
  EXPECT_EQ(caused<kicked>().reason, "alice");
  EXPECT_EQ(chat.find_room("#mill")->members().size(), 1U);
}

TEST_F(rooms_test, members_keep_their_rank_when_another_leaves) {
  alice_and_bob_meet();
  enters(carol, "carol");
  does(carol, join{.room = "#mill", .key = {}});
  changes_mode(alice, true, room_mode::voice_rank, "carol");
  does(bob, leave{.reason = {}});
  const user* third = chat.find(carol);
  EXPECT_TRUE(chat.find_room("#mill")->members()[third->rooms[0].place].has_voice);
  does(carol, leave{.reason = {}});
  EXPECT_EQ(chat.find_room("#mill")->members().size(), 1U);
}

TEST_F(rooms_test, a_locked_topic_is_changed_by_operators_only_and_recorded) {
  alice_and_bob_meet();
  does(bob, set_topic{.room = "#mill", .topic = "bob's"});
  EXPECT_TRUE(is_refused(refusal::not_operator));
  does(alice, set_topic{.room = "#mill", .topic = "flour"});
  EXPECT_EQ(told<topic_changed>(), (roster{alice, bob}));
  EXPECT_EQ(caused<room_changed>().record.topic, "flour");
  EXPECT_EQ(caused<room_changed>().record.topic_setter, "alice!~alice@127.0.0.1");
  changes_mode(alice, false, room_mode::topic_locked);
  does(bob, set_topic{.room = "#mill", .topic = {}});
  EXPECT_EQ(caused<topic_changed>().topic, "");
}

TEST_F(rooms_test, a_record_brings_a_room_back_as_it_was) {
  alice_and_bob_meet();
  changes_mode(alice, true, room_mode::ban, "mallory");
  changes_mode(alice, true, room_mode::moderated);
  changes_mode(alice, true, room_mode::limit, "7");
  does(alice, set_topic{.room = "#mill", .topic = "flour"});
  const room_record record = caused<room_changed>().record;
  rules later({}, 0);
  later.restore(record);
  ASSERT_NE(later.find_room("#mill"), nullptr);
  EXPECT_EQ(later.find_room("#mill")->kept(), record);
  EXPECT_EQ(record.modes, "mnt");
}

TEST_F(rooms_test, a_room_with_nothing_left_to_keep_has_its_record_dropped) {
  alice_and_bob_meet();
  does(alice, set_topic{.room = "#mill", .topic = "flour"});
  EXPECT_TRUE(happened<room_changed>());
  does(alice, set_topic{.room = "#mill", .topic = {}});
  EXPECT_EQ(caused<room_plain_again>().room, "#mill");
}

TEST_F(rooms_test, a_record_with_a_bad_name_or_nothing_to_keep_is_not_taken_back) {
  room_record record;
  record.name = "mill";
  record.topic = "flour";
  chat.restore(record);
  record.name = "#mill";
  record.topic.clear();
  record.modes = "nt";
  chat.restore(record);
  EXPECT_EQ(chat.room_count(), 0U);
}

TEST_F(rooms_test, a_secret_room_does_not_exist_for_outsiders) {
  alice_and_bob_meet();
  enters(carol, "carol");
  changes_mode(alice, true, room_mode::secret);
  EXPECT_TRUE(rules::sees(*chat.find(bob), *chat.find_room("#mill")));
  EXPECT_FALSE(rules::sees(*chat.find(carol), *chat.find_room("#mill")));
  does(carol, part{.room = "#mill", .reason = {}});
  EXPECT_TRUE(is_refused(refusal::no_such_room));
  does(carol, say{.target = "#mill", .text = "hi"});
  EXPECT_TRUE(is_refused(refusal::no_such_room));
}

TEST_F(small_rooms_test, a_user_is_in_no_more_rooms_than_allowed) {
  enters(alice, "alice");
  does(alice, join{.room = "#a", .key = {}});
  does(alice, join{.room = "#b", .key = {}});
  does(alice, join{.room = "#c", .key = {}});
  EXPECT_TRUE(is_refused(refusal::too_many_rooms));
}

TEST_F(small_rooms_test, the_server_makes_no_more_rooms_than_allowed) {
  enters(alice, "alice");
  enters(bob, "bob");
  does(alice, join{.room = "#a", .key = {}});
  does(alice, join{.room = "#b", .key = {}});
  does(bob, join{.room = "#c", .key = {}});
  does(bob, join{.room = "#d", .key = {}});
  EXPECT_TRUE(is_refused(refusal::server_full_of_rooms));
  does(bob, join{.room = "#a", .key = {}});
  EXPECT_TRUE(happened<joined>());
}

}  // namespace
}  // namespace hub::chat
