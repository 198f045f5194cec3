// Which of our addresses a datagram comes to and goes from, many sockets on one port, broadcasts, and groups.
#include <net/if.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include <leat/net/net_test.hpp>
#include <leat/net/own_network_test.hpp>

namespace leat::net {
namespace {

using leat::testing::in_own_network;
using leat::testing::own_network;

LEAT_TEST_ON_WORKERS(a_udp_socket_with_packet_info);
LEAT_TEST_ON_WORKERS(udp_sockets_on_one_port);

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

endpoint at(std::string_view address, std::uint16_t port) {
  return {ip_address::parse(address).value(), port};
}

TEST_P(a_udp_socket_with_packet_info, knows_where_a_datagram_was_sent_to) {
  run([] {
    auto server = listen_udp("0.0.0.0:0", {.packet_info = true}).value();
    const std::uint16_t port = server.local_address().port();
    std::array<std::byte, 64> buffer;
    for (const std::string_view address : {"127.0.0.1", "127.0.0.77"}) {
      auto client = dial_udp(at(address, port)).value();
      ASSERT_TRUE(client.write("question"));
      const udp_message got = server.read_message(buffer).value();
      EXPECT_EQ(got.size, 8u);
      EXPECT_EQ(got.from, client.local_address());
      EXPECT_EQ(got.arrival.destination.to_string(), address);
      EXPECT_EQ(got.arrival.local.to_string(), address);
      EXPECT_EQ(got.arrival.interface, ::if_nametoindex("lo"));
      // Without `local` it would come from 127.0.0.1, and a connected socket would not hear it.
      ASSERT_TRUE(server.write_from("answer", got.from, got.arrival.local));
      EXPECT_EQ(client.read(buffer).value(), 6u);
    }
  });
}

TEST_P(a_udp_socket_with_packet_info, answers_batches_from_where_they_came_to) {
  run([] {
    auto server = listen_udp("0.0.0.0:0", {.packet_info = true}).value();
    const std::uint16_t port = server.local_address().port();
    auto one = dial_udp(at("127.0.0.1", port)).value();
    auto two = dial_udp(at("127.0.0.2", port)).value();
    for (udp_socket* const client : {&one, &two, &one, &two})
      ASSERT_TRUE(client->write("question"));
    udp_batch batch(8);
    ASSERT_EQ(server.read_batch(batch).value(), 4u);
    EXPECT_EQ(batch.arrival(0).local.to_string(), "127.0.0.1");
    EXPECT_EQ(batch.arrival(3).local.to_string(), "127.0.0.2");
    ASSERT_TRUE(server.write_batch(batch));
    std::array<std::byte, 64> buffer;
    for (udp_socket* const client : {&one, &one, &two, &two})
      EXPECT_EQ(client->read(buffer).value(), 8u);
  });
}

TEST_P(a_udp_socket_with_packet_info, serves_both_families) {
  LEAT_SKIP_WITHOUT_V6();
  run([] {
    auto server = listen_udp(":0", {.packet_info = true}).value();
    const std::uint16_t port = server.local_address().port();
    std::array<std::byte, 64> buffer;
    udp_batch batch(4);
    for (const std::string_view address : {"127.0.0.3", "::1"}) {
      auto client = dial_udp(at(address, port)).value();
      ASSERT_TRUE(client.write("question"));
      const udp_message got = server.read_message(buffer).value();
      EXPECT_EQ(got.from, client.local_address());
      EXPECT_EQ(got.arrival.destination.to_string(), address);
      EXPECT_EQ(got.arrival.local.to_string(), address);
      ASSERT_TRUE(server.write_from("answer", got.from, got.arrival.local, got.arrival.interface));
      EXPECT_EQ(client.read(buffer).value(), 6u);
      ASSERT_TRUE(client.write("question"));
      ASSERT_TRUE(server.read_batch(batch));
      EXPECT_EQ(batch.arrival(0).local.to_string(), address);
      ASSERT_TRUE(server.write_batch(batch));
      EXPECT_EQ(client.read(buffer).value(), 8u);
    }
  });
}

TEST_P(a_udp_socket_with_packet_info, is_needed_to_know_it) {
  run([] {
    auto server = listen_udp("0.0.0.0:0").value();
    auto client = dial_udp(at("127.0.0.9", server.local_address().port())).value();
    ASSERT_TRUE(client.write("x"));
    std::array<std::byte, 64> buffer;
    const udp_message got = server.read_message(buffer).value();
    EXPECT_EQ(got.from, client.local_address());
    EXPECT_TRUE(got.arrival.destination.is_unspecified());
    EXPECT_EQ(got.arrival.interface, 0u);
    udp_batch batch(2);
    ASSERT_TRUE(client.write("x"));
    ASSERT_TRUE(server.read_batch(batch));
    EXPECT_TRUE(batch.arrival(0).local.is_unspecified());
  });
}

TEST_P(a_udp_socket_with_packet_info, cannot_send_from_what_is_not_ours) {
  run([] {
    auto socket = listen_udp("0.0.0.0:0").value();
    auto to = listen_udp(on_loopback).value();
    const ip_address loopback = ip_address::loopback_v4();
    EXPECT_TRUE(socket.write_from("x", to.local_address(), loopback));
    EXPECT_TRUE(socket.write_from("x", to.local_address(), ip_address::any_v4(), ::if_nametoindex("lo")));
    EXPECT_TRUE(socket.write_from("x", to.local_address(), loopback.mapped()));
    EXPECT_FALSE(socket.write_from("x", to.local_address(), ip_address::v4({192, 0, 2, 1})));
    EXPECT_EQ(socket.write_from("x", to.local_address(), ip_address::loopback_v6()).error(),
              std::errc::address_family_not_supported);
    EXPECT_EQ(socket.write_from("x", to.local_address(), ip_address::any_v4(), 1u << 30).error(),
              std::errc::no_such_device);
    udp_batch batch(3);
    ASSERT_TRUE(batch.push("x", to.local_address()));
    ASSERT_TRUE(batch.push("x", to.local_address()));
    EXPECT_EQ(batch.set_source(0, ip_address::loopback_v6()).error(),
              std::errc::address_family_not_supported);
    ASSERT_TRUE(batch.set_source(0, ip_address::v4({127, 0, 0, 4})));
    ASSERT_TRUE(socket.write_batch(batch));
    std::array<std::byte, 16> buffer;
    for (int i = 0; i < 3; ++i)
      ASSERT_TRUE(to.read(buffer));
    EXPECT_EQ(to.read_from(buffer).value().from.address().to_string(), "127.0.0.4");
    EXPECT_EQ(to.read_from(buffer).value().from.address().to_string(), "127.0.0.1");
  });
}

TEST_P(udp_sockets_on_one_port, each_serve_some_of_the_clients) {
  run([] {
    constexpr std::size_t clients = 64;
    auto servers = listen_udp_shared(on_loopback, 4).value();
    ASSERT_EQ(servers.size(), 4u);
    const endpoint where = servers[0].local_address();
    std::array<std::atomic<int>, 4> served{};
    wait_group handlers;
    for (std::size_t i = 0; i < servers.size(); ++i) {
      EXPECT_EQ(servers[i].local_address(), where);
      handlers.go([&server = servers[i], &count = served[i]] {
        std::array<std::byte, 64> buffer;
        while (auto got = server.read_from(buffer)) {
          ++count;
          EXPECT_TRUE(server.write_to(std::span(buffer).first(got->size), got->from));
        }
      });
    }
    for (std::size_t i = 0; i < clients; ++i) {
      auto client = dial_udp(where).value();
      std::array<std::byte, 64> buffer;
      for (int question = 0; question < 2; ++question) {
        ASSERT_TRUE(client.write("question"));
        EXPECT_EQ(client.read(buffer).value(), 8u);
      }
    }
    for (udp_socket& server : servers)
      ASSERT_TRUE(server.close());
    handlers.wait();
    int idle = 0;
    int total = 0;
    for (const auto& count : served) {
      EXPECT_EQ(count % 2, 0) << "a client has one server";
      total += count;
      if (count == 0) ++idle;
    }
    EXPECT_EQ(total, 2 * static_cast<int>(clients));
    EXPECT_LT(idle, 3) << "by chance once in 10^18 runs";
  });
}

TEST_P(udp_sockets_on_one_port, are_at_least_one) {
  run([] {
    EXPECT_EQ(listen_udp_shared(on_loopback, 0).value().size(), 1u);
    auto alone = listen_udp(on_loopback).value();
    EXPECT_EQ(listen_udp_shared(alone.local_address().to_string(), 2).error(), std::errc::address_in_use);
  });
}

// --- In a network with several interfaces ---

constexpr std::string_view group_v4 = "239.1.2.3";
constexpr std::string_view group_v6 = "ff12::1234";

class in_a_network : public ::testing::TestWithParam<std::string_view> {
 protected:
  template <typename Body>
  static void run_there(Body body) {
    const std::string why = in_own_network([&] { leat::run({.workers = 2}, body); });
    if (!why.empty()) GTEST_SKIP() << why;
  }
};

class multicast : public in_a_network {
 protected:
  static ip_address group() { return ip_address::parse(GetParam()).value(); }
  static ip_address other_group() {
    return ip_address::parse(GetParam() == group_v4 ? "239.1.2.4" : "ff12::1235").value();
  }
  static std::string_view wildcard() { return GetParam() == group_v4 ? "0.0.0.0:0" : "[::]:0"; }

  static udp_socket sender_on(const char* interface) {
    auto sender = listen_udp(wildcard()).value();
    EXPECT_TRUE(sender.set_multicast_interface(own_network::index_of(interface)));
    return sender;
  }

  // Whether what is sent to the group through that interface is heard: what is sent to the socket itself
  // afterwards comes after it.
  static bool hears(udp_socket& member, const char* interface, const ip_address& group) {
    auto sender = sender_on(interface);
    const std::uint16_t port = member.local_address().port();
    EXPECT_TRUE(sender.write_to("to the group", endpoint(group, port)));
    const ip_address self = GetParam() == group_v4 ? ip_address::loopback_v4() : ip_address::loopback_v6();
    EXPECT_TRUE(member.write_to("end", endpoint(self, port)));
    std::array<std::byte, 64> buffer;
    bool heard = false;
    for (;;) {
      const auto text = text_of(std::span(buffer).first(member.read(buffer).value()));
      if (text == "end") return heard;
      EXPECT_EQ(text, "to the group");
      heard = true;
    }
  }
};
INSTANTIATE_TEST_SUITE_P(v4, multicast, ::testing::Values(group_v4));
INSTANTIATE_TEST_SUITE_P(v6, multicast, ::testing::Values(group_v6));

TEST_P(multicast, reaches_members_by_the_interface_that_they_joined_on) {
  run_there([] {
    auto member = listen_udp(wildcard()).value();
    EXPECT_FALSE(hears(member, "left", group()));
    ASSERT_TRUE(member.join_group(group(), own_network::index_of("left")));
    EXPECT_TRUE(hears(member, "left", group()));
    EXPECT_FALSE(hears(member, "right", group()));
    ASSERT_TRUE(member.join_group(group(), own_network::index_of("right")));
    EXPECT_TRUE(hears(member, "right", group()));
    ASSERT_TRUE(member.leave_group(group(), own_network::index_of("left")));
    EXPECT_FALSE(hears(member, "left", group()));
    EXPECT_TRUE(hears(member, "right", group()));
  });
}

TEST_P(multicast, reaches_only_those_who_joined_the_group_themselves) {
  run_there([] {
    auto member = listen_udp(wildcard()).value();
    auto other = listen_udp(wildcard()).value();
    ASSERT_TRUE(member.join_group(group(), own_network::index_of("left")));
    ASSERT_TRUE(other.join_group(other_group(), own_network::index_of("left")));
    EXPECT_FALSE(hears(member, "left", other_group()));
    EXPECT_FALSE(hears(other, "left", group()));
    EXPECT_TRUE(hears(other, "left", other_group()));
  });
}

TEST_P(multicast, reaches_many_listeners_on_one_port) {
  run_there([] {
    const std::uint32_t left = own_network::index_of("left");
    auto one = listen_multicast(endpoint(group(), 0), left).value();
    auto two = listen_multicast(endpoint(group(), one.local_address().port()), left).value();
    EXPECT_EQ(one.local_address().address().unmapped().bytes()[0], group().bytes()[0]);
    auto sender = sender_on("left");
    ASSERT_TRUE(sender.write_to("to all", endpoint(group(), one.local_address().port())));
    std::array<std::byte, 64> buffer;
    EXPECT_EQ(one.read(buffer).value(), 6u);
    EXPECT_EQ(two.read(buffer).value(), 6u);
  });
}

TEST_P(multicast, stays_away_from_this_machine_if_so_wanted) {
  run_there([] {
    const std::uint32_t left = own_network::index_of("left");
    auto member = listen_multicast(endpoint(group(), 0), left, {.packet_info = true}).value();
    const endpoint where(group(), member.local_address().port());
    auto sender = sender_on("left");
    ASSERT_TRUE(sender.set_multicast_loop(false));
    ASSERT_TRUE(sender.write_to("not heard", where));
    ASSERT_TRUE(sender.set_multicast_loop(true));
    ASSERT_TRUE(sender.set_multicast_hops(0));
    ASSERT_TRUE(sender.write_to("heard", where));
    std::array<std::byte, 64> buffer;
    const udp_message got = member.read_message(buffer).value();
    EXPECT_EQ(text_of(std::span(buffer).first(got.size)), "heard");
    EXPECT_EQ(got.arrival.interface, left);
    EXPECT_TRUE(got.arrival.destination.is_multicast());
    EXPECT_FALSE(got.arrival.local.is_multicast()) << "one cannot answer from a group";
    EXPECT_EQ(sender.set_multicast_hops(256).error(), std::errc::invalid_argument);
    EXPECT_FALSE(sender.set_multicast_interface(1u << 20));
  });
}

TEST_P(multicast, may_be_heard_from_one_source_only) {
  run_there([] {
    const std::uint32_t left = own_network::index_of("left");
    auto member = listen_udp(wildcard(), {.packet_info = true}).value();
    const endpoint where(group(), member.local_address().port());
    auto sender = sender_on("left");
    // Find out what we are called there.
    ASSERT_TRUE(member.join_group(group(), left));
    ASSERT_TRUE(sender.write_to("who am I?", where));
    std::array<std::byte, 64> buffer;
    const ip_address source = member.read_from(buffer).value().from.address();
    ASSERT_TRUE(member.leave_group(group(), left));

    const ip_address stranger =
        ip_address::parse(GetParam() == group_v4 ? "192.168.1.99" : "fe80::99").value();
    ASSERT_TRUE(member.join_group_source(group(), stranger, left));
    EXPECT_FALSE(hears(member, "left", group()));
    ASSERT_TRUE(member.join_group_source(group(), source, left));
    EXPECT_TRUE(hears(member, "left", group()));
    ASSERT_TRUE(member.leave_group_source(group(), source, left));
    EXPECT_FALSE(hears(member, "left", group()));
    EXPECT_FALSE(member.leave_group_source(group(), source, left));
    EXPECT_EQ(member
                  .join_group_source(
                      group(), other_group().is_v4() ? ip_address::loopback_v6() : ip_address::loopback_v4())
                  .error(),
              std::errc::address_family_not_supported);
  });
}

TEST_P(multicast, is_refused_where_it_makes_no_sense) {
  run_there([] {
    const std::uint32_t left = own_network::index_of("left");
    auto member = listen_udp(wildcard()).value();
    const ip_address self = GetParam() == group_v4 ? ip_address::loopback_v4() : ip_address::loopback_v6();
    EXPECT_EQ(member.join_group(self, left).error(), std::errc::invalid_argument);
    EXPECT_EQ(listen_multicast(endpoint(self, 0), left).error(), std::errc::invalid_argument);
    EXPECT_EQ(member.join_group(group(), 1u << 20).error(), std::errc::no_such_device);
    EXPECT_FALSE(member.leave_group(group(), left));
    ASSERT_TRUE(member.join_group(group(), left));
    EXPECT_EQ(member.join_group(group(), left).error(), std::errc::address_in_use);
    ASSERT_TRUE(member.close());
    EXPECT_EQ(member.join_group(group(), left).error(), errc::closed);
    EXPECT_EQ(member.set_multicast_loop(true).error(), errc::closed);
    EXPECT_EQ(member.set_multicast_interface(left).error(), errc::closed);
  });
}

TEST(multicast_on_a_dual_stack_socket, is_of_both_families) {
  const std::string why = in_own_network([] {
    leat::run({.workers = 2}, [] {
      const std::uint32_t left = own_network::index_of("left");
      auto member = listen_udp(":0").value();
      ASSERT_TRUE(member.set_multicast_interface(left));
      ASSERT_TRUE(member.set_multicast_hops(2));
      std::array<std::byte, 64> buffer;
      for (const std::string_view group : {group_v4, group_v6}) {
        ASSERT_TRUE(member.join_group(ip_address::parse(group).value(), left));
        ASSERT_TRUE(member.write_to("to all and me", at(group, member.local_address().port())));
        EXPECT_EQ(member.read(buffer).value(), 13u) << group;
      }
    });
  });
  if (!why.empty()) GTEST_SKIP() << why;
}

TEST(a_broadcast, reaches_all_on_the_network_and_says_so) {
  const std::string why = in_own_network([] {
    leat::run({.workers = 2}, [] {
      for (const std::string_view wildcard : {"0.0.0.0:0", "[::]:0"}) {
        auto socket = listen_udp(wildcard, {.packet_info = true}).value();
        ASSERT_TRUE(socket.write_to("to all", at("192.168.1.255", socket.local_address().port())));
        std::array<std::byte, 64> buffer;
        const udp_message got = socket.read_message(buffer).value();
        EXPECT_EQ(got.arrival.destination.to_string(), "192.168.1.255");
        EXPECT_EQ(got.arrival.local.to_string(), "192.168.1.1");
        EXPECT_EQ(got.from.address().to_string(), "192.168.1.1");
        ASSERT_TRUE(socket.write_from("to myself", got.from, got.arrival.local, got.arrival.interface));
        EXPECT_EQ(socket.read(buffer).value(), 9u);
      }
    });
  });
  if (!why.empty()) GTEST_SKIP() << why;
}

TEST(a_link_local_address, names_its_interface) {
  const std::string why = in_own_network([] {
    leat::run({.workers = 2}, [] {
      const std::uint32_t left = own_network::index_of("left");
      auto server = listen_udp("[::]:0", {.packet_info = true}).value();
      // What we are called there: from a datagram that is sent to all nodes.
      ASSERT_TRUE(server.join_group(ip_address::parse(group_v6).value(), left));
      ASSERT_TRUE(server.set_multicast_interface(left));
      ASSERT_TRUE(server.write_to("who am I?", at(group_v6, server.local_address().port())));
      std::array<std::byte, 64> buffer;
      const udp_message self = server.read_message(buffer).value();
      EXPECT_TRUE(self.from.address().is_link_local());
      EXPECT_EQ(self.from.address().scope_id(), left);

      auto client = dial_udp(self.from).value();
      ASSERT_TRUE(client.write("question"));
      const udp_message got = server.read_message(buffer).value();
      EXPECT_EQ(got.arrival.local, self.from.address());
      ASSERT_TRUE(server.write_from("answer", got.from, got.arrival.local));
      EXPECT_EQ(client.read(buffer).value(), 6u);
    });
  });
  if (!why.empty()) GTEST_SKIP() << why;
}

}  // namespace
}  // namespace leat::net
