#include <gtest/gtest.h>

#include <string_view>

#include <leat/net/address_selection.hpp>

namespace leat::net {
namespace {

ip_address address(std::string_view text) {
  return ip_address::parse(text).value();
}

route from_to(std::string_view source, std::string_view destination) {
  return {address(destination), address(source)};
}

// Sorts both orders of the two, and says whether the first came out on top of both.
bool wins(const route& better, const route& worse) {
  std::vector<route> straight{better, worse};
  std::vector<route> turned{worse, better};
  sort_routes(straight);
  sort_routes(turned);
  return straight[0].destination == better.destination && turned[0].destination == better.destination;
}

TEST(the_order_of_addresses, puts_what_has_no_route_last) {
  EXPECT_TRUE(wins(from_to("192.0.2.1", "198.51.100.121"), {address("2001:db8:1::1"), std::nullopt}));
}

// RFC 6724, section 10.2: its examples, by the rule that each is for.
TEST(the_order_of_addresses, prefers_a_source_of_the_same_scope) {
  EXPECT_TRUE(wins(from_to("2001:db8::2", "2001:db8:1::1"), from_to("169.254.13.78", "198.51.100.121")));
  EXPECT_TRUE(wins(from_to("198.51.100.117", "198.51.100.121"), from_to("fe80::1", "2001:db8:1::1")));
}

TEST(the_order_of_addresses, prefers_a_source_with_the_same_label) {
  EXPECT_TRUE(
      wins(from_to("2002:c633:6401::2", "2002:c633:6401::1"), from_to("2002:c633:6401::2", "2001:db8:1::1")));
}

TEST(the_order_of_addresses, prefers_higher_precedence) {
  EXPECT_TRUE(wins(from_to("2001:db8::2", "2001:db8:1::1"), from_to("10.1.2.4", "10.1.2.3")));
  EXPECT_TRUE(
      wins(from_to("2001:db8:1::2", "2001:db8:1::1"), from_to("2002:c633:6401::2", "2002:c633:6401::1")));
  EXPECT_TRUE(wins(from_to("::1", "::1"), from_to("127.0.0.1", "127.0.0.1")));
}

TEST(the_order_of_addresses, prefers_smaller_scope) {
  EXPECT_TRUE(wins(from_to("fe80::2", "fe80::1"), from_to("2001:db8::2", "2001:db8:1::1")));
}

TEST(the_order_of_addresses, prefers_the_nearer_network_but_only_in_ipv6) {
  EXPECT_TRUE(wins(from_to("2001:db8:1::2", "2001:db8:1::1"), from_to("2001:db8:1::2", "2001:db8:ffff::1")));
  EXPECT_FALSE(wins(from_to("10.1.2.3", "10.1.2.4"), from_to("10.1.2.3", "198.51.100.1")));
}

TEST(the_order_of_addresses, of_equals_stays) {
  std::vector<route> routes{from_to("10.0.0.1", "203.0.113.9"), from_to("10.0.0.1", "203.0.113.1"),
                            from_to("10.0.0.1", "203.0.113.5")};
  sort_routes(routes);
  EXPECT_EQ(routes[0].destination, address("203.0.113.9"));
  EXPECT_EQ(routes[1].destination, address("203.0.113.1"));
  EXPECT_EQ(routes[2].destination, address("203.0.113.5"));
}

TEST(the_order_of_addresses, of_this_machine_is_found_by_asking_it) {
  std::vector addresses{address("127.0.0.1"), address("127.0.0.2")};
  sort_by_preference(addresses);
  EXPECT_EQ(addresses, (std::vector{address("127.0.0.1"), address("127.0.0.2")}));
}

TEST(interleaving, lets_the_families_take_turns_and_keeps_the_order_of_each) {
  const auto all = [](std::initializer_list<std::string_view> texts) {
    std::vector<endpoint> made;
    for (const std::string_view text : texts)
      made.emplace_back(address(text), std::uint16_t{80});
    return made;
  };
  auto mixed = all({"2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2"});
  interleave_families(mixed);
  EXPECT_EQ(mixed, all({"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3"}));
  auto v4_first = all({"192.0.2.1", "2001:db8::1", "2001:db8::2"});
  interleave_families(v4_first);
  EXPECT_EQ(v4_first, all({"192.0.2.1", "2001:db8::1", "2001:db8::2"}));
  auto one = all({"192.0.2.1"});
  interleave_families(one);
  EXPECT_EQ(one, all({"192.0.2.1"}));
  std::vector<endpoint> none;
  interleave_families(none);
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace leat::net
