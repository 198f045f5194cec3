#include <gtest/gtest.h>
#include <net/if.h>

#include <sstream>
#include <unordered_set>
#include <vector>

#include <leat/net/address.hpp>

namespace leat::net {
namespace {

ip_address parsed(std::string_view text) {
  return ip_address::parse(text).value();
}

std::string why(const std::error_code& error) {
  return error.message();
}

TEST(an_ip_address, is_printed_as_rfc_5952_says) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"0.0.0.0", "0.0.0.0"},
      {"192.0.2.1", "192.0.2.1"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // the first of equal runs
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // one group alone is not shortened
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // the longest run
      {"2001:DB8::AbCd", "2001:db8::abcd"},              // lower case
      {"2001:0db8::0001", "2001:db8::1"},                // no leading zeros
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"0:0:3:4:5:6:0:0", "::3:4:5:6:0:0"},
      {"1:0:0:4:5:6:0:0", "1::4:5:6:0:0"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},  // IPv4-mapped, in mixed notation
      {"::ffff:c000:201", "::ffff:192.0.2.1"},
      {"::192.0.2.1", "::c000:201"},  // the deprecated IPv4-compatible form is not
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"fe80::1%7654321", "fe80::1%7654321"},
  };
  for (const auto& [text, canonical] : cases) {
    const auto address = ip_address::parse(text);
    ASSERT_TRUE(address) << text << ": " << why(address.error());
    EXPECT_EQ(address->to_string(), canonical) << text;
    EXPECT_EQ(parsed(canonical), *address) << text;
  }
}

TEST(an_ip_address, is_not_read_from_anything_else) {
  const std::vector<std::string_view> bad{
      "",
      " ",
      "1.2.3",
      "1.2.3.4.5",
      "1.2.3.256",
      "1.2.3.04",
      "1.2.3.-4",
      "0x1.2.3.4",
      "1.2.3.4 ",
      " 1.2.3.4",
      "1.2.3.4:80",
      "localhost",
      ":",
      ":::",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1::2::3",
      "12345::",
      "g::",
      "[::1]",
      "::1%",
      "::1%0",
      "::1%4294967296",
      "::1%a-name-that-is-longer-than-any-interface",
      "1.2.3.4%lo",
      "::ffff:1.2.3.4%1",
      "::1.2.3",
      std::string_view("1.2.3.4\0", 8),
      std::string_view("::1\0", 4),
      std::string_view("::1%lo\0", 7),
      "11111111111111111111111111111111111111111111111111111111111111111111111111111111",
  };
  for (const std::string_view text : bad) {
    const auto address = ip_address::parse(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error(), errc::bad_address) << text;
  }
}

TEST(an_ip_address, names_the_interface_of_its_zone) {
  const unsigned index = if_nametoindex("lo");
  if (index == 0) GTEST_SKIP() << "this machine has no interface named lo";
  const ip_address address = parsed("fe80::1%lo");
  EXPECT_EQ(address.scope_id(), index);
  EXPECT_EQ(address.to_string(), "fe80::1%lo");
  EXPECT_NE(address, parsed("fe80::1"));
}

TEST(an_ip_address, with_an_unknown_zone_is_refused) {
  const auto address = ip_address::parse("fe80::1%nowhere0");
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error(), std::errc::no_such_device);
}

TEST(an_ip_address, knows_its_kind) {
  EXPECT_TRUE(parsed("127.255.0.1").is_loopback());
  EXPECT_TRUE(parsed("::1").is_loopback());
  EXPECT_TRUE(parsed("::ffff:127.0.0.1").is_loopback());
  EXPECT_FALSE(parsed("::2").is_loopback());
  EXPECT_FALSE(parsed("128.0.0.1").is_loopback());

  EXPECT_TRUE(parsed("0.0.0.0").is_unspecified());
  EXPECT_TRUE(parsed("::").is_unspecified());
  EXPECT_FALSE(parsed("::1").is_unspecified());

  EXPECT_TRUE(parsed("224.0.0.1").is_multicast());
  EXPECT_TRUE(parsed("239.255.255.255").is_multicast());
  EXPECT_TRUE(parsed("ff02::1").is_multicast());
  EXPECT_FALSE(parsed("240.0.0.1").is_multicast());
  EXPECT_FALSE(parsed("fe80::1").is_multicast());

  EXPECT_TRUE(parsed("169.254.1.1").is_link_local());
  EXPECT_TRUE(parsed("febf::1").is_link_local());
  EXPECT_FALSE(parsed("fec0::1").is_link_local());
  EXPECT_FALSE(parsed("169.253.1.1").is_link_local());

  EXPECT_TRUE(parsed("10.1.2.3").is_private());
  EXPECT_TRUE(parsed("172.31.0.1").is_private());
  EXPECT_TRUE(parsed("192.168.0.1").is_private());
  EXPECT_TRUE(parsed("fd00::1").is_private());
  EXPECT_FALSE(parsed("172.32.0.1").is_private());
  EXPECT_FALSE(parsed("192.169.0.1").is_private());
  EXPECT_FALSE(parsed("fe00::1").is_private());
}

TEST(an_ip_address, maps_and_unmaps) {
  const ip_address v4 = parsed("192.0.2.1");
  const ip_address mapped = parsed("::ffff:192.0.2.1");
  EXPECT_TRUE(v4.is_v4());
  EXPECT_FALSE(v4.is_v4_mapped());
  EXPECT_TRUE(mapped.is_v6());
  EXPECT_TRUE(mapped.is_v4_mapped());
  EXPECT_NE(v4, mapped);
  EXPECT_EQ(mapped.unmapped(), v4);
  EXPECT_EQ(v4.mapped(), mapped);
  EXPECT_EQ(v4.unmapped(), v4);
  EXPECT_EQ(parsed("2001:db8::1").unmapped(), parsed("2001:db8::1"));
  EXPECT_EQ(v4.bytes().size(), 4u);
  EXPECT_EQ(mapped.bytes().size(), 16u);
  EXPECT_EQ(v4.bytes()[0], 192);
}

TEST(ip_addresses, are_ordered_by_family_and_then_by_value) {
  EXPECT_LT(parsed("255.0.0.0"), parsed("::"));
  EXPECT_LT(parsed("9.0.0.0"), parsed("10.0.0.0"));
  EXPECT_LT(parsed("::1"), parsed("::2"));
  EXPECT_LT(parsed("fe80::1%1"), parsed("fe80::1%2"));
}

TEST(ip_addresses, that_differ_hash_differently) {
  std::unordered_set<std::size_t> hashes;
  for (const std::string_view text :
       {"1.2.3.4", "::ffff:1.2.3.4", "4.3.2.1", "fe80::1%1", "fe80::1%2", "fe80::1"}) {
    hashes.insert(std::hash<ip_address>{}(parsed(text)));
  }
  EXPECT_EQ(hashes.size(), 6u);
  EXPECT_EQ(parsed("::1").hash(), ip_address::loopback_v6().hash());
}

TEST(an_endpoint, is_read_and_printed) {
  for (const std::string_view text :
       {"127.0.0.1:0", "192.0.2.1:65535", "[::1]:80", "[fe80::1%4000]:1", "[::]:443"}) {
    const auto where = endpoint::parse(text);
    ASSERT_TRUE(where) << text;
    EXPECT_EQ(where->to_string(), text);
  }
  const endpoint where = endpoint::parse("[2001:db8::1]:8667").value();
  EXPECT_EQ(where.address(), parsed("2001:db8::1"));
  EXPECT_EQ(where.port(), 8667);
  std::ostringstream out;
  out << where << ' ' << where.address();
  EXPECT_EQ(out.str(), "[2001:db8::1]:8667 2001:db8::1");
}

TEST(an_endpoint, is_not_read_from_anything_else) {
  for (const std::string_view text :
       {"", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
        "127.0.0.1:http", "127.0.0.1:80 ", "::1:80", "[::1]", "[::1]80", "[::1]:", "[::1:80",
        "[127.0.0.1]:80", "[]:80", "localhost:80", "[::1]:80]"}) {
    const auto where = endpoint::parse(text);
    ASSERT_FALSE(where) << text;
    EXPECT_EQ(where.error(), errc::bad_address) << text;
  }
}

TEST(endpoints, differ_in_hash_and_order_by_port_too) {
  const endpoint one(ip_address::loopback_v4(), 1);
  const endpoint two(ip_address::loopback_v4(), 2);
  EXPECT_LT(one, two);
  EXPECT_NE(std::hash<endpoint>{}(one), std::hash<endpoint>{}(two));
  EXPECT_EQ(one, endpoint::parse("127.0.0.1:1").value());
}

TEST(splitting_host_and_port, takes_off_the_brackets) {
  struct expected_halves {
    std::string_view text, host, port;
  };
  for (const auto& [text, host, port] :
       std::vector<expected_halves>{{"example.org:http", "example.org", "http"},
                                    {":9000", "", "9000"},
                                    {"[::1]:0", "::1", "0"},
                                    {"[fe80::1%eth0]:1", "fe80::1%eth0", "1"},
                                    {"[]:1", "", "1"},
                                    {"1.2.3.4:5", "1.2.3.4", "5"}}) {
    const auto halves = split_host_port(text);
    ASSERT_TRUE(halves) << text;
    EXPECT_EQ(halves->host, host);
    EXPECT_EQ(halves->port, port);
    EXPECT_EQ(address_fault(text).empty(), text != "[]:1") << text << address_fault(text);
  }
}

TEST(splitting_host_and_port, says_what_is_wrong) {
  const std::vector<std::pair<std::string_view, std::string_view>> faults{
      {"", "the port is missing"},
      {"example.org", "the port is missing"},
      {"example.org:", "the port is missing"},
      {"[::1]", "the port is missing"},
      {"[::1", "a bracket is opened and never closed"},
      {"[::1]x:1", "something other than a colon follows the bracket"},
      {"::1:80", "it has too many colons (an IPv6 address stands in brackets)"},
      {"[::1]:80:81", "it has too many colons"},
      {"a]:80", "a bracket stands where none belongs"},
      {"a:[80", "a bracket stands where none belongs"},
      {"[[::1]:80", "a bracket stands where none belongs"},
  };
  for (const auto& [text, fault] : faults) {
    EXPECT_EQ(address_fault(text), fault) << text;
    const auto halves = split_host_port(text);
    ASSERT_FALSE(halves) << text;
    EXPECT_EQ(halves.error(), errc::bad_address) << text;
  }
  EXPECT_EQ(address_fault("127.0.0.1:65536"), "the port is greater than 65535");
  EXPECT_EQ(address_fault("[127.0.0.1]:1"), "no IPv6 address stands in the brackets");
  EXPECT_EQ(address_fault("127.0.0.1:65535"), "");
  EXPECT_EQ(address_fault("[::1%lo]:65535"), "");
}

TEST(joining_host_and_port, adds_brackets_where_they_are_needed) {
  EXPECT_EQ(join_host_port("example.org", 80), "example.org:80");
  EXPECT_EQ(join_host_port("::1", 80), "[::1]:80");
  EXPECT_EQ(join_host_port("", 80), ":80");
}

}  // namespace
}  // namespace leat::net
