// Who waits for whom, and WHO with chosen fields.
#include <hub/irc/exchange_fixture.hpp>

namespace hub::irc {
namespace {

class monitor_test : public exchange_test {};

TEST_F(monitor_test, tells_at_once_who_is_there_and_who_is_not) {
  enters(alice, "alice");
  enters(bob, "bob");
  EXPECT_EQ(says(alice, "MONITOR + BOB,carol,,no@nick"),
            ":leat 730 alice :bob!~bob@127.0.0.1\r\n:leat 731 alice :carol\r\n");
  EXPECT_EQ(says(alice, "MONITOR + bob"), "");
  EXPECT_EQ(says(alice, "MONITOR S"), ":leat 730 alice :bob!~bob@127.0.0.1\r\n:leat 731 alice :carol\r\n");
  EXPECT_EQ(says(alice, "MONITOR L"),
            ":leat 732 alice :BOB,carol\r\n:leat 733 alice :End of MONITOR list\r\n");
}

TEST_F(monitor_test, tells_when_somebody_comes_goes_or_changes_nick) {
  enters(alice, "alice");
  says(alice, "MONITOR + carol,bob,rob");
  enters(bob, "bob");
  EXPECT_EQ(reads(alice), ":leat 730 * :bob!~bob@127.0.0.1\r\n");
  says(bob, "NICK rob");
  EXPECT_EQ(reads(alice), ":leat 731 * :bob\r\n:leat 730 * :rob!~bob@127.0.0.1\r\n");
  says(bob, "NICK ROB");
  EXPECT_EQ(reads(alice), "");
  says(bob, "QUIT");
  EXPECT_EQ(reads(alice), ":leat 731 * :ROB\r\n");
  enters(carol, "carol");
  screens.clear();
  run([&](effects& out) { server.disconnected(carol, "gone", now, out); });
  EXPECT_EQ(reads(alice), ":leat 731 * :carol\r\n");
}

TEST_F(monitor_test, ends_when_it_is_no_longer_wanted) {
  enters(alice, "alice");
  says(alice, "MONITOR + bob,carol");
  EXPECT_EQ(says(alice, "MONITOR - BOB,nobody"), "");
  enters(bob, "bob");
  EXPECT_EQ(reads(alice), "");
  EXPECT_EQ(says(alice, "MONITOR C"), "");
  enters(carol, "carol");
  EXPECT_EQ(reads(alice), "");
  EXPECT_EQ(says(alice, "MONITOR L"), ":leat 733 alice :End of MONITOR list\r\n");
}

TEST_F(monitor_test, who_is_gone_is_told_nothing_and_leaves_nothing_behind) {
  enters(alice, "alice");
  enters(bob, "bob");
  says(alice, "MONITOR + bob,alice");
  says(bob, "MONITOR + alice");
  says(alice, "QUIT");
  EXPECT_EQ(reads(bob), ":leat 731 * :alice\r\n");
  says(bob, "QUIT");
  run([&](effects& out) { server.disconnected(alice, "gone", now, out); });
  run([&](effects& out) { server.disconnected(bob, "gone", now, out); });
  enters(carol, "bob");
}

TEST_F(monitor_test, has_a_limit_that_is_told) {
  enters(alice, "alice");
  std::string nicks;
  for (int index = 0; index < 99; ++index)
    nicks += "nick" + std::to_string(index) + ",";
  says(alice, "MONITOR + " + nicks.substr(0, 400));
  says(alice, "MONITOR + " + nicks.substr(393));
  says(alice, "MONITOR + a1,a2");
  const std::string full = says(alice, "MONITOR + b1,b2,b3");
  EXPECT_TRUE(has(full, " 734 alice 100 b")) << full;
  const std::string all = says(alice, "MONITOR S");
  for (std::string_view lines = all; !lines.empty();) {
    const std::size_t end = lines.find("\r\n") + 2;
    EXPECT_LE(end, 512U);
    lines.remove_prefix(end);
  }
}

TEST_F(monitor_test, says_what_it_does_not_know) {
  enters(alice, "alice");
  EXPECT_TRUE(has(says(alice, "MONITOR ?"), " 421 alice MONITOR :Unknown MONITOR subcommand"));
  EXPECT_TRUE(has(says(alice, "MONITOR"), " 461 alice MONITOR "));
}

class whox_test : public exchange_test {};

TEST_F(whox_test, answers_with_the_fields_that_are_asked_for_in_their_order) {
  alice_and_bob_meet();
  says(bob, "AWAY :tea");
  EXPECT_EQ(says(alice, "WHO #mill %nfatc,42"),
            ":leat 354 alice 42 #mill alice H@ 0\r\n:leat 354 alice 42 #mill bob G 0\r\n"
            ":leat 315 alice #mill :End of WHO list\r\n");
  EXPECT_EQ(says(alice, "WHO bob %ruhisl"),
            ":leat 354 alice ~bob 127.0.0.1 127.0.0.1 leat 0 :A Person\r\n:leat 315 alice bob :End of WHO "
            "list\r\n");
}

TEST_F(whox_test, passes_over_what_it_does_not_know) {
  alice_and_bob_meet();
  EXPECT_EQ(says(alice, "WHO bob %zn,abc"),
            ":leat 354 alice bob\r\n:leat 315 alice bob :End of WHO list\r\n");
  EXPECT_EQ(says(alice, "WHO bob %tn,12345"),
            ":leat 354 alice 0 bob\r\n:leat 315 alice bob :End of WHO list\r\n");
  EXPECT_EQ(says(alice, "WHO * o%n"), ":leat 315 alice * :End of WHO list\r\n");
}

}  // namespace
}  // namespace hub::irc
