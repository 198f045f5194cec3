#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include <cli/chat_client.hpp>

namespace cli {
namespace {

using testing::Test;
using lines = std::vector<std::string>;

constexpr wall_time now{std::chrono::seconds(1'795'255'200)};
constexpr std::string_view at_ten = "@time=2026-11-21T10:00:00.000Z ";

std::string joined(const lines& all) {
  std::string text;
  for (const std::string& one : all)
    text += one + "\n";
  return text;
}

bool has(const lines& all, std::string_view part) {
  return joined(all).find(part) != std::string::npos;
}

class chat_client_test : public Test {
 protected:
  explicit chat_client_test(bool interactive = true)
      : client({.nick = "ada", .room = "#dev", .interactive = interactive}) {}

  void hears(std::string_view line) { client.received(line, now); }
  void says(std::string_view line) { client.typed(line, now); }

  // A server that offers what leat's does, up to the end of the room's history.
  void comes_online(const lines& history = {}) {
    client.connected();
    hears(":leat CAP * LS :batch cap-notify echo-message server-time");
    hears(":leat CAP * ACK :batch echo-message server-time");
    hears(":leat 001 ada :Welcome");
    hears(":ada!~ada@127.0.0.1 JOIN #dev");
    hears(":leat BATCH +h1 chathistory #dev");
    for (const std::string& line : history)
      hears("@batch=h1;" + line);
    hears(":leat BATCH -h1");
    hears(":leat PONG leat :leat-joined");
  }

  lines sent() { return client.take_outgoing(); }
  lines shown() { return client.take_shown(); }

  chat_client client;
};

class piped_client_test : public chat_client_test {
 protected:
  piped_client_test() : chat_client_test(false) {}
};

TEST_F(chat_client_test, negotiates_registers_and_joins_its_room) {
  client.connected();
  EXPECT_EQ(sent(), (lines{"CAP LS 302", "NICK ada", "USER ada 0 * :ada"}));
  hears(":leat CAP * LS * :batch cap-notify");
  hears(":leat CAP * LS :echo-message sasl=PLAIN server-time");
  EXPECT_EQ(sent(), lines{"CAP REQ :batch echo-message server-time"});
  hears(":leat CAP * ACK :batch echo-message server-time");
  EXPECT_EQ(sent(), lines{"CAP END"});
  hears(":leat 001 ada :Welcome");
  EXPECT_EQ(sent(), (lines{"JOIN #dev", "PING leat-joined"}));
}

TEST_F(chat_client_test, shows_its_own_words_when_the_server_has_told_them_back) {
  comes_online();
  sent();
  shown();
  says("hello");
  EXPECT_EQ(sent(), lines{"PRIVMSG #dev :hello"});
  EXPECT_FALSE(has(shown(), "hello"));
  hears(std::string(at_ten) + ":ada!~ada@127.0.0.1 PRIVMSG #dev :hello");
  EXPECT_TRUE(has(shown(), "<ada> hello"));
}

TEST_F(chat_client_test, says_again_after_a_reconnection_only_what_the_history_does_not_have) {
  comes_online();
  says("stored");
  says("lost");
  sent();
  client.disconnected();
  comes_online({"time=2026-11-21T10:00:00.000Z :ada!~ada@127.0.0.1 PRIVMSG #dev :stored"});
  const lines again = sent();
  EXPECT_FALSE(has(again, ":stored"));
  EXPECT_TRUE(has(again, "PRIVMSG #dev :lost"));
}

TEST_F(chat_client_test, shows_what_was_missed_once) {
  comes_online();
  hears(std::string(at_ten) + ":bob!~bob@127.0.0.1 PRIVMSG #dev :seen");
  shown();
  client.disconnected();
  const lines history{"time=2026-11-21T10:00:00.000Z :bob!~bob@127.0.0.1 PRIVMSG #dev :seen",
                      "time=2026-11-21T10:00:01.000Z :bob!~bob@127.0.0.1 PRIVMSG #dev :missed"};
  comes_online(history);
  const lines first = shown();
  EXPECT_FALSE(has(first, "seen"));
  EXPECT_TRUE(has(first, "<bob> missed"));
  client.disconnected();
  comes_online(history);
  EXPECT_FALSE(has(shown(), "missed"));
}

TEST_F(chat_client_test, keeps_what_is_typed_while_there_is_no_connection) {
  comes_online();
  client.disconnected();
  sent();
  says("later");
  EXPECT_TRUE(sent().empty());
  comes_online();
  EXPECT_TRUE(has(sent(), "PRIVMSG #dev :later"));
}

TEST_F(chat_client_test, takes_another_nick_when_its_own_is_taken_and_gives_up_in_the_end) {
  client.connected();
  sent();
  hears(":leat 433 * ada :Nickname is already in use");
  EXPECT_EQ(sent(), lines{"NICK ada_"});
  for (int attempt = 0; attempt < 20; ++attempt)
    hears(":leat 433 * ada_ :Nickname is already in use");
  EXPECT_TRUE(client.failure().find("ada") != std::string::npos) << client.failure();
}

TEST_F(chat_client_test, takes_its_nick_back_when_the_connection_that_held_it_is_gone) {
  client.connected();
  hears(":leat 433 * ada :Nickname is already in use");
  hears(":leat 001 ada_ :Welcome");
  sent();
  hears(":ada!~ada@127.0.0.1 QUIT :Ping timeout");
  EXPECT_EQ(sent(), lines{"NICK ada"});
}

TEST_F(chat_client_test, nothing_that_others_say_controls_the_terminal) {
  comes_online();
  shown();
  for (const char* line :
       {":e!u@h PRIVMSG #dev :a\033[2Jb\033]0;title\007\302\233c", ":e!u@h NOTICE ada :a\033[2J",
        ":e!u@h TOPIC #dev :a\033[2J", ":e!u@h PART #dev :a\033[2J", ":e!u@h QUIT :a\033[2J",
        ":e\033[2J!u@h JOIN #dev", ":e!u@h MODE #dev +k a\033[2J", ":e!u@h KICK #dev x :a\033[2J",
        ":e!u@h NICK a\033[2J", ":e!u@h INVITE ada #\033[2J", ":leat 332 ada #dev :\033[2J",
        ":leat 404 ada #dev :\033[2J", ":leat FAIL * X :\033[2J", ":leat 353 ada = #dev :\033[2J",
        ":leat 366 ada #dev :End"})
    hears(line);
  const std::string text = joined(shown());
  EXPECT_EQ(text.find('\033'), std::string::npos) << text;
  EXPECT_EQ(text.find('\007'), std::string::npos);
  EXPECT_EQ(text.find("\302\233"), std::string::npos) << "CSI in one character";
}

TEST_F(chat_client_test, a_line_that_starts_with_two_slashes_is_text) {
  comes_online();
  sent();
  says("//etc/passwd");
  EXPECT_EQ(sent(), lines{"PRIVMSG #dev :/etc/passwd"});
  says("/etc/passwd");
  EXPECT_TRUE(sent().empty());
  EXPECT_TRUE(has(shown(), "there is no command /etc/passwd"));
}

TEST_F(chat_client_test, an_action_is_told_as_one) {
  comes_online();
  sent();
  says("/me waves");
  EXPECT_EQ(sent(), lines{"PRIVMSG #dev :\001ACTION waves\001"});
  hears(std::string(at_ten) + ":ada!~ada@127.0.0.1 PRIVMSG #dev :\001ACTION waves\001");
  EXPECT_TRUE(has(shown(), "* ada waves"));
}

TEST_F(chat_client_test, long_texts_are_cut_so_that_no_server_cuts_them) {
  comes_online();
  sent();
  says(std::string(2000, 'x'));
  const lines parts = sent();
  EXPECT_GE(parts.size(), 4U);
  for (const std::string& part : parts)
    EXPECT_LE(part.size() + std::string_view(":ada!~ada@127.0.0.1 ").size(), 510U);
}

TEST_F(piped_client_test, leaves_when_all_that_was_said_is_confirmed) {
  comes_online();
  says("one");
  client.input_ended();
  const lines asked = sent();
  EXPECT_TRUE(has(asked, "PRIVMSG #dev :one"));
  EXPECT_TRUE(has(asked, "PING leat-end-1"));
  hears(std::string(at_ten) + ":ada!~ada@127.0.0.1 PRIVMSG #dev :one");
  hears(":leat PONG leat :leat-end-1");
  EXPECT_EQ(sent(), lines{"QUIT"});
  EXPECT_TRUE(client.leaving());
  EXPECT_FALSE(client.lost_something());
}

TEST_F(piped_client_test, says_what_was_refused) {
  comes_online();
  says("/msg nobody hello");
  client.input_ended();
  hears(":leat 401 ada nobody :No such nick/channel");
  hears(":leat PONG leat :leat-end-1");
  EXPECT_TRUE(client.lost_something());
  EXPECT_TRUE(has(shown(), "nobody"));
}

}  // namespace
}  // namespace cli
