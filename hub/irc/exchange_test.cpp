// Registration, capabilities and the ends of connections.
#include <hub/irc/exchange_fixture.hpp>

namespace hub::irc {
namespace {

TEST_F(exchange_test, nick_and_user_register_and_the_welcome_says_who_and_what) {
  connects(alice);
  EXPECT_EQ(says(alice, "NICK alice"), "");
  const std::string welcome = says(alice, "USER al 0 * :Alice");
  EXPECT_TRUE(welcome.starts_with(":leat 001 alice :Welcome to the leat network, alice!~al@127.0.0.1\r\n"));
  for (const char* part : {" 002 ", " 003 ", ":leat 004 alice leat leat i biklmnostv bklov\r\n", " 005 ",
                           " 251 ", " 254 ", " 255 ", " 265 ", ":leat 422 alice :"})
    EXPECT_TRUE(has(welcome, part)) << part;
  EXPECT_TRUE(registered_sessions.contains(alice));
}

TEST_F(exchange_test, user_may_come_before_nick_and_lines_may_end_in_bare_lf) {
  connects(alice);
  run([&](effects& out) { server.received(alice, "USER al 0 * :A\nNICK al", now, out); });
  run([&](effects& out) { server.received(alice, "ice\n", now, out); });
  EXPECT_TRUE(has(reads(alice), " 001 alice "));
}

TEST_F(exchange_test, isupport_tokens_say_what_the_rules_enforce) {
  connects(alice);
  const std::string welcome = says(alice, "NICK alice\r\nUSER al 0 * :A");
  for (const char* token :
       {"CASEMAPPING=ascii", "CHANTYPES=#", "NICKLEN=32", "CHANNELLEN=64", "TOPICLEN=390",
        "CHANMODES=b,k,l,imnst", "PREFIX=(ov)@+", "UTF8ONLY", "MODES=6", "CHANLIMIT=#:100"})
    EXPECT_TRUE(has(welcome, token)) << token;
  EXPECT_TRUE(has(welcome, ":are supported by this server\r\n"));
}

TEST_F(exchange_test, the_message_of_the_day_is_shown_when_there_is_one) {
  settings chosen;
  chosen.motd = {"hello", ""};
  exchange greeting(chosen, rules);
  effects out;
  greeting.connected(7, "h", now, out);
  greeting.received(7, "NICK m\r\nUSER m 0 * :M\r\n", now, out);
  std::string text;
  for (const effect& one : out)
    if (const auto* sent = std::get_if<deliver>(&one)) text += line_forms(sent->line).for_receiver({}).text();
  EXPECT_TRUE(has(
      text, "375 m :- leat Message of the day - \r\n:leat 372 m :- hello\r\n:leat 372 m :- \r\n:leat 376 "));
}

TEST_F(exchange_test, a_nick_in_use_is_refused_with_433_and_another_may_be_chosen) {
  enters(alice, "alice");
  connects(bob);
  EXPECT_EQ(says(bob, "NICK Alice"), ":leat 433 * Alice :Nickname is already in use\r\n");
  says(bob, "USER b 0 * :B");
  EXPECT_TRUE(has(says(bob, "NICK bob"), " 001 bob "));
  EXPECT_EQ(says(bob, "NICK alice"), ":leat 433 bob alice :Nickname is already in use\r\n");
}

TEST_F(exchange_test, the_name_of_the_server_is_not_to_be_had_as_a_nick) {
  connects(alice);
  EXPECT_EQ(says(alice, "NICK Leat"), ":leat 433 * Leat :Nickname is already in use\r\n");
  enters(bob, "bob");
  EXPECT_EQ(says(bob, "NICK leat"), ":leat 433 bob leat :Nickname is already in use\r\n");
}

TEST_F(exchange_test, a_nick_taken_while_negotiating_is_refused_at_the_end) {
  connects(alice);
  says(alice, "CAP LS 302\r\nNICK alice\r\nUSER a 0 * :A");
  enters(bob, "alice");
  EXPECT_TRUE(has(says(alice, "CAP END"), " 433 * alice "));
  EXPECT_TRUE(has(says(alice, "NICK alma"), " 001 alma "));
}

TEST_F(exchange_test, bad_and_missing_nicks_are_refused_by_number) {
  connects(alice);
  EXPECT_EQ(says(alice, "NICK"), ":leat 431 * :No nickname given\r\n");
  EXPECT_EQ(says(alice, "NICK :a b"), ":leat 432 * a :Erroneous nickname\r\n");
  EXPECT_EQ(says(alice, "USER a"), ":leat 461 * USER :Not enough parameters\r\n");
}

TEST_F(exchange_test, nothing_else_works_before_registration_and_registering_twice_is_refused) {
  connects(alice);
  EXPECT_EQ(says(alice, "JOIN #mill"), ":leat 451 * :You have not registered\r\n");
  EXPECT_EQ(says(alice, "FOO"), ":leat 451 * :You have not registered\r\n");
  EXPECT_EQ(says(alice, "PING x"), ":leat PONG leat :x\r\n");
  enters(bob, "bob");
  EXPECT_EQ(says(bob, "USER b 0 * :B"), ":leat 462 bob :You may not reregister\r\n");
  EXPECT_EQ(says(bob, "PASS x"), ":leat 462 bob :You may not reregister\r\n");
  EXPECT_EQ(says(bob, "foo bar"), ":leat 421 bob FOO :Unknown command\r\n");
}

TEST_F(exchange_test, cap_ls_holds_registration_until_cap_end) {
  connects(alice);
  const std::string list = says(alice, "CAP LS 302");
  EXPECT_EQ(list,
            ":leat CAP * LS :account-notify away-notify batch cap-notify draft/chathistory "
            "draft/event-playback draft/read-marker echo-message extended-join "
            "invite-notify labeled-response message-tags multi-prefix server-time setname standard-replies "
            "userhost-in-names\r\n");
  EXPECT_EQ(says(alice, "NICK alice\r\nUSER a 0 * :A"), "");
  EXPECT_TRUE(has(says(alice, "CAP END"), " 001 alice "));
  EXPECT_EQ(says(alice, "CAP LIST"), ":leat CAP alice LIST :cap-notify\r\n");
}

TEST_F(exchange_test, cap_req_is_all_or_nothing) {
  enters(alice, "alice");
  EXPECT_EQ(says(alice, "CAP REQ :echo-message sasl"), ":leat CAP alice NAK :echo-message sasl\r\n");
  EXPECT_FALSE(offers[alice].has(capability::echo_message));
  EXPECT_EQ(says(alice, "CAP REQ :echo-message -batch"), ":leat CAP alice ACK :echo-message -batch\r\n");
  EXPECT_TRUE(offers[alice].has(capability::echo_message));
  EXPECT_EQ(says(alice, "CAP REQ -echo-message"), ":leat CAP alice ACK :-echo-message\r\n");
  EXPECT_FALSE(offers[alice].has(capability::echo_message));
  EXPECT_EQ(says(alice, "CAP FOO"), ":leat 410 alice FOO :Invalid CAP command\r\n");
  EXPECT_EQ(says(alice, "CAP"), ":leat 461 alice CAP :Not enough parameters\r\n");
}

TEST_F(exchange_test, a_cap_request_too_long_to_be_repeated_is_survived_and_refused) {
  enters(alice, "a-nick-that-takes-so-many-bytes");
  std::string list;
  while (list.size() < 490)
    list += "batch ";
  const std::string answer = says(alice, "CAP REQ :" + list);
  EXPECT_TRUE(has(answer, " NAK :batch batch")) << answer;
  EXPECT_LE(answer.size(), line_limit_bytes);
  EXPECT_FALSE(offers[alice].has(capability::batch));
}

TEST_F(exchange_test, a_client_with_server_time_sees_the_time_on_every_line) {
  enters(alice, "alice");
  says(alice, "CAP REQ :server-time");
  EXPECT_EQ(says(alice, "PING x"), "@time=2023-11-14T22:13:20.004Z :leat PONG leat :x\r\n");
}

TEST_F(exchange_test, quitting_is_told_to_peers_and_answered_with_error) {
  alice_and_bob_meet();
  EXPECT_EQ(says(bob, "QUIT :home\r\nPRIVMSG #mill :too late"),
            "ERROR :Closing Link: 127.0.0.1 (Quit: home)\r\n");
  EXPECT_EQ(reads(alice), ":bob!~bob@127.0.0.1 QUIT :Quit: home\r\n");
  EXPECT_TRUE(hung_up.contains(bob));
  EXPECT_EQ(says(bob, "PRIVMSG #mill :even later"), "");
  run([&](effects& out) { server.disconnected(bob, "gone", now, out); });
  EXPECT_EQ(reads(alice), "");
  EXPECT_EQ(server.connection_count(), 1U);
}

TEST_F(exchange_test, a_connection_that_ends_without_quit_is_told_with_its_reason) {
  alice_and_bob_meet();
  run([&](effects& out) { server.disconnected(bob, "Connection reset", now, out); });
  EXPECT_TRUE(has(reads(alice), ":bob!~bob@127.0.0.1 QUIT :Connection reset\r\n"));
}

TEST_F(exchange_test, a_session_id_starts_afresh_after_its_connection_ended) {
  alice_and_bob_meet();
  says(bob, "CAP REQ :echo-message\r\nPRIVMSG #mill :unfinis");
  run([&](effects& out) { server.received(bob, "PRIVMSG #mill :half", now, out); });
  run([&](effects& out) { server.disconnected(bob, "gone", now, out); });
  connects(bob);
  EXPECT_EQ(says(bob, "PRIVMSG #mill :x"), ":leat 451 * :You have not registered\r\n");
  EXPECT_TRUE(has(says(bob, "NICK bob\r\nUSER b 0 * :B\r\nCAP LIST"), "CAP bob LIST :\r\n"));
}

TEST_F(exchange_test, an_expelled_client_and_its_peers_read_why) {
  alice_and_bob_meet();
  screens.clear();
  run([&](effects& out) { server.expel(bob, "Ping timeout: 150 seconds", now, out); });
  EXPECT_EQ(reads(bob), "ERROR :Closing Link: 127.0.0.1 (Ping timeout: 150 seconds)\r\n");
  EXPECT_EQ(reads(alice), ":bob!~bob@127.0.0.1 QUIT :Ping timeout: 150 seconds\r\n");
}

TEST_F(exchange_test, a_silent_client_is_asked_and_its_answer_is_enough) {
  enters(alice, "alice");
  screens.clear();
  run([&](effects& out) { server.silent(alice, now, out); });
  EXPECT_EQ(reads(alice), "PING :leat\r\n");
  EXPECT_EQ(says(alice, "PONG :leat"), "");
}

// What has killed or opened other servers.

TEST_F(exchange_test, http_on_the_irc_side_is_refused_before_its_body_is_read) {
  for (const char* request : {"POST / HTTP/1.1\r\nHost: x\r\n\r\nNICK eve\r\nUSER e 0 * :E", "GET / HTTP/1.1",
                              "put /x HTTP/1.1", "OPTIONS * HTTP/1.1", "CONNECT h:1 HTTP/1.1"}) {
    connects(carol);
    const std::string answer = says(carol, request);
    EXPECT_TRUE(answer.starts_with("ERROR :Closing Link: 127.0.0.1 (")) << answer;
    EXPECT_TRUE(hung_up.contains(carol));
    EXPECT_EQ(rules.find_nick("eve"), nullptr);
    run([&](effects& out) { server.disconnected(carol, "gone", now, out); });
    hung_up.clear();
  }
}

TEST_F(exchange_test, a_tls_hello_is_not_taken_for_irc) {
  using namespace std::string_literals;
  connects(alice);
  EXPECT_TRUE(has(says(alice, "\x16\x03\x01\0\xa5"s), "ERROR :Closing Link"));
}

TEST_F(exchange_test, a_line_that_is_too_long_is_answered_with_417_once_and_the_next_one_works) {
  enters(alice, "alice");
  EXPECT_EQ(says(alice, std::string(5000, 'x') + "\r\nPING a"),
            ":leat 417 alice :Input line was too long\r\n:leat PONG leat :a\r\n");
}

TEST_F(exchange_test, invalid_utf8_is_refused_with_the_verb_that_held_it) {
  alice_and_bob_meet();
  EXPECT_TRUE(says(bob, "privmsg #mill :\xff").starts_with(":leat FAIL PRIVMSG INVALID_UTF8 :"));
  EXPECT_TRUE(says(bob, "\xff #mill").starts_with(":leat FAIL * INVALID_UTF8 :"));
  EXPECT_EQ(reads(alice), "");
}

TEST_F(exchange_test, a_cr_inside_a_line_cannot_smuggle_a_second_one) {
  alice_and_bob_meet();
  EXPECT_TRUE(has(says(bob, "PRIVMSG #mill :a\rQUIT"), "FAIL PRIVMSG INVALID_BYTE"));
  EXPECT_EQ(reads(alice), "");
}

TEST_F(exchange_test, odd_tags_do_no_harm) {
  enters(alice, "alice");
  for (const char* line : {"@ PING a", "@= PING a", "@;; PING a", "@a=\\ PING a", "@a=b;c=d;+e PING a"})
    EXPECT_EQ(says(alice, line), ":leat PONG leat :a\r\n") << line;
  EXPECT_EQ(says(alice, "@\r\n@a\r\n:\r\n: \r\n@a :b"), "");
  EXPECT_TRUE(has(says(alice, "@" + std::string(8191, 'a') + " PING a"), " 417 "));
}

TEST_F(exchange_test, lists_with_nothing_in_them_do_nothing) {
  alice_and_bob_meet();
  for (const char* line :
       {"JOIN ,", "JOIN ,,,", "PART ,", "KICK #mill ,", "KICK , ,", "PRIVMSG , :x", "NAMES ,"})
    says(bob, line);
  EXPECT_EQ(rules.find_room("#mill")->members().size(), 2U);
  EXPECT_EQ(rules.room_count(), 1U);
}

}  // namespace
}  // namespace hub::irc
