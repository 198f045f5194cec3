#include <hub/chat/rules_fixture.hpp>

namespace hub::chat {
namespace {

class modes_test : public rules_test {
 protected:
  modes_test() { alice_and_bob_meet(); }
};

TEST_F(modes_test, only_operators_change_modes) {
  changes_mode(bob, true, room_mode::moderated);
  EXPECT_TRUE(is_refused(refusal::not_operator));
  changes_mode(alice, true, room_mode::operator_rank, "bob");
  EXPECT_EQ(told<modes_changed>(), (roster{alice, bob}));
  changes_mode(bob, true, room_mode::moderated);
  EXPECT_TRUE(happened<modes_changed>());
}

TEST_F(modes_test, a_change_that_changes_nothing_is_not_told) {
  changes_mode(alice, true, room_mode::topic_locked);
  EXPECT_TRUE(events.empty());
  changes_mode(alice, true, room_mode::operator_rank, "alice");
  EXPECT_TRUE(events.empty());
  changes_mode(alice, false, room_mode::key, "x");
  EXPECT_TRUE(events.empty());
  changes_mode(alice, false, room_mode::limit);
  EXPECT_TRUE(events.empty());
}

TEST_F(modes_test, ranks_are_not_recorded_and_other_modes_are) {
  changes_mode(alice, true, room_mode::voice_rank, "bob");
  EXPECT_FALSE(happened<room_changed>());
  changes_mode(alice, true, room_mode::invite_only);
  EXPECT_EQ(caused<room_changed>().record.modes, "int");
}

TEST_F(modes_test, a_rank_needs_a_member) {
  enters(carol, "carol");
  changes_mode(alice, true, room_mode::operator_rank, "carol");
  EXPECT_TRUE(is_refused(refusal::not_member));
  changes_mode(alice, true, room_mode::operator_rank, "nemo");
  EXPECT_TRUE(is_refused(refusal::no_such_nick));
}

TEST_F(modes_test, bans_are_written_out_and_told_apart_whatever_their_case) {
  changes_mode(alice, true, room_mode::ban, "Carol");
  EXPECT_EQ(caused<modes_changed>().changes[0].parameter, "Carol!*@*");
  changes_mode(alice, true, room_mode::ban, "cArOl!*@*");
  EXPECT_TRUE(events.empty());
  changes_mode(alice, false, room_mode::ban, "CAROL");
  EXPECT_EQ(caused<modes_changed>().changes[0].parameter, "Carol!*@*");
  EXPECT_TRUE(chat.find_room("#mill")->kept().bans.empty());
}

TEST_F(modes_test, the_ban_list_has_an_end) {
  for (std::size_t index = 0; index < chat.bounds().bans_per_room; ++index)
    changes_mode(alice, true, room_mode::ban, "x" + std::to_string(index));
  changes_mode(alice, true, room_mode::ban, "one-more");
  EXPECT_TRUE(is_refused(refusal::ban_list_full));
}

TEST_F(modes_test, limits_that_are_no_positive_number_are_refused) {
  for (const std::string_view text : {"0", "-1", "99999999999999999999", "1000001", "7x", "", " 7"}) {
    changes_mode(alice, true, room_mode::limit, text);
    EXPECT_TRUE(is_refused(refusal::mode_parameter)) << text;
  }
  changes_mode(alice, true, room_mode::limit, "007");
  EXPECT_EQ(caused<modes_changed>().changes[0].parameter, "7");
}

TEST_F(modes_test, keys_that_could_not_be_typed_back_are_refused) {
  for (const std::string_view text : {"", "a b", "a,b", ":a", "a\x07", "a\u200b", "\xff"}) {
    changes_mode(alice, true, room_mode::key, text);
    EXPECT_TRUE(is_refused(refusal::mode_parameter)) << text;
  }
  changes_mode(alice, true, room_mode::key, std::string(chat.bounds().key_bytes + 1, 'k'));
  EXPECT_TRUE(is_refused(refusal::mode_parameter));
}

TEST_F(modes_test, ban_masks_with_spaces_or_nothing_are_refused) {
  for (const std::string_view text : {"", "a b", "a\u202e"}) {
    changes_mode(alice, true, room_mode::ban, text);
    EXPECT_TRUE(is_refused(refusal::mode_parameter)) << text;
  }
}

TEST_F(modes_test, parameters_past_the_limit_are_dropped) {
  std::vector<mode_change> changes;
  std::vector<std::string> masks;
  for (int index = 0; index < 8; ++index)
    masks.push_back("m" + std::to_string(index));
  for (const std::string& mask : masks)
    changes.push_back({.add = true, .mode = room_mode::ban, .parameter = mask});
  does(alice, change_modes{.room = "#mill", .changes = changes});
  EXPECT_EQ(chat.find_room("#mill")->kept().bans.size(), chat.bounds().modes_per_change);
}

TEST_F(modes_test, good_changes_take_effect_beside_refused_ones) {
  const std::vector<mode_change> changes = {{.add = true, .mode = room_mode::limit, .parameter = "x"},
                                            {.add = true, .mode = room_mode::moderated, .parameter = {}}};
  does(alice, change_modes{.room = "#mill", .changes = changes});
  EXPECT_TRUE(happened<refused>());
  EXPECT_EQ(caused<modes_changed>().changes.size(), 1U);
}

}  // namespace
}  // namespace hub::chat
