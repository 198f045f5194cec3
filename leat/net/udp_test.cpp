#include <array>
#include <vector>

#include <leat/net/net_test.hpp>
#include <leat/net/system_socket.hpp>
#include <leat/wait_group.hpp>

namespace leat::net {
namespace {

LEAT_TEST_ON_WORKERS(a_udp_socket);

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST_P(a_udp_socket, answers_whoever_asked) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    joined others;
    others.go([&server] {
      std::array<std::byte, 512> buffer;
      while (auto got = server.read_from(buffer)) {
        EXPECT_TRUE(server.write_to("ECHO: " + text_of(std::span(buffer).first(got->size)), got->from));
      }
    });
    auto one = listen_udp(on_loopback).value();
    auto two = dial_udp(server.local_address()).value();
    ASSERT_TRUE(one.write_to("from one", server.local_address()));
    ASSERT_TRUE(two.write("from two"));
    std::array<std::byte, 512> buffer;
    const udp_received got = one.read_from(buffer).value();
    EXPECT_EQ(text_of(std::span(buffer).first(got.size)), "ECHO: from one");
    EXPECT_EQ(got.from, server.local_address());
    EXPECT_FALSE(got.truncated);
    EXPECT_EQ(text_of(std::span(buffer).first(two.read(buffer).value())), "ECHO: from two");
    ASSERT_TRUE(server.close());
  });
}

TEST_P(a_udp_socket, knows_its_addresses) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    auto client =
        dial_udp(server.local_address(), {.local = endpoint(ip_address::v4({127, 0, 0, 9}), 0)}).value();
    EXPECT_NE(server.local_address().port(), 0);
    EXPECT_EQ(server.remote_address(), endpoint());
    EXPECT_EQ(client.remote_address(), server.local_address());
    EXPECT_EQ(client.local_address().address().to_string(), "127.0.0.9");
  });
}

TEST_P(a_udp_socket, carries_datagrams_of_every_size) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    auto client = dial_udp(server.local_address()).value();
    std::vector<std::byte> buffer(udp_datagram_limit);
    for (const std::size_t size : {0u, 1u, 511u, 1472u, 1473u, 9000u, 65507u}) {
      const std::string sent = pattern(size);
      ASSERT_TRUE(client.write(sent)) << size;
      const udp_received got = server.read_from(buffer).value();
      EXPECT_FALSE(got.truncated);
      EXPECT_TRUE(text_of(std::span(buffer).first(got.size)) == sent) << size;
    }
  });
}

TEST_P(a_udp_socket, refuses_datagrams_that_are_too_long_and_goes_on) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    auto client = dial_udp(server.local_address()).value();
    EXPECT_EQ(client.write(std::string(65508, 'x')).error(), std::errc::message_size);
    EXPECT_EQ(client.write_to(std::string(100'000, 'x'), server.local_address()).error(),
              std::errc::message_size);
    ASSERT_TRUE(client.write("short"));
    std::array<std::byte, 16> buffer;
    EXPECT_EQ(server.read(buffer).value(), 5u);
  });
}

TEST_P(a_udp_socket, says_when_a_datagram_does_not_fit) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    auto client = dial_udp(server.local_address()).value();
    for (const std::string_view text : {"0123456789", "0123456789", "next"})
      ASSERT_TRUE(client.write(text));
    std::array<std::byte, 4> buffer;
    const udp_received got = server.read_from(buffer).value();
    EXPECT_EQ(got.size, 4u);
    EXPECT_TRUE(got.truncated);
    EXPECT_EQ(got.from, client.local_address());
    EXPECT_EQ(server.read(buffer).error(), errc::too_long);
    EXPECT_EQ(text_of(buffer), "0123");
    EXPECT_EQ(server.read(buffer).value(), 4u);  // an exact fit is no truncation
    EXPECT_EQ(text_of(buffer), "next");
  });
}

TEST_P(a_udp_socket, takes_empty_datagrams_and_empty_buffers) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    auto client = dial_udp(server.local_address()).value();
    for (const std::string_view text : {"", "x", "", "end"})
      ASSERT_TRUE(client.write(text));
    std::array<std::byte, 16> buffer;
    EXPECT_EQ(server.read(buffer).value(), 0u);
    const udp_received lost = server.read_from({}).value();
    EXPECT_EQ(lost.size, 0u);
    EXPECT_TRUE(lost.truncated);
    EXPECT_FALSE(server.read_from({}).value().truncated);
    EXPECT_EQ(server.read(buffer).value(), 3u);
  });
}

TEST_P(a_udp_socket, that_is_connected_hears_its_peer_only) {
  run([] {
    auto peer = listen_udp(on_loopback).value();
    auto stranger = listen_udp(on_loopback).value();
    auto client = dial_udp(peer.local_address()).value();
    ASSERT_TRUE(stranger.write_to("from a stranger", client.local_address()));
    ASSERT_TRUE(peer.write_to("from the peer", client.local_address()));
    std::array<std::byte, 64> buffer;
    EXPECT_EQ(text_of(std::span(buffer).first(client.read(buffer).value())), "from the peer");
  });
}

TEST_P(a_udp_socket, that_is_connected_learns_that_nobody_listens_and_goes_on) {
  run([] {
    auto peer = listen_udp(on_loopback).value();
    const endpoint where = peer.local_address();
    auto client = dial_udp(where).value();
    ASSERT_TRUE(peer.close());
    ASSERT_TRUE(client.write("anybody?"));
    std::array<std::byte, 16> buffer;
    EXPECT_EQ(client.read(buffer).error(), std::errc::connection_refused);
    auto again = listen_udp(where).value();
    ASSERT_TRUE(client.write("now?"));
    EXPECT_EQ(again.read(buffer).value(), 4u);
  });
}

TEST_P(a_udp_socket, that_is_connected_is_told_by_whatever_comes_next_and_once) {
  run([] {
    auto peer = listen_udp(on_loopback).value();
    auto client = dial_udp(peer.local_address()).value();
    ASSERT_TRUE(peer.close());
    ASSERT_TRUE(client.write("anybody?"));
    EXPECT_EQ(client.write("anybody else?").error(), std::errc::connection_refused);
    auto again = listen_udp(client.remote_address()).value();
    std::array<std::byte, 16> buffer;
    ASSERT_TRUE(client.write("now?"));
    EXPECT_EQ(again.read(buffer).value(), 4u) << "what was refused was not sent";
  });
}

TEST_P(a_udp_socket, that_is_not_connected_hears_nothing_of_those_who_do_not_listen) {
  run([] {
    auto nobody = listen_udp(on_loopback).value();
    const endpoint where = nobody.local_address();
    ASSERT_TRUE(nobody.close());
    auto socket = listen_udp(on_loopback).value();
    for (int i = 0; i < 3; ++i)
      EXPECT_TRUE(socket.write_to("anybody?", where));
    EXPECT_TRUE(socket.write_to("to myself", socket.local_address()));
    std::array<std::byte, 16> buffer;
    EXPECT_EQ(socket.read(buffer).value(), 9u);
  });
}

TEST_P(a_udp_socket, that_is_connected_still_sends_to_others) {
  run([] {
    auto peer = listen_udp(on_loopback).value();
    auto other = listen_udp(on_loopback).value();
    auto client = dial_udp(peer.local_address()).value();
    ASSERT_TRUE(client.write_to("to another", other.local_address()));
    ASSERT_TRUE(client.write("to the peer"));
    std::array<std::byte, 16> buffer;
    EXPECT_EQ(other.read_from(buffer).value().from, client.local_address());
    EXPECT_EQ(peer.read(buffer).value(), 11u);
  });
}

TEST_P(a_udp_socket, is_prepared_by_its_dialler) {
  run([] {
    auto peer = listen_udp(on_loopback).value();
    endpoint asked_about;
    const auto prepare = [&](socket_options options, const endpoint& where) {
      asked_about = where;
      return options.set_hop_limit(3);
    };
    auto client = dial_udp(peer.local_address(), {.control = prepare}).value();
    EXPECT_EQ(asked_about, peer.local_address());
    EXPECT_EQ(client.options().hop_limit().value(), 3);
    const auto refuse = [](socket_options, const endpoint&) { return result<void>(fail(errc::canceled)); };
    EXPECT_EQ(dial_udp(peer.local_address(), {.control = refuse}).error(), errc::canceled);
    auto [over, cancel] = with_cancel(context());
    cancel();
    EXPECT_EQ(dial_udp("name.invalid:9", {.ctx = over}).error(), errc::canceled);
  });
}

TEST_P(a_udp_socket, that_is_not_connected_needs_an_address_to_write_to) {
  run([] {
    auto socket = listen_udp(on_loopback).value();
    EXPECT_EQ(socket.write("to whom?").error(), std::errc::destination_address_required);
  });
}

TEST_P(a_udp_socket, that_is_closed_wakes_all_who_read) {
  run([] {
    auto socket = listen_udp(on_loopback).value();
    wait_group readers;
    for (int i = 0; i < 4; ++i) {
      readers.go([&] {
        std::array<std::byte, 16> buffer;
        EXPECT_EQ(socket.read_from(buffer).error(), errc::closed);
      });
    }
    await_parked(4);
    ASSERT_TRUE(socket.close());
    readers.wait();
    std::array<std::byte, 16> buffer;
    EXPECT_EQ(socket.read(buffer).error(), errc::closed);
    EXPECT_EQ(socket.write("x").error(), errc::closed);
    EXPECT_EQ(socket.write_to("x", endpoint(ip_address::loopback_v4(), 9)).error(), errc::closed);
  });
}

TEST(a_udp_socket_that_never_was, behaves_as_a_closed_one) {
  udp_socket none;
  std::array<std::byte, 16> buffer;
  EXPECT_EQ(none.read(buffer).error(), errc::closed);
  EXPECT_EQ(none.read_from(buffer).error(), errc::closed);
  EXPECT_EQ(none.write("x").error(), errc::closed);
  EXPECT_EQ(none.write_to("x", endpoint()).error(), errc::closed);
  EXPECT_EQ(none.close().error(), errc::closed);
}

TEST_P(a_udp_socket, gives_up_at_its_deadline) {
  run([] {
    auto socket = listen_udp(on_loopback).value();
    std::array<std::byte, 16> buffer;
    const auto deadline = std::chrono::steady_clock::now() + 20ms;
    ASSERT_TRUE(socket.set_read_deadline(deadline));
    EXPECT_EQ(socket.read_from(buffer).error(), errc::deadline_exceeded);
    EXPECT_GE(std::chrono::steady_clock::now(), deadline);
    ASSERT_TRUE(socket.set_read_deadline(never));
    ASSERT_TRUE(socket.write_to("to myself", socket.local_address()));
    EXPECT_EQ(socket.read(buffer).value(), 9u);
    ASSERT_TRUE(socket.set_write_deadline(-1s));
    EXPECT_EQ(socket.write_to("x", socket.local_address()).error(), errc::deadline_exceeded);
  });
}

TEST_P(a_udp_socket, serves_many_goroutines_that_read_and_write_at_once) {
  run([] {
    constexpr int clients = 8;
    constexpr int rounds = 50;
    auto server = listen_udp(on_loopback).value();
    wait_group handlers;
    for (int i = 0; i < 4; ++i) {
      handlers.go([&server] {
        std::array<std::byte, 64> buffer;
        while (auto got = server.read_from(buffer)) {
          EXPECT_TRUE(server.write_to(std::span(buffer).first(got->size), got->from));
        }
      });
    }
    wait_group all;
    for (int client = 0; client < clients; ++client) {
      all.go([&server, client] {
        auto socket = dial_udp(server.local_address()).value();
        std::array<std::byte, 64> buffer;
        for (int i = 0; i < rounds; ++i) {
          const std::string text = std::to_string(client) + " " + std::to_string(i);
          ASSERT_TRUE(socket.write(text));
          ASSERT_EQ(text_of(std::span(buffer).first(socket.read(buffer).value())), text);
        }
      });
    }
    all.wait();
    ASSERT_TRUE(server.close());
    handlers.wait();
  });
}

TEST_P(a_udp_socket, may_broadcast) {
  run([] {
    auto socket = listen_udp("0.0.0.0:0").value();
    // Loopback's own broadcast address: without SO_BROADCAST the answer would be EACCES.
    const endpoint everyone(ip_address::v4({127, 255, 255, 255}), socket.local_address().port());
    EXPECT_TRUE(socket.write_to("to everyone", everyone));
    std::array<std::byte, 64> buffer;
    EXPECT_EQ(socket.read(buffer).value(), 11u);
  });
}

TEST_P(a_udp_socket, without_a_host_serves_both_families) {
  LEAT_SKIP_WITHOUT_V6();
  run([] {
    auto server = listen_udp(":0").value();
    const std::uint16_t port = server.local_address().port();
    std::array<std::byte, 64> buffer;
    for (const ip_address& loopback : {ip_address::loopback_v4(), ip_address::loopback_v6()}) {
      auto client = dial_udp(endpoint(loopback, port)).value();
      ASSERT_TRUE(client.write("hello"));
      const udp_received got = server.read_from(buffer).value();
      EXPECT_EQ(got.from, client.local_address()) << "an IPv4 peer is shown as IPv4";
      ASSERT_TRUE(server.write_to("welcome", got.from));
      EXPECT_EQ(client.read(buffer).value(), 7u);
    }
  });
}

TEST_P(a_udp_socket, of_ipv4_cannot_send_to_ipv6) {
  run([] {
    auto socket = listen_udp("127.0.0.1:0").value();
    EXPECT_FALSE(socket.write_to("x", endpoint(ip_address::loopback_v6(), 9)));
    const endpoint mapped(ip_address::loopback_v4().mapped(), socket.local_address().port());
    EXPECT_TRUE(socket.write_to("x", mapped));  // this is IPv4, in other words
  });
}

TEST_P(a_udp_socket, shares_its_port_only_with_those_who_want_it_too) {
  run([] {
    auto first = listen_udp(on_loopback, {.reuse_port = true}).value();
    EXPECT_TRUE(listen_udp(first.local_address(), {.reuse_port = true}));
    EXPECT_EQ(listen_udp(first.local_address()).error(), std::errc::address_in_use);
  });
}

TEST_P(a_udp_socket, is_not_to_be_had_for_a_bad_address) {
  run([] {
    for (const std::string_view address : {"", "127.0.0.1", "127.0.0.1:99999", "::1:80", "[::1"}) {
      EXPECT_EQ(listen_udp(address).error(), errc::bad_address) << address;
      EXPECT_EQ(dial_udp(address).error(), errc::bad_address) << address;
    }
    EXPECT_EQ(listen_udp("192.0.2.1:0").error(), std::errc::address_not_available);
    EXPECT_EQ(dial_udp("127.0.0.1:9", {.local = endpoint(ip_address::loopback_v6(), 0)}).error(),
              std::errc::address_not_available);
  });
}

// Whether a datagram that is sent there finds somebody: if not, the next write is told so.
bool finds_somebody(std::string_view host, std::uint16_t port) {
  auto socket = dial_udp(join_host_port(host, port)).value();
  EXPECT_TRUE(socket.write("anybody?"));
  return socket.write("anybody?").has_value();
}

TEST_P(a_udp_socket, serves_the_families_that_its_address_says) {
  LEAT_SKIP_WITHOUT_V6();
  struct expectation {
    std::string_view address;
    bool v6_only, v4_comes, v6_comes;
  };
  run([] {
    for (const expectation& one :
         {expectation{":0", false, true, true}, expectation{":0", true, false, true},
          expectation{"[::]:0", false, true, true}, expectation{"[::]:0", true, false, true},
          expectation{"0.0.0.0:0", false, true, false}, expectation{"127.0.0.1:0", false, true, false},
          expectation{"[::ffff:127.0.0.1]:0", false, true, false},
          expectation{"[::1]:0", false, false, true}}) {
      auto socket = listen_udp(one.address, {.v6_only = one.v6_only});
      ASSERT_TRUE(socket) << one.address << ": " << socket.error().message();
      const std::uint16_t port = socket->local_address().port();
      EXPECT_EQ(finds_somebody("127.0.0.1", port), one.v4_comes) << one.address << " v6_only " << one.v6_only;
      EXPECT_EQ(finds_somebody("::1", port), one.v6_comes) << one.address << " v6_only " << one.v6_only;
    }
  });
}

TEST_P(a_udp_socket, conflicts_with_those_whose_addresses_it_shares) {
  LEAT_SKIP_WITHOUT_V6();
  struct expectation {
    std::string_view first, second;
    bool v6_only, possible;
  };
  run([] {
    for (const expectation& one :
         {expectation{"", "", false, false}, expectation{"", "127.0.0.1", false, false},
          expectation{"", "::1", false, false}, expectation{"0.0.0.0", "127.0.0.1", false, false},
          expectation{"0.0.0.0", "::", false, false}, expectation{"0.0.0.0", "::", true, true},
          expectation{"127.0.0.1", "::1", false, true}, expectation{"127.0.0.1", "127.0.0.2", false, true},
          expectation{"::", "::1", true, false}, expectation{"::", "127.0.0.1", true, true}}) {
      const udp_options options{.v6_only = one.v6_only};
      for (const auto& [early, late] : {std::pair(one.first, one.second), std::pair(one.second, one.first)}) {
        auto first = listen_udp(join_host_port(early, 0), options).value();
        const auto second = listen_udp(join_host_port(late, first.local_address().port()), options);
        EXPECT_EQ(second.has_value(), one.possible) << early << " and " << late;
        if (!second) {
          EXPECT_EQ(second.error(), std::errc::address_in_use);
        }
      }
    }
  });
}

}  // namespace
}  // namespace leat::net
