// Tags of messages, their ids, and what extended-join adds.
#include <hub/irc/exchange_fixture.hpp>

namespace hub::irc {
namespace {

class tags_test : public exchange_test {};

TEST_F(tags_test, messages_have_ids_for_those_who_know_tags_and_the_echo_has_the_same) {
  alice_and_bob_meet();
  says(alice, "CAP REQ :message-tags");
  says(bob, "CAP REQ :message-tags echo-message");
  const std::string echo = says(bob, "PRIVMSG #mill :hello");
  EXPECT_TRUE(echo.starts_with("@msgid=")) << echo;
  EXPECT_TRUE(echo.ends_with(" :bob!~bob@127.0.0.1 PRIVMSG #mill :hello\r\n"));
  EXPECT_EQ(reads(alice), echo);
  const std::string next = says(bob, "NOTICE alice :hello");
  EXPECT_TRUE(next.starts_with("@msgid="));
  EXPECT_NE(next.substr(0, next.find(' ')), echo.substr(0, echo.find(' ')));
}

TEST_F(tags_test, who_does_not_know_tags_sees_none) {
  alice_and_bob_meet();
  says(bob, "CAP REQ :message-tags");
  says(bob, "@+reply=1;label=x PRIVMSG #mill :hello");
  EXPECT_EQ(reads(alice), ":bob!~bob@127.0.0.1 PRIVMSG #mill :hello\r\n");
}

TEST_F(tags_test, a_senders_tags_for_others_go_along_and_no_other_does) {
  alice_and_bob_meet();
  says(alice, "CAP REQ :message-tags");
  says(bob, "@msgid=1;time=never;+reply=7;account=root;+example.org/x PRIVMSG #mill :hello");
  EXPECT_TRUE(reads(alice).contains(";+reply=7;+example.org/x :bob!")) << reads(alice);
  EXPECT_FALSE(reads(alice).contains("account"));
  EXPECT_FALSE(reads(alice).contains("never"));
}

TEST_F(tags_test, TAGMSG_reaches_only_those_who_know_tags_and_is_not_kept) {
  alice_and_bob_meet();
  enters(carol, "carol");
  says(carol, "JOIN #mill");
  says(alice, "CAP REQ :message-tags");
  const auto before = kept.size();
  EXPECT_EQ(says(bob, "@+typing=active TAGMSG #mill"), "");
  EXPECT_EQ(reads(alice), "@+typing=active :bob!~bob@127.0.0.1 TAGMSG #mill\r\n");
  EXPECT_EQ(reads(carol), "");
  says(bob, "@+typing=done TAGMSG alice");
  EXPECT_EQ(reads(alice), "@+typing=done :bob!~bob@127.0.0.1 TAGMSG alice\r\n");
  EXPECT_EQ(kept.size(), before);
}

TEST_F(tags_test, TAGMSG_without_tags_for_others_or_without_the_right_to_speak_does_nothing) {
  alice_and_bob_meet();
  says(alice, "CAP REQ :message-tags");
  EXPECT_EQ(says(bob, "TAGMSG #mill"), "");
  EXPECT_EQ(says(bob, "@label=1 TAGMSG #mill"), "");
  EXPECT_EQ(says(bob, "@+typing=active TAGMSG #nowhere"), "");
  EXPECT_EQ(says(bob, "@+typing=active TAGMSG nobody"), "");
  says(alice, "MODE #mill +m");
  EXPECT_EQ(says(bob, "@+typing=active TAGMSG #mill"), "");
  EXPECT_EQ(reads(alice), "");
  EXPECT_TRUE(says(bob, "TAGMSG").contains(" 461 "));
}

TEST_F(tags_test, the_history_has_the_same_ids_and_tags) {
  alice_and_bob_meet();
  says(alice, "CAP REQ :message-tags");
  says(bob, "@+reply=7 PRIVMSG #mill :hello");
  const std::string id = reads(alice).substr(1, reads(alice).find(';') - 1);
  connects(carol);
  says(carol, "CAP REQ :message-tags server-time batch\r\nNICK carol\r\nUSER c 0 * :C\r\nCAP END");
  const std::string seen = says(carol, "JOIN #mill");
  EXPECT_TRUE(seen.contains("@batch=h1;time=2")) << seen;
  EXPECT_TRUE(seen.contains("Z;" + id + ";+reply=7 :bob!")) << seen;
}

TEST_F(tags_test, extended_join_tells_the_real_name_to_those_who_asked) {
  enters(alice, "alice");
  enters(bob, "bob");
  enters(carol, "carol");
  says(alice, "CAP REQ :extended-join\r\nJOIN #mill");
  says(bob, "JOIN #mill");
  EXPECT_EQ(reads(alice), ":bob!~bob@127.0.0.1 JOIN #mill * :A Person\r\n");
  says(carol, "JOIN #mill");
  EXPECT_EQ(reads(bob), ":carol!~carol@127.0.0.1 JOIN #mill\r\n");
}

}  // namespace
}  // namespace hub::irc
