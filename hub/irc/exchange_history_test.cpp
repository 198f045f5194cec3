// What clients may ask of the history, what they are told to have read, and what rooms' logs keep.
#include <hub/irc/exchange_fixture.hpp>

namespace hub::irc {
namespace {

class exchange_history_test : public exchange_test {
 protected:
  std::vector<std::string> logged() const {
    std::vector<std::string> lines;
    for (const chat::message& one : events)
      lines.push_back(one.target + ' ' + event_line(one, {}));
    return lines;
  }
};

TEST_F(exchange_history_test, a_member_may_ask_for_what_was_said_in_a_room) {
  alice_and_bob_meet();
  EXPECT_EQ(says(bob, "CHATHISTORY LATEST #MILL * 50"), "");
  ASSERT_EQ(asked_for.size(), 1U);
  EXPECT_EQ(asked_for[0].to, bob);
  EXPECT_EQ(asked_for[0].last_id, rules.last_message_id());
  ASSERT_EQ(asked_for[0].of.size(), 1U);
  EXPECT_EQ(asked_for[0].of[0].room, "#mill");
}

TEST_F(exchange_history_test, who_is_not_in_a_room_learns_nothing_of_it) {
  alice_and_bob_meet();
  enters(carol, "carol");
  const std::string refused =
      ":leat FAIL CHATHISTORY INVALID_TARGET LATEST #mill :You're not on that channel\r\n";
  EXPECT_EQ(says(carol, "CHATHISTORY LATEST #mill * 50"), refused);
  EXPECT_TRUE(has(says(carol, "CHATHISTORY LATEST #nowhere * 50"), "INVALID_TARGET LATEST #nowhere"));
  says(bob, "PART #mill");
  EXPECT_EQ(says(bob, "CHATHISTORY LATEST #mill * 50"), refused);
  EXPECT_TRUE(asked_for.empty());
}

TEST_F(exchange_history_test, a_room_hides_from_those_who_found_it_empty_what_was_said_before) {
  enters(alice, "alice");
  says(alice, "JOIN #mill\r\nMODE #mill +i\r\nTOPIC #mill :secret");
  says(alice, "PART #mill");
  enters(bob, "bob");
  says(bob, "JOIN #mill");
  says(bob, "CHATHISTORY LATEST #mill * 5");
  ASSERT_EQ(asked_for.size(), 1U);
  EXPECT_EQ(asked_for[0].of[0].from_ms, rules.find_room("#mill")->kept().history_from_ms);
  EXPECT_NE(asked_for[0].of[0].from_ms, 0);
}

TEST_F(exchange_history_test, private_messages_belong_to_owners_and_strangers_have_none) {
  enters(alice, "alice", "A");
  enters(bob, "bob");
  says(alice, "PRIVMSG bob :psst");
  says(bob, "PRIVMSG alice :what");
  ASSERT_EQ(owners.size(), 2U);
  EXPECT_EQ(owners[0], std::pair(std::string("A"), std::string()));
  EXPECT_EQ(owners[1], std::pair(std::string(), std::string("A")));
  says(alice, "CHATHISTORY LATEST bob * 5");
  ASSERT_EQ(asked_for.size(), 1U);
  EXPECT_EQ(asked_for[0].owner, "A");
  EXPECT_TRUE(asked_for[0].of.empty());
  EXPECT_TRUE(has(says(bob, "CHATHISTORY LATEST alice * 5"), "FAIL CHATHISTORY INVALID_TARGET LATEST alice"));
  EXPECT_TRUE(has(says(alice, "CHATHISTORY LATEST a,b * 5"), "FAIL CHATHISTORY INVALID_TARGET LATEST a,b"));
}

TEST_F(exchange_history_test, what_is_said_in_a_room_belongs_to_no_owner) {
  enters(alice, "alice", "A");
  says(alice, "JOIN #mill\r\nPRIVMSG #mill :hello");
  for (const auto& [sender, receiver] : owners)
    EXPECT_EQ(sender + receiver, "");
}

TEST_F(exchange_history_test, a_label_goes_with_the_history_and_with_its_refusal) {
  alice_and_bob_meet();
  says(bob, "CAP REQ :labeled-response batch draft/chathistory");
  EXPECT_EQ(says(bob, "@label=x1 CHATHISTORY LATEST #mill * 5"), "");
  ASSERT_EQ(asked_for.size(), 1U);
  EXPECT_EQ(asked_for[0].label, "x1");
  EXPECT_EQ(says(bob, "@label=x2 CHATHISTORY LATEST #mill *"),
            "@label=x2 :leat FAIL CHATHISTORY NEED_MORE_PARAMS LATEST :Missing parameters\r\n");
}

TEST_F(exchange_history_test, targets_are_the_rooms_that_one_is_in) {
  alice_and_bob_meet();
  says(bob, "JOIN #two");
  says(bob, "CHATHISTORY TARGETS timestamp=2023-11-14T22:13:20.123Z timestamp=2022-11-14T22:13:20.123Z 9");
  ASSERT_EQ(asked_for.size(), 1U);
  EXPECT_EQ(asked_for[0].of.size(), 2U);
}

TEST_F(exchange_history_test, who_can_ask_for_history_is_shown_none_unasked) {
  enters(alice, "alice");
  says(alice, "JOIN #mill\r\nPRIVMSG #mill :hello");
  enters(bob, "bob");
  says(bob, "CAP REQ :batch server-time draft/chathistory");
  EXPECT_FALSE(has(says(bob, "JOIN #mill"), "hello"));
  enters(carol, "carol");
  EXPECT_TRUE(has(says(carol, "JOIN #mill"), "hello"));
}

TEST_F(exchange_history_test, a_rooms_log_has_all_that_happens_in_it) {
  alice_and_bob_meet();
  enters(carol, "carol");
  says(carol, "JOIN #mill");
  says(alice, "TOPIC #mill :soup");
  says(alice, "MODE #mill +v-t bob");
  says(bob, "NICK rob");
  says(alice, "KICK #mill rob :out");
  says(carol, "PART #mill :bye");
  says(alice, "QUIT :gone");
  EXPECT_EQ(logged(), (std::vector<std::string>{"#mill :alice!~alice@127.0.0.1 JOIN #mill\r\n",
                                                "#mill :bob!~bob@127.0.0.1 JOIN #mill\r\n",
                                                "#mill :carol!~carol@127.0.0.1 JOIN #mill\r\n",
                                                "#mill :alice!~alice@127.0.0.1 TOPIC #mill :soup\r\n",
                                                "#mill :alice!~alice@127.0.0.1 MODE #mill +v-t bob\r\n",
                                                "#mill :bob!~bob@127.0.0.1 NICK rob\r\n",
                                                "#mill :alice!~alice@127.0.0.1 KICK #mill rob :out\r\n",
                                                "#mill :carol!~carol@127.0.0.1 PART #mill :bye\r\n",
                                                "#mill :alice!~alice@127.0.0.1 QUIT :Quit: gone\r\n"}));
  for (std::size_t index = 1; index < events.size(); ++index)
    EXPECT_LT(events[index - 1].id, events[index].id);
}

TEST_F(exchange_history_test, an_event_of_one_room_has_an_id_and_one_of_many_has_none) {
  alice_and_bob_meet();
  says(bob, "JOIN #two");
  says(alice, "CAP REQ :message-tags");
  enters(carol, "carol");
  says(carol, "JOIN #mill");
  const std::string id = "@msgid=" + std::to_string(events.back().id) + ' ';
  EXPECT_EQ(reads(alice), id + ":carol!~carol@127.0.0.1 JOIN #mill\r\n");
  events.clear();
  says(bob, "NICK rob");
  EXPECT_EQ(reads(alice), ":bob!~bob@127.0.0.1 NICK rob\r\n");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_NE(events[0].target, events[1].target);
}

TEST_F(exchange_history_test, a_read_mark_only_moves_on_and_never_ahead_of_the_clock) {
  enters(alice, "alice", "A");
  says(alice, "CAP REQ :draft/read-marker");
  EXPECT_EQ(says(alice, "MARKREAD #mill"), ":leat MARKREAD #mill *\r\n");
  EXPECT_EQ(says(alice, "MARKREAD #mill timestamp=2023-01-02T03:04:05.678Z"),
            ":leat MARKREAD #mill timestamp=2023-01-02T03:04:05.678Z\r\n");
  EXPECT_EQ(says(alice, "MARKREAD #MILL timestamp=2023-01-01T00:00:00.000Z"),
            ":leat MARKREAD #MILL timestamp=2023-01-02T03:04:05.678Z\r\n");
  ASSERT_EQ(read_marks.size(), 1U);
  EXPECT_EQ(read_marks[0].owner, "A");
  EXPECT_EQ(read_marks[0].target, "#mill");
  says(alice, "MARKREAD bob timestamp=2099-01-01T00:00:00.000Z");
  ASSERT_EQ(read_marks.size(), 2U);
  EXPECT_EQ(read_marks[1].until, now);
}

TEST_F(exchange_history_test, all_connections_of_an_owner_learn_what_is_read_and_nobody_else) {
  enters(alice, "alice", "A");
  enters(bob, "alice_phone", "A");
  enters(carol, "carol", "C");
  for (const chat::session_id one : {alice, bob, carol})
    says(one, "CAP REQ :draft/read-marker");
  says(alice, "MARKREAD #mill timestamp=2023-01-02T03:04:05.678Z");
  EXPECT_EQ(reads(bob), ":leat MARKREAD #mill timestamp=2023-01-02T03:04:05.678Z\r\n");
  EXPECT_EQ(reads(carol), "");
  EXPECT_EQ(says(carol, "MARKREAD #mill"), ":leat MARKREAD #mill *\r\n");
}

TEST_F(exchange_history_test, a_read_mark_is_told_before_the_names_of_a_room_that_one_joins) {
  const std::vector<read_mark> stored = {{"#mill", chat::moment(std::chrono::seconds(1'600'000'000))}};
  enters(alice, "alice", "A", stored);
  says(alice, "CAP REQ :draft/read-marker");
  const std::string joined = says(alice, "JOIN #mill,#two");
  const auto mark = joined.find(":leat MARKREAD #mill timestamp=2020-09-13T12:26:40.000Z");
  ASSERT_NE(mark, std::string::npos) << joined;
  EXPECT_LT(joined.find("JOIN #mill"), mark);
  EXPECT_LT(mark, joined.find(" 366 "));
  EXPECT_TRUE(has(joined, ":leat MARKREAD #two *"));
}

TEST_F(exchange_history_test, a_strangers_read_marks_last_as_long_as_the_connection) {
  enters(alice, "alice");
  enters(bob, "bob");
  EXPECT_TRUE(has(says(alice, "MARKREAD #mill timestamp=2023-01-02T03:04:05.678Z"), "05.678Z"));
  EXPECT_TRUE(has(says(alice, "MARKREAD #mill"), "05.678Z"));
  EXPECT_TRUE(has(says(bob, "MARKREAD #mill"), " *"));
  EXPECT_TRUE(read_marks.empty());
  run([&](effects& out) { server.disconnected(alice, "gone", now, out); });
  enters(alice, "alice");
  EXPECT_TRUE(has(says(alice, "MARKREAD #mill"), " *"));
}

TEST_F(exchange_history_test, a_read_mark_that_makes_no_sense_is_refused) {
  enters(alice, "alice", "A");
  EXPECT_TRUE(has(says(alice, "MARKREAD"), "FAIL MARKREAD NEED_MORE_PARAMS"));
  EXPECT_TRUE(has(says(alice, "MARKREAD a,b"), "FAIL MARKREAD INVALID_PARAMS a,b"));
  EXPECT_TRUE(has(says(alice, "MARKREAD #mill *"), "FAIL MARKREAD INVALID_PARAMS #mill"));
  EXPECT_TRUE(has(says(alice, "MARKREAD #mill 2023"), "FAIL MARKREAD INVALID_PARAMS #mill"));
  EXPECT_TRUE(read_marks.empty());
}

TEST_F(exchange_history_test, of_an_owner_only_so_many_read_marks_are_remembered_and_the_oldest_gives_way) {
  enters(alice, "alice", "A");
  const auto mark = [&](std::size_t index) {
    const chat::moment until = now - std::chrono::hours(24) + std::chrono::seconds(index);
    return says(alice, "MARKREAD n" + std::to_string(index) + " timestamp=" + timestamp(until));
  };
  for (std::size_t index = 0; index < chosen_.read_marks; ++index)
    mark(index);
  EXPECT_EQ(read_marks.size(), chosen_.read_marks);
  EXPECT_TRUE(has(mark(chosen_.read_marks), "timestamp="));
  ASSERT_EQ(read_marks.size(), chosen_.read_marks + 2);
  EXPECT_EQ(read_marks[chosen_.read_marks].target, "n0");
  EXPECT_EQ(read_marks[chosen_.read_marks].until, chat::moment{});
  EXPECT_TRUE(has(says(alice, "MARKREAD n0"), " *"));
  EXPECT_FALSE(has(says(alice, "MARKREAD n1"), " *"));
}

TEST_F(exchange_history_test, who_comes_again_at_once_finds_what_the_store_does_not_know_yet) {
  const auto reload = [&](std::chrono::seconds after) {
    run([&](effects& out) { server.disconnected(alice, "gone", now, out); });
    now += after;
    enters(alice, "alice", "A");
    return says(alice, "MARKREAD #mill");
  };
  enters(alice, "alice", "A");
  says(alice, "MARKREAD #mill timestamp=2023-01-02T03:04:05.678Z");
  EXPECT_TRUE(has(reload(std::chrono::seconds(1)), "05.678Z"));
  EXPECT_TRUE(has(reload(std::chrono::seconds(50)), "05.678Z"));
  EXPECT_TRUE(has(reload(std::chrono::seconds(50)), "05.678Z"));
  run([&](effects& out) { server.disconnected(alice, "gone", now, out); });
  now += std::chrono::seconds(61);
  enters(bob, "bob", "B");
  run([&](effects& out) { server.disconnected(bob, "gone", now, out); });  // when it is looked after
  enters(alice, "alice", "A");
  EXPECT_TRUE(has(says(alice, "MARKREAD #mill"), " *"));
}

TEST_F(exchange_history_test, who_comes_and_goes_all_the_time_does_not_keep_others_remembered) {
  enters(bob, "bob", "B");
  says(bob, "MARKREAD #mill timestamp=2023-01-02T03:04:05.678Z");
  enters(alice, "alice", "A");
  run([&](effects& out) { server.disconnected(alice, "gone", now, out); });
  run([&](effects& out) { server.disconnected(bob, "gone", now, out); });
  for (int count = 0; count < 4; ++count) {
    now += std::chrono::seconds(30);
    enters(alice, "alice", "A");
    run([&](effects& out) { server.disconnected(alice, "gone", now, out); });
  }
  enters(bob, "bob", "B");
  EXPECT_TRUE(has(says(bob, "MARKREAD #mill"), " *"));
}

}  // namespace
}  // namespace hub::irc
