#include <gtest/gtest.h>

#include <leat/net/sockaddr.hpp>

namespace leat::net {
namespace {

TEST(a_socket_address, carries_an_endpoint_there_and_back) {
  for (const std::string_view text : {"192.0.2.1:80", "0.0.0.0:0", "[2001:db8::1]:65535", "[fe80::1%77]:1"}) {
    const endpoint where = endpoint::parse(text).value();
    const socket_address raw = to_socket_address(where);
    EXPECT_EQ(raw.storage.ss_family, where.address().is_v4() ? AF_INET : AF_INET6);
    EXPECT_EQ(to_endpoint(raw).value(), where) << text;
  }
}

TEST(a_socket_address, of_another_family_is_refused) {
  socket_address raw;
  raw.storage.ss_family = AF_UNIX;
  EXPECT_EQ(to_endpoint(raw).error(), std::errc::address_family_not_supported);
}

TEST(a_socket_address, that_is_cut_short_is_refused) {
  socket_address raw = to_socket_address(endpoint(ip_address::loopback_v6(), 80));
  raw.size = sizeof(sockaddr_in6) - 1;
  EXPECT_EQ(to_endpoint(raw).error(), std::errc::invalid_argument);
  raw.size = 0;
  EXPECT_EQ(to_endpoint(raw).error(), std::errc::invalid_argument);
}

}  // namespace
}  // namespace leat::net
