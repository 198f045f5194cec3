#include <gtest/gtest.h>

#include <hub/http/own_name.hpp>

namespace hub::http {
namespace {

TEST(own_name, addresses_and_names_that_nobody_can_register_are_own) {
  for (const std::string_view own :
       {"", "127.0.0.1", "127.0.0.1:8667", "192.168.1.7:80", "[::1]:8667", "[fd00::7]", "localhost",
        "LOCALHOST:8667", "a.localhost", "nas", "nas:8667", "nas.local", "nas.local.:8667", "nas.LAN",
        "nas.home.arpa", "nas.internal"})
    EXPECT_TRUE(is_own_name(own, "")) << own;
}

TEST(own_name, names_that_somebody_can_register_are_not) {
  for (const std::string_view other :
       {"example.org", "example.org:8667", "127.0.0.1.example.org", "localhost.example.org", "example.org.",
        "192.168.1.7.nip.io", "1.2.3", "notlocal.evil", ".local", "evillocal.com"})
    EXPECT_FALSE(is_own_name(other, "")) << other;
}

TEST(own_name, the_configured_name_is_own) {
  EXPECT_TRUE(is_own_name("files.example.org", "https://files.example.org/leat"));
  EXPECT_TRUE(is_own_name("Files.Example.org:80", "http://files.example.org:8667"));
  EXPECT_FALSE(is_own_name("example.org", "https://files.example.org"));
}

TEST(own_name, only_what_outsiders_cannot_reach_needs_one) {
  for (const std::string_view inside :
       {"127.0.0.1", "::1", "192.168.1.7", "10.0.0.1", "172.16.0.1", "169.254.1.1", "fe80::1", "fd00::1"})
    EXPECT_TRUE(needs_own_name(leat::net::ip_address::parse(inside).value())) << inside;
  for (const std::string_view outside : {"8.8.8.8", "2001:4860::1"})
    EXPECT_FALSE(needs_own_name(leat::net::ip_address::parse(outside).value())) << outside;
}

}  // namespace
}  // namespace hub::http
