#include <gtest/gtest.h>

#include <hub/files/area.hpp>

namespace hub::files {
namespace {

TEST(area, a_room_is_the_same_with_and_without_its_sign_and_in_any_case) {
  EXPECT_EQ(area::of_room("#Lobby"), area::of_room("lobby"));
  EXPECT_EQ(area::of_room("#Lobby")->room(), "#Lobby");
  EXPECT_EQ(area::of_room("lobby")->room(), "#lobby");
}

TEST(area, other_rooms_have_other_folders) {
  EXPECT_NE(area::of_room("a-b")->folder(), area::of_room("a_b")->folder());
  EXPECT_NE(area::of_room("##a")->folder(), area::of_room("#a")->folder());
  EXPECT_NE(area::of_room("a%23")->folder(), area::of_room("a#")->folder());
  EXPECT_NE(area::of_room("a")->folder(), area::common().folder());
}

TEST(area, folders_are_harmless_whatever_the_room_is_called) {
  EXPECT_EQ(area::of_room("#..")->folder(), "rooms/%23%2e%2e/files");
  EXPECT_EQ(area::of_room("#../../etc")->folder(), "rooms/%23%2e%2e%2f%2e%2e%2fetc/files");
  EXPECT_EQ(area::of_room("ü")->folder(), "rooms/%23%c3%bc/files");
}

TEST(area, the_longest_room_name_still_fits_into_a_folder_name) {
  const auto longest = area::of_room("#" + std::string(84, '.'));
  ASSERT_TRUE(longest);
  EXPECT_EQ(longest->folder().size(), std::string("rooms//files").size() + 255);
  EXPECT_FALSE(area::of_room("#" + std::string(85, '.')));
}

TEST(area, what_is_no_rooms_name_has_no_area) {
  for (const std::string_view wrong : {"", "#", "a b", "a,b", "a\nb", "a\x1b", "\xff"})
    EXPECT_FALSE(area::of_room(wrong)) << wrong;
  EXPECT_FALSE(area::of_room(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace hub::files
