#include <gtest/gtest.h>

#include <array>
#include <string>

#include <leat/net/icmp.hpp>
#include <leat/net/icmp_message.hpp>
#include <leat/net/net_test.hpp>

namespace leat::net {
namespace {

TEST(the_internet_checksum, is_the_one_of_rfc_1071) {
  constexpr std::array<std::uint8_t, 8> words{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  const auto bytes = std::as_bytes(std::span(words));
  EXPECT_EQ(internet_checksum(bytes), static_cast<std::uint16_t>(~0xddf2U));
  EXPECT_EQ(internet_checksum(bytes.first(1)), 0xffff);
  EXPECT_EQ(internet_checksum({}), 0xffff);
  EXPECT_EQ(internet_checksum(bytes.subspan(2, 1)), static_cast<std::uint16_t>(~0xf200U));
}

TEST(an_echo_request, has_a_checksum_that_makes_the_whole_sum_up) {
  std::array<std::byte, 64> room;
  const auto payload = bytes_of("hello");
  const std::size_t size = write_echo_request(
      icmp_family::v4, {.identifier = 0x1234, .sequence = 0x5678, .payload = payload}, room);
  ASSERT_EQ(size, 13u);
  EXPECT_EQ(internet_checksum(std::span(room).first(size)), 0);
  EXPECT_EQ(write_echo_request(icmp_family::v4, {.payload = payload}, std::span(room).first(12)), 0u);
}

std::string reply_bytes(unsigned char type) {
  return {static_cast<char>(type), 0, 0, 0, 0x12, 0x34, 0x56, 0x78, 'h', 'i'};
}

TEST(an_echo_reply, is_told_from_everything_else) {
  for (const auto& [family, type] : {std::pair(icmp_family::v4, 0), std::pair(icmp_family::v6, 129)}) {
    const std::string message = reply_bytes(static_cast<unsigned char>(type));
    const auto reply = read_echo_reply(family, bytes_of(message));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->identifier, 0x1234);
    EXPECT_EQ(reply->sequence, 0x5678);
    EXPECT_EQ(reply->payload.size(), 2u);
    EXPECT_FALSE(read_echo_reply(family, bytes_of(message).first(7)));
    EXPECT_FALSE(read_echo_reply(family, bytes_of(reply_bytes(8))));
    EXPECT_FALSE(read_echo_reply(family, {}));
  }
}

TEST(an_ipv4_packet, that_is_cut_off_or_not_icmp_has_no_content) {
  std::string packet(20, '\0');
  packet[0] = 0x45;
  packet[9] = 1;
  packet += "content";
  EXPECT_EQ(content_of_ipv4(bytes_of(packet))->size(), 7u);
  packet[0] = 0x46;  // four bytes of options
  EXPECT_EQ(content_of_ipv4(bytes_of(packet))->size(), 3u);
  packet[0] = 0x4f;
  EXPECT_FALSE(content_of_ipv4(bytes_of(packet)));
  packet[0] = 0x44;
  EXPECT_FALSE(content_of_ipv4(bytes_of(packet)));
  packet[0] = 0x65;
  EXPECT_FALSE(content_of_ipv4(bytes_of(packet)));
  packet[0] = 0x45;
  EXPECT_FALSE(content_of_ipv4(bytes_of(packet).first(19)));
  packet[9] = 6;
  EXPECT_FALSE(content_of_ipv4(bytes_of(packet)));
}

class pinging : public leat::testing::on_workers {
 protected:
  static constexpr std::array both{ip_address::loopback_v4(), ip_address::loopback_v6()};

  // Whether an address can be asked here; says why not.
  static bool can_ask(const ip_address& address) {
    if (address.is_v6() && !machine_has_v6()) {
      std::printf("no IPv6 on this machine: %s is not asked\n", address.to_string().c_str());
      return false;
    }
    if (const auto opened = open_icmp(address); !opened) {
      std::printf("%s is not asked: %s (net.ipv4.ping_group_range, or CAP_NET_RAW)\n",
                  address.to_string().c_str(), opened.error().message().c_str());
      return false;
    }
    return true;
  }
};
INSTANTIATE_TEST_SUITE_P(on, pinging, ::testing::Values(1u, 2u, 4u), leat::testing::workers_name);

TEST_P(pinging, this_machine_gets_a_reply) {
  run([] {
    for (const ip_address& address : both) {
      if (!can_ask(address)) continue;
      for (const std::size_t size : {0u, 56u, 5000u, 20'000u}) {
        const auto reply = ping(address, {.timeout = patience, .sequence = 7, .payload_bytes = size});
        ASSERT_TRUE(reply) << address << ": " << reply.error().message();
        EXPECT_EQ(reply->payload_bytes, size);
        EXPECT_GT(reply->time.count(), 0);
        EXPECT_GT(reply->hop_limit, 0);
      }
    }
  });
}

TEST_P(pinging, many_at_once_gives_each_its_own_reply) {
  run([] {
    for (const ip_address& address : both) {
      if (!can_ask(address)) continue;
      wait_group all;
      for (std::uint16_t i = 1; i <= 50; ++i)
        all.go([&address, i] { EXPECT_TRUE(ping(address, {.timeout = patience, .sequence = i})); });
      all.wait();
    }
  });
}

TEST_P(pinging, one_socket_hears_the_payloads_and_numbers_that_it_sent) {
  run([] {
    for (const ip_address& address : both) {
      if (!can_ask(address)) continue;
      auto socket = open_icmp(address).value();
      ASSERT_TRUE(socket.set_deadline(patience));
      ASSERT_TRUE(socket.send(address, 9, bytes_of("are you there?")));
      std::string payload(8, '\0');
      const auto reply = socket.receive(std::as_writable_bytes(std::span(payload)));
      ASSERT_TRUE(reply) << reply.error().message();
      EXPECT_EQ(reply->sequence, 9);
      EXPECT_EQ(reply->from, address);
      EXPECT_EQ(reply->payload_bytes, 14u);
      EXPECT_EQ(payload, "are you ");
    }
  });
}

TEST_P(pinging, is_given_up_by_deadline_close_and_context) {
  run([] {
    if (!can_ask(both[0])) GTEST_SKIP() << "ICMP is not permitted here";
    auto socket = open_icmp(both[0]).value();
    ASSERT_TRUE(socket.set_deadline(10ms));
    EXPECT_EQ(socket.receive().error(), errc::deadline_exceeded);
    ASSERT_TRUE(socket.set_deadline(never));
    {
      joined others;
      const std::size_t parked = leat::testing::parked_count();
      others.go([&socket] { EXPECT_EQ(socket.receive().error(), errc::closed); });
      await_parked(parked + 1);
      ASSERT_TRUE(socket.close());
    }
    auto [ctx, cancel] = with_cancel(context::background());
    cancel();
    EXPECT_EQ(ping(both[0], {.ctx = ctx}).error(), errc::canceled);
    EXPECT_EQ(ping(both[0], {.timeout = -1s}).error(), errc::deadline_exceeded);
  });
}

TEST_P(pinging, refuses_what_cannot_be_sent) {
  run([] {
    EXPECT_EQ(ping(both[0], {.payload_bytes = icmp_payload_limit + 1}).error(), std::errc::message_size);
    EXPECT_EQ(icmp_socket().send(both[0], 1).error(), errc::closed);
    EXPECT_EQ(icmp_socket().receive().error(), errc::closed);
    if (!can_ask(both[0])) GTEST_SKIP() << "ICMP is not permitted here";
    auto socket = open_icmp(both[0]).value();
    EXPECT_EQ(socket.send(both[1], 1).error(), std::errc::address_family_not_supported);
  });
}

}  // namespace
}  // namespace leat::net
