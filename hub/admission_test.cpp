#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include <hub/admission.hpp>

namespace hub {
namespace {

leat::net::ip_address address(std::string_view text) {
  return leat::net::ip_address::parse(text).value();
}

TEST(admission, an_address_has_so_many_places_and_gets_them_back) {
  admission door(10, 2);
  std::optional first = door.enter(address("192.0.2.1"));
  const auto second = door.enter(address("::ffff:192.0.2.1"));
  EXPECT_TRUE(*first && second);
  EXPECT_EQ(door.enter(address("192.0.2.1")).error(), shortage::of_places_for_address);
  EXPECT_TRUE(door.enter(address("192.0.2.2")));
  first.reset();
  EXPECT_TRUE(door.enter(address("192.0.2.1")));
}

TEST(admission, a_network_of_ipv6_counts_as_one) {
  admission door(10, 1);
  const auto one = door.enter(address("2001:db8::1"));
  EXPECT_FALSE(door.enter(address("2001:db8::ffff:2")));
  EXPECT_TRUE(door.enter(address("2001:db8:0:1::1")));
}

TEST(admission, loopback_and_no_limit_count_only_towards_the_total) {
  admission door(4, 1);
  std::vector<std::expected<admission::place, shortage>> places;
  for (int index = 0; index < 3; ++index)
    places.push_back(door.enter(address("127.0.0.1")));
  places.push_back(door.enter(address("::1")));
  for (const auto& one : places)
    EXPECT_TRUE(one);
  EXPECT_EQ(door.enter(address("192.0.2.1")).error(), shortage::of_places);
  admission open(4, 0);
  const auto first = open.enter(address("192.0.2.1"));
  EXPECT_TRUE(open.enter(address("192.0.2.1")));
}

}  // namespace
}  // namespace hub
