// Rooms, messages and modes as clients see them.
#include <hub/irc/exchange_fixture.hpp>

namespace hub::irc {
namespace {

class commands_test : public exchange_test {
 protected:
  commands_test() { alice_and_bob_meet(); }
};

TEST_F(commands_test, joining_shows_the_join_the_topic_the_names_and_then_the_history) {
  says(alice, "TOPIC #mill :flour");
  says(alice, "PRIVMSG #mill :first");
  enters(carol, "carol");
  const std::string shown = says(carol, "JOIN #MILL");
  EXPECT_EQ(shown,
            ":carol!~carol@127.0.0.1 JOIN #mill\r\n"
            ":leat 332 carol #mill :flour\r\n"
            ":leat 333 carol #mill alice!~alice@127.0.0.1 1700000000\r\n"
            ":leat 353 carol = #mill :@alice bob carol\r\n"
            ":leat 366 carol #mill :End of /NAMES list\r\n"
            ":alice!~alice@127.0.0.1 PRIVMSG #mill :[22:13] first\r\n");
  EXPECT_EQ(reads(alice), ":carol!~carol@127.0.0.1 JOIN #mill\r\n");
}

TEST_F(commands_test, history_is_tagged_with_its_time_for_those_who_know_server_time) {
  says(alice, "PRIVMSG #mill :first");
  connects(carol);
  says(carol, "CAP REQ :server-time batch\r\nNICK carol\r\nUSER c 0 * :C\r\nCAP END");
  const std::string shown = says(carol, "JOIN #mill");
  EXPECT_TRUE(has(shown, ":leat BATCH +h1 chathistory #mill\r\n@batch=h1;time=2023-11-14T22:13:20.0"));
  EXPECT_TRUE(has(shown, " :alice!~alice@127.0.0.1 PRIVMSG #mill :first\r\n"));
}

TEST_F(commands_test, several_rooms_join_with_keys_in_order) {
  says(alice, "JOIN #locked\r\nMODE #locked +k sesame");
  EXPECT_TRUE(has(says(bob, "JOIN #open,#locked x,sesame"), ":bob!~bob@127.0.0.1 JOIN #locked\r\n"));
  EXPECT_EQ(rules.find_nick("bob")->rooms.size(), 3U);
  EXPECT_EQ(says(bob, "JOIN 0"),
            ":bob!~bob@127.0.0.1 PART #mill\r\n:bob!~bob@127.0.0.1 PART #open\r\n:bob!~bob@127.0.0.1 PART "
            "#locked\r\n");
}

TEST_F(commands_test, joins_are_refused_by_number) {
  enters(carol, "carol");
  EXPECT_TRUE(says(carol, "JOIN mill").starts_with(":leat 476 carol mill :"));
  says(alice, "MODE #mill +l 2");
  EXPECT_EQ(says(carol, "JOIN #mill"), ":leat 471 carol #mill :Cannot join channel (+l)\r\n");
  says(alice, "MODE #mill -l+i");
  EXPECT_EQ(says(carol, "JOIN #mill"), ":leat 473 carol #mill :Cannot join channel (+i)\r\n");
  says(alice, "MODE #mill -i+b carol");
  EXPECT_EQ(says(carol, "JOIN #mill"), ":leat 474 carol #mill :Cannot join channel (+b)\r\n");
  says(alice, "MODE #mill -b+k carol key");
  EXPECT_EQ(says(carol, "JOIN #mill"), ":leat 475 carol #mill :Cannot join channel (+k)\r\n");
  EXPECT_EQ(says(carol, "JOIN"), ":leat 461 carol JOIN :Not enough parameters\r\n");
}

TEST_F(commands_test, a_message_reaches_all_others_and_is_kept) {
  EXPECT_EQ(says(bob, "PRIVMSG #mill :hello  there"), "");
  EXPECT_EQ(reads(alice), ":bob!~bob@127.0.0.1 PRIVMSG #mill :hello  there\r\n");
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].text, "hello  there");
}

TEST_F(commands_test, a_message_is_kept_before_it_is_delivered) {
  effects out;
  server.received(bob, "PRIVMSG #mill :x\r\n", now, out);
  ASSERT_GE(out.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<keep_message>(out[0]));
  EXPECT_TRUE(std::holds_alternative<deliver>(out[1]));
}

TEST_F(commands_test, the_sender_hears_itself_only_with_echo_message) {
  says(bob, "CAP REQ :echo-message");
  EXPECT_EQ(says(bob, "PRIVMSG #mill :x"), ":bob!~bob@127.0.0.1 PRIVMSG #mill :x\r\n");
  EXPECT_EQ(says(bob, "NOTICE alice :y"), ":bob!~bob@127.0.0.1 NOTICE alice :y\r\n");
  EXPECT_EQ(reads(alice), ":bob!~bob@127.0.0.1 NOTICE alice :y\r\n");
}

TEST_F(commands_test, all_receivers_share_one_buffer) {
  says(alice, "CAP REQ :server-time");
  enters(carol, "carol");
  says(carol, "JOIN #mill");
  effects out;
  server.received(bob, "PRIVMSG #mill :x\r\n", now, out);
  std::size_t deliveries = 0;
  for (const effect& one : out)
    deliveries += std::holds_alternative<deliver>(one) ? 1 : 0;
  EXPECT_EQ(deliveries, 1U);
}

TEST_F(commands_test, targets_beyond_the_limit_are_refused_with_407) {
  EXPECT_EQ(says(bob, "PRIVMSG alice,alice,alice,alice,alice :x"),
            ":leat 407 bob alice :Too many recipients; the message was not delivered there\r\n");
  EXPECT_EQ(kept.size(), 4U);
}

TEST_F(commands_test, messages_are_refused_by_number_and_notices_in_silence) {
  EXPECT_EQ(says(bob, "PRIVMSG nemo :x"), ":leat 401 bob nemo :No such nick/channel\r\n");
  EXPECT_EQ(says(bob, "PRIVMSG #nemo :x"), ":leat 403 bob #nemo :No such channel\r\n");
  EXPECT_EQ(says(bob, "PRIVMSG"), ":leat 411 bob :No recipient given (PRIVMSG)\r\n");
  EXPECT_EQ(says(bob, "PRIVMSG alice"), ":leat 412 bob :No text to send\r\n");
  EXPECT_EQ(says(bob, "PRIVMSG alice :"), ":leat 412 bob :No text to send\r\n");
  says(alice, "MODE #mill +m");
  EXPECT_TRUE(says(bob, "PRIVMSG #mill :x").starts_with(":leat 404 bob #mill :"));
  EXPECT_EQ(says(bob, "NOTICE #mill :x\r\nNOTICE nemo :x\r\nNOTICE\r\nNOTICE alice"), "");
}

TEST_F(commands_test, an_away_receiver_answers_with_301) {
  EXPECT_EQ(says(alice, "AWAY :lunch"), ":leat 306 alice :You have been marked as being away\r\n");
  EXPECT_EQ(says(bob, "PRIVMSG alice :x"), ":leat 301 bob alice :lunch\r\n");
  EXPECT_EQ(says(alice, "AWAY"), ":leat 305 alice :You are no longer marked as being away\r\n");
}

TEST_F(commands_test, away_is_told_to_those_who_asked_also_on_join) {
  says(bob, "CAP REQ :away-notify");
  says(alice, "AWAY :lunch");
  EXPECT_EQ(reads(bob), ":alice!~alice@127.0.0.1 AWAY :lunch\r\n");
  enters(carol, "carol");
  says(carol, "AWAY :tea");
  says(carol, "JOIN #mill");
  EXPECT_EQ(reads(bob), ":carol!~carol@127.0.0.1 JOIN #mill\r\n:carol!~carol@127.0.0.1 AWAY :tea\r\n");
  EXPECT_FALSE(has(reads(alice), "AWAY"));
  says(alice, "AWAY");
  EXPECT_EQ(reads(bob), ":alice!~alice@127.0.0.1 AWAY\r\n");
}

TEST_F(commands_test, parting_goes_to_the_room_with_its_reason) {
  EXPECT_EQ(says(bob, "PART #mill :tired"), ":bob!~bob@127.0.0.1 PART #mill :tired\r\n");
  EXPECT_EQ(reads(alice), ":bob!~bob@127.0.0.1 PART #mill :tired\r\n");
  EXPECT_EQ(says(bob, "PART #mill"), ":leat 442 bob #mill :You're not on that channel\r\n");
  EXPECT_EQ(says(bob, "PART #nemo"), ":leat 403 bob #nemo :No such channel\r\n");
}

TEST_F(commands_test, a_nick_change_is_seen_by_all) {
  EXPECT_EQ(says(bob, "NICK bert"), ":bob!~bob@127.0.0.1 NICK bert\r\n");
  EXPECT_EQ(reads(alice), ":bob!~bob@127.0.0.1 NICK bert\r\n");
}

TEST_F(commands_test, a_topic_is_shown_set_and_cleared) {
  EXPECT_EQ(says(bob, "TOPIC #mill"), ":leat 331 bob #mill :No topic is set\r\n");
  EXPECT_EQ(says(bob, "TOPIC #mill :x"), ":leat 482 bob #mill :You're not channel operator\r\n");
  EXPECT_EQ(says(alice, "TOPIC #mill :x"), ":alice!~alice@127.0.0.1 TOPIC #mill :x\r\n");
  ASSERT_EQ(kept_rooms.size(), 1U);
  EXPECT_EQ(kept_rooms[0].topic, "x");
  EXPECT_TRUE(
      says(bob, "TOPIC #mill").starts_with(":leat 332 bob #mill :x\r\n:leat 333 bob #mill alice!~alice@"));
  EXPECT_EQ(says(alice, "TOPIC #mill :"), ":alice!~alice@127.0.0.1 TOPIC #mill :\r\n");
  EXPECT_EQ(dropped_rooms, std::vector<std::string>{"#mill"});
}

TEST_F(commands_test, kicking_takes_lists_and_a_reason) {
  enters(carol, "carol");
  says(carol, "JOIN #mill");
  EXPECT_EQ(
      says(alice, "KICK #mill bob,carol :out"),
      ":alice!~alice@127.0.0.1 KICK #mill bob :out\r\n:alice!~alice@127.0.0.1 KICK #mill carol :out\r\n");
  EXPECT_EQ(reads(bob), ":alice!~alice@127.0.0.1 KICK #mill bob :out\r\n");
  EXPECT_EQ(says(alice, "KICK #mill bob"), ":leat 441 alice bob #mill :They aren't on that channel\r\n");
}

TEST_F(commands_test, inviting_tells_both_and_those_who_asked) {
  enters(carol, "carol");
  says(bob, "CAP REQ :invite-notify");
  EXPECT_EQ(says(alice, "INVITE carol #mill"), ":leat 341 alice carol #mill\r\n");
  EXPECT_EQ(reads(carol), ":alice!~alice@127.0.0.1 INVITE carol #mill\r\n");
  EXPECT_EQ(reads(bob), ":alice!~alice@127.0.0.1 INVITE carol #mill\r\n");
  EXPECT_EQ(says(alice, "INVITE bob #mill"), ":leat 443 alice bob #mill :is already on channel\r\n");
  EXPECT_EQ(says(alice, "INVITE bob"), ":leat 461 alice INVITE :Not enough parameters\r\n");
}

TEST_F(commands_test, modes_are_shown_with_the_key_only_to_members) {
  says(alice, "MODE #mill +kl sesame 9");
  EXPECT_TRUE(says(bob, "MODE #mill")
                  .starts_with(":leat 324 bob #mill +ntkl sesame 9\r\n:leat 329 bob #mill 17000000"));
  enters(carol, "carol");
  EXPECT_TRUE(says(carol, "MODE #mill").starts_with(":leat 324 carol #mill +ntkl * 9\r\n"));
  EXPECT_EQ(says(carol, "MODE #nemo"), ":leat 403 carol #nemo :No such channel\r\n");
}

TEST_F(commands_test, a_mode_change_is_told_as_one_line) {
  EXPECT_EQ(says(alice, "MODE #mill +ov-t+m bob bob"),
            ":alice!~alice@127.0.0.1 MODE #mill +ov-t+m bob bob\r\n");
  EXPECT_EQ(reads(bob), ":alice!~alice@127.0.0.1 MODE #mill +ov-t+m bob bob\r\n");
}

TEST_F(commands_test, modes_are_refused_by_number) {
  EXPECT_EQ(says(bob, "MODE #mill +m"), ":leat 482 bob #mill :You're not channel operator\r\n");
  EXPECT_EQ(says(alice, "MODE #mill +X"), ":leat 472 alice X :is unknown mode char to me\r\n");
  EXPECT_EQ(says(alice, "MODE #mill +\u00e9"), ":leat 472 alice \u00e9 :is unknown mode char to me\r\n");
  EXPECT_EQ(says(alice, "MODE #mill +o"), ":leat 461 alice MODE :Mode o needs a parameter\r\n");
  EXPECT_TRUE(says(alice, "MODE #mill +l 0").starts_with(":leat 696 alice #mill l 0 :"));
  EXPECT_TRUE(says(alice, "MODE #mill +l -1").starts_with(":leat 696 alice #mill l -1 :"));
  EXPECT_TRUE(says(alice, "MODE #mill +k :a b").starts_with(":leat 696 alice #mill k a :"));
  EXPECT_EQ(says(alice, "MODE #mill +o nemo"), ":leat 401 alice nemo :No such nick/channel\r\n");
}

TEST_F(commands_test, an_unknown_mode_letter_is_named_once_and_the_others_are_done) {
  const std::string answer = says(alice, "MODE #mill +myzv bob");
  EXPECT_TRUE(has(answer, ":leat 472 alice y :")) << answer;
  EXPECT_FALSE(has(answer, " 472 alice z ")) << answer;
  EXPECT_TRUE(has(answer, " MODE #mill +mv bob\r\n")) << answer;
}

TEST_F(commands_test, bans_are_listed_to_anyone_who_sees_the_room) {
  says(alice, "MODE #mill +b *!*@10.0.0.1");
  EXPECT_EQ(says(bob, "MODE #mill b"),
            ":leat 367 bob #mill *!*@10.0.0.1 alice!~alice@127.0.0.1 1700000000\r\n"
            ":leat 368 bob #mill :End of channel ban list\r\n");
  EXPECT_EQ(says(bob, "MODE #mill +bb"), says(bob, "MODE #mill b"));
}

TEST_F(commands_test, user_modes_are_ones_own) {
  EXPECT_EQ(says(bob, "MODE bob +i"), ":bob!~bob@127.0.0.1 MODE bob +i\r\n");
  EXPECT_EQ(says(bob, "MODE bob"), ":leat 221 bob +i\r\n");
  EXPECT_EQ(says(bob, "MODE bob -i+xw"),
            ":bob!~bob@127.0.0.1 MODE bob -i\r\n:leat 501 bob :Unknown MODE flag\r\n");
  EXPECT_EQ(says(bob, "MODE alice +i"), ":leat 502 bob :Can't change mode for other users\r\n");
  EXPECT_EQ(says(bob, "MODE nemo +i"), ":leat 401 bob nemo :No such nick/channel\r\n");
}

TEST_F(commands_test, setname_is_told_to_those_who_know_it) {
  says(bob, "CAP REQ :setname");
  EXPECT_EQ(says(bob, "SETNAME :Bob the Miller"), ":bob!~bob@127.0.0.1 SETNAME :Bob the Miller\r\n");
  EXPECT_EQ(reads(alice), "");
  EXPECT_TRUE(says(bob, "SETNAME :").starts_with(":leat FAIL SETNAME INVALID_REALNAME :"));
}

TEST_F(commands_test, an_announcement_is_a_message_like_any_other) {
  screens.clear();
  run([&](effects& out) {
    EXPECT_TRUE(server.announce("#mill", "carol!~c@h", "carol shared a.txt", now, out));
    EXPECT_FALSE(server.announce("mill", "carol!~c@h", "x", now, out));
  });
  EXPECT_EQ(reads(alice), ":carol!~c@h PRIVMSG #mill :carol shared a.txt\r\n");
  EXPECT_EQ(reads(bob), reads(alice));
  EXPECT_EQ(kept.size(), 1U);
}

}  // namespace
}  // namespace hub::irc
