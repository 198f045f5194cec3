// Answers that say which request they are to.
#include <hub/irc/exchange_fixture.hpp>

namespace hub::irc {
namespace {

class labels_test : public exchange_test {
 protected:
  void alice_labels(std::string_view others = "") {
    says(alice, "CAP REQ :labeled-response batch message-tags " + std::string(others));
  }
};

TEST_F(labels_test, one_line_carries_the_label) {
  enters(alice, "alice");
  alice_labels();
  EXPECT_EQ(says(alice, "@label=a1 PING x"), "@label=a1 :leat PONG leat :x\r\n");
  EXPECT_EQ(says(alice, "@label=a2 FOO"), "@label=a2 :leat 421 alice FOO :Unknown command\r\n");
  EXPECT_EQ(says(alice, "@label=a3 NICK alice2"), "@label=a3 :alice!~alice@127.0.0.1 NICK alice2\r\n");
}

TEST_F(labels_test, no_line_is_an_ACK) {
  alice_and_bob_meet();
  alice_labels();
  EXPECT_EQ(says(alice, "@label=a1 PRIVMSG #mill :hello"), "@label=a1 :leat ACK\r\n");
  EXPECT_TRUE(reads(bob).ends_with("PRIVMSG #mill :hello\r\n"));
  EXPECT_EQ(says(alice, "@label=a2 PONG x"), "@label=a2 :leat ACK\r\n");
}

TEST_F(labels_test, the_echo_of_a_message_carries_it_and_nobody_elses_copy_does) {
  alice_and_bob_meet();
  alice_labels("echo-message server-time");
  says(bob, "CAP REQ :labeled-response batch message-tags");
  const std::string echo = says(alice, "@label=a1;+reply=3 PRIVMSG #mill :hello");
  EXPECT_TRUE(echo.starts_with("@label=a1;time=2")) << echo;
  EXPECT_TRUE(echo.ends_with(";msgid=3;+reply=3 :alice!~alice@127.0.0.1 PRIVMSG #mill :hello\r\n")) << echo;
  EXPECT_EQ(reads(bob), "@msgid=3;+reply=3 :alice!~alice@127.0.0.1 PRIVMSG #mill :hello\r\n");
}

TEST_F(labels_test, several_lines_are_a_batch_in_which_the_first_carries_the_label) {
  enters(alice, "alice");
  alice_labels();
  const std::string joined = says(alice, "@label=a1 JOIN #mill");
  EXPECT_EQ(joined,
            "@label=a1 :leat BATCH +l1 labeled-response\r\n"
            "@batch=l1;msgid=1 :alice!~alice@127.0.0.1 JOIN #mill\r\n"
            "@batch=l1 :leat 353 alice = #mill :@alice\r\n"
            "@batch=l1 :leat 366 alice #mill :End of /NAMES list\r\n"
            ":leat BATCH -l1\r\n");
  EXPECT_TRUE(says(alice, "@label=a2 WHO #mill").starts_with("@label=a2 :leat BATCH +l2 "));
}

TEST_F(labels_test, a_room_is_told_once_by_whoever_does_something_in_it) {
  alice_and_bob_meet();
  alice_labels();
  EXPECT_EQ(says(alice, "@label=a1 TOPIC #mill :grind"),
            "@label=a1;msgid=3 :alice!~alice@127.0.0.1 TOPIC #mill :grind\r\n");
  EXPECT_EQ(reads(bob), ":alice!~alice@127.0.0.1 TOPIC #mill :grind\r\n");
  EXPECT_EQ(says(alice, "@label=a2 PART #mill"), "@label=a2;msgid=4 :alice!~alice@127.0.0.1 PART #mill\r\n");
  EXPECT_EQ(reads(bob), ":alice!~alice@127.0.0.1 PART #mill\r\n");
}

TEST_F(labels_test, a_message_to_oneself_comes_apart_from_its_echo_which_alone_has_the_label) {
  enters(alice, "alice");
  alice_labels();
  const std::string copy = "@msgid=1 :alice!~alice@127.0.0.1 PRIVMSG alice :note\r\n";
  EXPECT_EQ(says(alice, "@label=a1 PRIVMSG alice :note"), copy + "@label=a1 :leat ACK\r\n");
  says(alice, "CAP REQ echo-message");
  EXPECT_EQ(says(alice, "@label=a2 PRIVMSG alice :note"),
            "@msgid=2 :alice!~alice@127.0.0.1 PRIVMSG alice :note\r\n"
            "@label=a2;msgid=2 :alice!~alice@127.0.0.1 PRIVMSG alice :note\r\n");
}

TEST_F(labels_test, what_cannot_be_stored_is_answered_with_the_label_too_and_with_all_else_that_was_said) {
  alice_and_bob_meet();
  alice_labels();
  stores = false;
  const std::string fail =
      ":leat FAIL * SERVER_ERROR :Your message to #mill was not stored and not delivered\r\n";
  EXPECT_EQ(says(alice, "@label=a1 PRIVMSG #mill :lost"), "@label=a1 " + fail);
  EXPECT_EQ(reads(bob), "");
  says(alice, "CAP REQ echo-message");
  EXPECT_EQ(says(alice, "@label=a2 PRIVMSG #mill :lost"), "@label=a2 " + fail);
  const std::string both = says(alice, "@label=a3 PRIVMSG #mill,#nowhere :lost");
  EXPECT_TRUE(both.starts_with("@label=a3 :leat BATCH +")) << both;
  EXPECT_TRUE(both.contains(fail)) << both;
  EXPECT_TRUE(both.contains(" 403 alice #nowhere ")) << both;
  EXPECT_EQ(says(alice, "@label=a4 TOPIC #mill :x"), "@label=a4 :alice!~alice@127.0.0.1 TOPIC #mill :x\r\n");
  EXPECT_EQ(reads(bob), ":alice!~alice@127.0.0.1 TOPIC #mill :x\r\n");
}

TEST_F(labels_test, a_line_that_cannot_be_taken_is_refused_with_its_label) {
  enters(alice, "alice");
  alice_labels();
  EXPECT_TRUE(
      says(alice, "@label=a1 PRIVMSG alice :\xff").starts_with("@label=a1 :leat FAIL PRIVMSG INVALID_UTF8"));
}

TEST_F(labels_test, requests_around_a_labeled_one_are_not_touched) {
  enters(alice, "alice");
  alice_labels();
  EXPECT_EQ(says(alice, "PING a\r\n@label=x PING b\r\nPING c"),
            ":leat PONG leat :a\r\n@label=x :leat PONG leat :b\r\n:leat PONG leat :c\r\n");
}

TEST_F(labels_test, QUIT_is_answered_before_the_connection_ends) {
  enters(alice, "alice");
  alice_labels();
  EXPECT_EQ(says(alice, "@label=x QUIT :bye"), "@label=x ERROR :Closing Link: 127.0.0.1 (Quit: bye)\r\n");
  EXPECT_TRUE(hung_up.contains(alice));
}

TEST_F(labels_test, labels_of_those_who_did_not_ask_for_them_and_long_ones_are_ignored) {
  enters(alice, "alice");
  EXPECT_EQ(says(alice, "@label=a PING x"), ":leat PONG leat :x\r\n");
  alice_labels();
  EXPECT_EQ(says(alice, "@label PING x"), ":leat PONG leat :x\r\n");
  EXPECT_EQ(says(alice, "@label=" + std::string(65, 'a') + " PING x"), ":leat PONG leat :x\r\n");
  EXPECT_TRUE(says(alice, "@label=" + std::string(64, 'a') + " PING x").starts_with("@label=aaa"));
}

}  // namespace
}  // namespace hub::irc
