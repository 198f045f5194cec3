// Questions and their answers.
#include <hub/irc/exchange_fixture.hpp>

namespace hub::irc {
namespace {

class queries_test : public exchange_test {
 protected:
  queries_test() { alice_and_bob_meet(); }
};

class short_answers_test : public exchange_test {
 protected:
  short_answers_test()
      : exchange_test({}, [] {
          settings chosen;
          chosen.query_rows = 2;
          return chosen;
        }()) {}
};

TEST_F(queries_test, names_show_ranks_and_with_multi_prefix_all_of_them) {
  says(alice, "MODE #mill +v alice");
  EXPECT_EQ(says(bob, "NAMES #mill"),
            ":leat 353 bob = #mill :@alice bob\r\n:leat 366 bob #mill :End of /NAMES list\r\n");
  says(bob, "CAP REQ :multi-prefix userhost-in-names");
  EXPECT_TRUE(
      has(says(bob, "NAMES #mill"), " 353 bob = #mill :@+alice!~alice@127.0.0.1 bob!~bob@127.0.0.1\r\n"));
  EXPECT_EQ(says(bob, "NAMES"), ":leat 366 bob * :End of /NAMES list\r\n");
  EXPECT_EQ(says(bob, "NAMES #nemo"), ":leat 366 bob #nemo :End of /NAMES list\r\n");
}

TEST_F(queries_test, many_names_are_split_over_lines_that_fit) {
  for (chat::session_id who = 10; who < 110; ++who) {
    enters(who, "guest-number-" + std::to_string(who));
    says(who, "JOIN #mill");
  }
  const std::string names = says(bob, "NAMES #mill");
  std::size_t lines = 0;
  for (std::size_t at = 0, end = 0; at < names.size(); at = end + 2, ++lines) {
    end = names.find("\r\n", at);
    EXPECT_LE(end + 2 - at, line_limit_bytes);
  }
  EXPECT_GE(lines, 5U);
  EXPECT_TRUE(has(names, "guest-number-109"));
}

TEST_F(queries_test, who_lists_a_room_a_nick_or_a_mask) {
  says(bob, "AWAY :x");
  EXPECT_EQ(says(alice, "WHO #mill"),
            ":leat 352 alice #mill ~alice 127.0.0.1 leat alice H@ :0 A Person\r\n"
            ":leat 352 alice #mill ~bob 127.0.0.1 leat bob G :0 A Person\r\n"
            ":leat 315 alice #mill :End of WHO list\r\n");
  EXPECT_TRUE(has(says(alice, "WHO bob"), " 352 alice #mill ~bob 127.0.0.1 leat bob G :0 A Person\r\n"));
  EXPECT_TRUE(has(says(alice, "WHO b*"), " leat bob G "));
  EXPECT_EQ(says(alice, "WHO nemo"), ":leat 315 alice nemo :End of WHO list\r\n");
  EXPECT_EQ(says(alice, "WHO * o"), ":leat 315 alice * :End of WHO list\r\n");
}

TEST_F(queries_test, invisible_users_and_secret_rooms_stay_hidden_from_outsiders) {
  enters(carol, "carol");
  says(alice, "MODE #mill +s\r\nTOPIC #mill :hush");
  says(bob, "MODE bob +i");
  EXPECT_EQ(says(carol, "WHO #mill"), ":leat 315 carol #mill :End of WHO list\r\n");
  EXPECT_EQ(says(carol, "NAMES #mill"), ":leat 366 carol #mill :End of /NAMES list\r\n");
  EXPECT_EQ(says(carol, "TOPIC #mill"), ":leat 403 carol #mill :No such channel\r\n");
  EXPECT_EQ(says(carol, "MODE #mill"), ":leat 403 carol #mill :No such channel\r\n");
  EXPECT_FALSE(has(says(carol, "LIST"), "#mill"));
  EXPECT_FALSE(has(says(carol, "LIST #mill"), "322"));
  EXPECT_FALSE(has(says(carol, "WHOIS bob"), "#mill"));
  EXPECT_FALSE(has(says(carol, "WHO b*"), "352"));
  EXPECT_TRUE(has(says(alice, "WHO b*"), "352"));
}

TEST_F(queries_test, whois_tells_what_there_is_to_tell) {
  says(bob, "AWAY :lunch");
  const std::string shown = says(alice, "WHOIS BOB");
  EXPECT_TRUE(
      shown.starts_with(":leat 311 alice bob ~bob 127.0.0.1 * :A Person\r\n"
                        ":leat 319 alice bob :#mill\r\n"
                        ":leat 312 alice bob leat :a leat chat and file server\r\n"
                        ":leat 301 alice bob :lunch\r\n"
                        ":leat 317 alice bob 0 1700000000 :seconds idle, signon time\r\n"));
  EXPECT_TRUE(shown.ends_with(":leat 318 alice bob :End of /WHOIS list\r\n"));
  EXPECT_EQ(says(alice, "WHOIS leat nemo"),
            ":leat 401 alice nemo :No such nick/channel\r\n:leat 318 alice nemo :End of /WHOIS list\r\n");
  EXPECT_EQ(says(alice, "WHOIS"), ":leat 431 alice :No nickname given\r\n");
}

TEST_F(queries_test, whowas_remembers_who_left) {
  says(bob, "QUIT");
  EXPECT_TRUE(says(alice, "WHOWAS bob").starts_with(":leat 314 alice bob ~bob 127.0.0.1 * :A Person\r\n"));
  EXPECT_EQ(says(alice, "WHOWAS nemo"),
            ":leat 406 alice nemo :There was no such nickname\r\n:leat 369 alice nemo :End of WHOWAS\r\n");
}

TEST_F(queries_test, list_filters_by_name_mask_and_size) {
  says(alice, "JOIN #solo\r\nTOPIC #mill :flour");
  EXPECT_EQ(says(bob, "LIST #mill"),
            ":leat 321 bob Channel :Users  Name\r\n:leat 322 bob #mill 2 :flour\r\n:leat 323 bob :End of "
            "/LIST\r\n");
  EXPECT_TRUE(has(says(bob, "LIST"), " 322 bob #solo 1 :\r\n"));
  EXPECT_FALSE(has(says(bob, "LIST >1"), "#solo"));
  EXPECT_FALSE(has(says(bob, "LIST <2"), "#mill"));
  EXPECT_FALSE(has(says(bob, "LIST *ill"), "#solo"));
  EXPECT_FALSE(has(says(bob, "LIST !*ill"), "#mill"));
}

TEST_F(short_answers_test, long_answers_end_with_416) {
  alice_and_bob_meet();
  enters(carol, "carol");
  says(carol, "JOIN #mill,#a,#b,#c");
  const std::string who = says(alice, "WHO #mill");
  EXPECT_TRUE(has(who, ":leat 416 alice WHO #mill :"));
  EXPECT_TRUE(who.ends_with(":leat 315 alice #mill :End of WHO list\r\n"));
  const std::string list = says(alice, "LIST");
  EXPECT_TRUE(has(list, ":leat 416 alice LIST :"));
  EXPECT_TRUE(list.ends_with(":leat 323 alice :End of /LIST\r\n"));
}

struct few_bytes_test : exchange_test {
  few_bytes_test() : exchange_test({}, few_bytes()) {}

  static settings few_bytes() {
    settings chosen;
    chosen.answer_bytes = 200;
    return chosen;
  }
};

TEST_F(few_bytes_test, questions_that_come_at_once_are_put_off_with_263_when_the_answers_grow_long) {
  alice_and_bob_meet();
  const std::string answers = says(alice, "WHO #mill\r\nWHO #mill\r\nLIST\r\nNAMES #mill\r\nPING end");
  EXPECT_TRUE(has(answers, " 315 alice #mill ")) << answers;
  EXPECT_TRUE(has(answers, ":leat 263 alice LIST :")) << answers;
  EXPECT_TRUE(has(answers, ":leat 263 alice NAMES :")) << answers;
  EXPECT_TRUE(has(answers, "PONG leat :end")) << answers;
  EXPECT_TRUE(has(says(alice, "LIST"), " 323 alice ")) << "later it is answered";
}

TEST_F(queries_test, moments_are_told_to_the_second) {
  EXPECT_TRUE(has(says(alice, "TIME"), ":leat 391 alice leat :2023-11-14T22:13:20Z\r\n")) << reads(alice);
}

TEST_F(queries_test, userhost_and_ison_answer_for_those_who_are_here) {
  says(bob, "AWAY :x");
  EXPECT_EQ(says(alice, "USERHOST alice nemo bob"),
            ":leat 302 alice :alice=+~alice@127.0.0.1 bob=-~bob@127.0.0.1\r\n");
  EXPECT_EQ(says(alice, "ISON nemo BOB"), ":leat 303 alice :bob\r\n");
  EXPECT_EQ(says(alice, "ISON :bob alice"), ":leat 303 alice :bob alice\r\n");
}

TEST_F(queries_test, questions_about_the_server_are_answered_and_about_others_are_not) {
  EXPECT_TRUE(has(says(bob, "VERSION"), ":leat 351 bob leat leat :"));
  EXPECT_TRUE(has(says(bob, "TIME"), ":leat 391 bob leat :2023-11-14T22:13:20"));
  EXPECT_TRUE(has(says(bob, "INFO"), ":leat 374 bob :"));
  EXPECT_TRUE(has(says(bob, "LUSERS"), ":leat 251 bob :There are 2 users and 0 invisible on 1 servers\r\n"));
  EXPECT_EQ(says(bob, "MOTD other.example"), ":leat 402 bob other.example :No such server\r\n");
  EXPECT_EQ(says(bob, "PING"), ":leat 409 bob :No origin specified\r\n");
}

}  // namespace
}  // namespace hub::irc
