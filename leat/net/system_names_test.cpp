#include <gtest/gtest.h>

#include <leat/net/system_names.hpp>

namespace leat::net {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> texts(const std::vector<ip_address>& addresses) {
  std::vector<std::string> made;
  for (const ip_address& address : addresses)
    made.push_back(address.to_string());
  return made;
}

constexpr std::string_view hosts =
    "# the hosts of a small network\n"
    "127.0.0.1\tlocalhost\n"
    "192.0.2.1   mill.example mill   # the mill\n"
    "2001:db8::1 mill.example\n"
    "192.0.2.1 mill.example old-mill\n"
    "not-an-address mill.example\n"
    "192.0.2.300 mill.example\n"
    "192.0.2.7\n"
    "   \r\n"
    "192.0.2.8 Barn.Example.\r\n"
    "192.0.2.9 last";

TEST(the_hosts_file, gives_every_address_of_a_name_once) {
  EXPECT_EQ(texts(addresses_in_hosts(hosts, "mill.example")),
            (std::vector<std::string>{"192.0.2.1", "2001:db8::1"}));
  EXPECT_EQ(texts(addresses_in_hosts(hosts, "mill")), std::vector<std::string>{"192.0.2.1"});
  EXPECT_EQ(texts(addresses_in_hosts(hosts, "last")), std::vector<std::string>{"192.0.2.9"});
}

TEST(the_hosts_file, knows_names_in_any_case_and_with_a_dot_at_the_end) {
  EXPECT_EQ(texts(addresses_in_hosts(hosts, "MILL.example.")).size(), 2u);
  EXPECT_EQ(texts(addresses_in_hosts(hosts, "barn.example")), std::vector<std::string>{"192.0.2.8"});
}

TEST(the_hosts_file, does_not_know_what_it_does_not_hold) {
  for (const std::string_view name : {"mil", "mill.exampl", "#", "the", "", "."})
    EXPECT_TRUE(addresses_in_hosts(hosts, name).empty()) << name;
  EXPECT_TRUE(addresses_in_hosts("", "mill").empty());
}

TEST(the_hosts_file, gives_the_names_of_an_address_canonical_ones_first) {
  EXPECT_EQ(names_in_hosts(hosts, ip_address::parse("192.0.2.1").value()),
            (std::vector<std::string>{"mill.example", "mill", "old-mill"}));
  EXPECT_EQ(names_in_hosts(hosts, ip_address::parse("::ffff:192.0.2.9").value()),
            std::vector<std::string>{"last"});
  EXPECT_TRUE(names_in_hosts(hosts, ip_address::parse("192.0.2.7").value()).empty());
}

TEST(the_hosts_file, gives_no_more_than_its_limit) {
  std::string many;
  for (int i = 0; i < 300; ++i)
    many += "10.0." + std::to_string(i / 200) + "." + std::to_string(i % 200) + " many\n";
  EXPECT_EQ(addresses_in_hosts(many, "many").size(), most_answers);
  std::string names = "10.0.0.1";
  for (int i = 0; i < 300; ++i)
    names += " n" + std::to_string(i);
  EXPECT_EQ(names_in_hosts(names, ip_address::parse("10.0.0.1").value()).size(), most_answers);
}

TEST(a_host_name, has_labels_of_letters_digits_hyphens_and_underscores) {
  for (const std::string_view name : {"a", "a.b", "a-b.c_d.", "_http._tcp.example", "x1.2y"})
    EXPECT_TRUE(is_host_name(name)) << name;
  const std::string long_label(64, 'a');
  std::string long_name = "a";
  while (long_name.size() < 254)
    long_name += ".a";
  for (const std::string_view name :
       {std::string_view(""), std::string_view("."), std::string_view("a..b"), std::string_view(".a"),
        std::string_view("a b"), std::string_view("a\0b", 3), std::string_view("\033[2J"),
        std::string_view("caf\xc3\xa9"), std::string_view(long_label), std::string_view(long_name)})
    EXPECT_FALSE(is_host_name(name)) << name;
}

bool wanted(std::string_view line, std::string_view name) {
  return wants_system_resolver(line, name, "mill");
}

TEST(nsswitch, of_files_and_dns_needs_no_system_resolver) {
  for (const std::string_view text :
       {"", "passwd: files\n", "hosts: files dns\n", "hosts:\tfiles dns # plain", "hosts: dns\n",
        "hosts: files dns [!UNAVAIL=return]\n"})
    EXPECT_FALSE(wanted(text, "example.org")) << text;
}

TEST(nsswitch, with_other_sources_needs_it_for_what_those_may_know) {
  constexpr std::string_view desktop = "hosts: files mdns4_minimal [NOTFOUND=return] dns myhostname\n";
  EXPECT_FALSE(wanted(desktop, "example.org"));
  EXPECT_FALSE(wanted(desktop, "example.local.example"));
  EXPECT_TRUE(wanted(desktop, "printer.local"));
  EXPECT_TRUE(wanted(desktop, "Printer.LOCAL."));
  EXPECT_TRUE(wanted(desktop, "mill"));
  EXPECT_TRUE(wanted(desktop, "_gateway"));
  EXPECT_TRUE(wanted(desktop, ""));
  EXPECT_TRUE(wanted("hosts: resolve [!UNAVAIL=return] files dns\n", "example.org"));
  EXPECT_TRUE(wanted("hosts: files wins dns\n", "example.org"));
}

TEST(nsswitch, with_an_unusual_order_or_action_needs_it) {
  EXPECT_TRUE(wanted("hosts: dns files\n", "example.org"));
  EXPECT_TRUE(wanted("hosts: files\n", "example.org"));
  EXPECT_TRUE(wanted("hosts: files [NOTFOUND=return] dns\n", "example.org"));
  EXPECT_TRUE(wanted("hosts: files dns [TRYAGAIN=continue]\n", "example.org"));
}

TEST(the_options_of_resolv_conf, say_how_patient_to_be) {
  const auto options = read_resolv_conf_options(
      "nameserver 192.0.2.53\n; options timeout:9\noptions edns0 timeout:3 attempts:4\n");
  EXPECT_EQ(options.timeout, 3s);
  EXPECT_EQ(options.attempts, 4);
}

TEST(the_options_of_resolv_conf, say_whom_to_begin_with_and_how_to_ask) {
  const auto options = read_resolv_conf_options("options edns0 rotate\noptions use-vc\n");
  EXPECT_TRUE(options.rotate);
  EXPECT_TRUE(options.over_tcp);
  const auto none = read_resolv_conf_options("# options rotate\nsearch rotate\noptions rotated use-vcx\n");
  EXPECT_FALSE(none.rotate);
  EXPECT_FALSE(none.over_tcp);
}

TEST(the_options_of_resolv_conf, are_bounded_and_nonsense_is_ignored) {
  const auto greatest = read_resolv_conf_options("options timeout:1000 attempts:99\n");
  EXPECT_EQ(greatest.timeout, 30s);
  EXPECT_EQ(greatest.attempts, 5);
  const auto none = read_resolv_conf_options(
      "options timeout:0 attempts:-1 timeout:x attempts: timeout:99999999999999999999");
  EXPECT_FALSE(none.timeout);
  EXPECT_FALSE(none.attempts);
}

}  // namespace
}  // namespace leat::net
