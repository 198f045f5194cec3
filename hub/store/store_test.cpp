#include <gtest/gtest.h>

#include <hub/store/store.hpp>

namespace hub::store {
namespace {

TEST(conversation, a_room_is_found_whatever_the_case_of_its_ascii_letters) {
  EXPECT_EQ(conversation_of({.source = "ann!a@h", .target = "#Team-Ä", .text = ""}), "#team-Ä");
}

TEST(conversation, a_private_message_belongs_to_the_pair_in_either_direction) {
  const auto there = conversation_of({.source = "Ann!a@h", .target = "bob", .text = ""});
  const auto back = conversation_of({.source = "BOB!b@h", .target = "ann", .text = ""});
  EXPECT_EQ(there, back);
  EXPECT_EQ(there, conversation_of("bob", "Ann"));
}

TEST(conversation, a_source_without_a_user_part_is_a_nick) {
  EXPECT_EQ(conversation_of({.source = "server", .target = "ann", .text = ""}),
            conversation_of("ann", "server"));
}

TEST(conversation, other_pairs_do_not_share_a_key) {
  EXPECT_NE(conversation_of("ab", "c"), conversation_of("a", "bc"));
}

}  // namespace
}  // namespace hub::store
