#include <netdb.h>

#include <algorithm>
#include <string>
#include <vector>

#include <leat/net/net_test.hpp>
#include <leat/net/own_network_test.hpp>

namespace leat::net {
namespace {

LEAT_TEST_ON_WORKERS(resolving);

TEST_P(resolving, localhost_is_this_machine_whatever_the_system_says_of_it) {
  run([] {
    for (const std::string_view name :
         {"localhost", "LocalHost", "localhost.", "a.localhost", "a.b.LOCALHOST."}) {
      EXPECT_EQ(resolve_host(name).value(),
                (std::vector{ip_address::loopback_v4(), ip_address::loopback_v6()}))
          << name;
    }
    EXPECT_FALSE(resolve_host("not localhost"));
  });
}

// Whether the system's own names (getaddrinfo(3) through /etc/nsswitch.conf) are asked: this machine's name
// is the one that every machine has; not every machine can find itself by it.
TEST_P(resolving, what_the_system_knows_is_found_as_the_system_says) {
  run([] {
    const std::string name = host_name().value();
    addrinfo* list = nullptr;
    if (getaddrinfo(name.c_str(), nullptr, nullptr, &list) != 0) GTEST_SKIP() << name << " has no address";
    freeaddrinfo(list);
    const auto addresses = resolve_host(name);
    ASSERT_TRUE(addresses) << addresses.error().message();
    ASSERT_FALSE(addresses->empty());
    for (const ip_address& address : *addresses)
      EXPECT_EQ(std::ranges::count(*addresses, address), 1) << address;
  });
}

TEST_P(resolving, a_literal_gives_itself) {
  run([] {
    for (const std::string_view text : {"192.0.2.1", "2001:db8::1", "fe80::1%7"}) {
      const auto addresses = resolve_host(text).value();
      ASSERT_EQ(addresses.size(), 1u);
      EXPECT_EQ(addresses[0].to_string(), text);
    }
  });
}

TEST_P(resolving, what_cannot_be_a_name_is_refused_unasked) {
  run([] {
    const std::string too_long(254, 'a');
    for (const std::string_view name :
         {std::string_view(), std::string_view("a\0b", 3), std::string_view("1:2"), std::string_view("::1::"),
          std::string_view(too_long)}) {
      EXPECT_EQ(resolve_host(name).error(), errc::bad_address) << name;
    }
  });
}

TEST_P(resolving, a_name_that_breaks_the_rules_of_names_is_unknown) {
  run([] { EXPECT_EQ(resolve_host("no such host").error(), errc::unknown_host); });
}

TEST_P(resolving, a_service_gives_its_port) {
  run([] {
    EXPECT_EQ(resolve_service("mysql", "tcp").value(), 3306);
    EXPECT_EQ(resolve_service("http").value(), 80);
    EXPECT_EQ(resolve_service("domain", "udp").value(), 53);
    EXPECT_EQ(resolve_service("0").value(), 0);
    EXPECT_EQ(resolve_service("8667").value(), 8667);
  });
}

TEST_P(resolving, what_is_no_service_is_an_error) {
  run([] {
    for (const std::string_view service : {"no-such-service", "", "-1", "80 ", " http"}) {
      EXPECT_EQ(resolve_service(service).error(), errc::unknown_service) << service;
    }
    EXPECT_EQ(resolve_service(std::string_view("http\0", 5)).error(), errc::unknown_service);
    EXPECT_EQ(resolve_service(std::string(10'000, 'x')).error(), errc::unknown_service);
    EXPECT_EQ(resolve_service("http", "carrier-pigeon").error(), errc::unknown_service);
    EXPECT_EQ(resolve_service("65536").error(), errc::bad_address);
    EXPECT_EQ(resolve_service(std::string(10'000, '1')).error(), errc::bad_address);
  });
}

TEST_P(resolving, a_port_gives_the_name_of_its_service) {
  run([] {
    EXPECT_EQ(service_name(3306).value(), "mysql");
    EXPECT_EQ(service_name(443, "tcp").value(), "https");
    EXPECT_EQ(service_name(0).error(), errc::unknown_service);
    EXPECT_EQ(service_name(80, "carrier-pigeon").error(), errc::unknown_service);
  });
}

TEST_P(resolving, an_address_joins_host_and_service) {
  run([] {
    const auto literal = resolve_endpoints("[::1]:https").value();
    ASSERT_EQ(literal.size(), 1u);
    EXPECT_EQ(literal[0].to_string(), "[::1]:443");
    const auto named = resolve_endpoints("localhost:http", "tcp", deadline_after(patience)).value();
    for (const endpoint& where : named) {
      EXPECT_TRUE(where.address().is_loopback());
      EXPECT_EQ(where.port(), 80);
    }
    const auto here = resolve_endpoints(":80").value();
    ASSERT_EQ(here.size(), 2u);
    EXPECT_EQ(here[0].to_string(), "127.0.0.1:80");
    EXPECT_EQ(here[1].to_string(), "[::1]:80");
    EXPECT_EQ(resolve_endpoints("localhost").error(), errc::bad_address);
    EXPECT_EQ(resolve_endpoints("localhost:no-such-service").error(), errc::unknown_service);
  });
}

TEST_P(resolving, is_given_up_at_its_deadline) {
  run([] {
    EXPECT_EQ(resolve_endpoints("localhost:80", "tcp", deadline_after(-1s)).error(), errc::deadline_exceeded);
    EXPECT_TRUE(
        resolve_endpoints("127.0.0.1:80", "tcp", deadline_after(-1s)));  // there is nothing to wait for
  });
}

TEST_P(resolving, that_was_given_up_ends_by_itself) {
  run([] {
    for (int i = 0; i < 20; ++i) {
      const auto found =
          resolve_endpoints("localhost:80", "tcp", deadline_after(std::chrono::microseconds(i * 20)));
      EXPECT_TRUE(found || found.error() == errc::deadline_exceeded) << found.error().message();
    }
    await([] { return goroutine_count() == 1; });
  });
}

TEST_P(resolving, this_machine_has_a_name) {
  run([] { EXPECT_FALSE(host_name().value().empty()); });
}

TEST_P(resolving, this_machine_has_a_loopback_interface) {
  run([] {
    const auto interfaces = interface_addresses().value();
    const auto loopback =
        std::ranges::find(interfaces, ip_address::loopback_v4(), &interface_address::address);
    ASSERT_NE(loopback, interfaces.end());
    EXPECT_TRUE(loopback->loopback);
    EXPECT_TRUE(loopback->up);
    EXPECT_EQ(loopback->prefix_length, 8u);
    EXPECT_FALSE(loopback->interface.empty());
    EXPECT_GT(loopback->index, 0u);
  });
}

TEST(resolving_outside_the_runtime, blocks_the_thread) {
  EXPECT_TRUE(resolve_host("localhost"));
  EXPECT_EQ(resolve_service("mysql").value(), 3306);
  EXPECT_TRUE(resolve_endpoints("localhost:80", "tcp", deadline_after(patience)));
}

TEST(the_resolver_category, speaks_the_words_of_getaddrinfo) {
  const std::error_code again(-3, resolver_category());  // EAI_AGAIN
  EXPECT_EQ(again, std::errc::resource_unavailable_try_again);
  EXPECT_STREQ(again.category().name(), "resolver");
  EXPECT_FALSE(again.message().empty());
}

TEST(the_interfaces_of_this_machine, are_listed_with_all_their_addresses_as_they_are_now) {
  const std::string why = leat::testing::in_own_network([] {
    leat::run({.workers = 2}, [] {
      const auto all = interface_addresses().value();
      const auto left = std::ranges::find_if(
          all, [](const interface_address& one) { return one.interface == "left" && one.address.is_v4(); });
      ASSERT_NE(left, all.end());
      EXPECT_EQ(left->address.to_string(), "192.168.1.1");
      EXPECT_EQ(left->prefix_length, 24u);
      EXPECT_EQ(left->index, leat::testing::own_network::index_of("left"));
      EXPECT_TRUE(left->up);
      EXPECT_FALSE(left->loopback);
      for (const interface_address& one : all) {
        if (one.address.is_v6() && one.address.is_link_local()) {
          EXPECT_EQ(one.address.scope_id(), one.index) << one.interface;
        }
      }
    });
  });
  if (!why.empty()) GTEST_SKIP() << why;
}

}  // namespace
}  // namespace leat::net
