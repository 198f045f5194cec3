#include <array>
#include <atomic>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <leat/chan.hpp>
#include <leat/net/net_test.hpp>
#include <leat/net/own_network_test.hpp>

namespace leat::net {
namespace {

LEAT_TEST_ON_WORKERS(a_udp_batch);

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string text_of(const udp_datagram& one) {
  return text_of(one.data);
}

// Reads until so many datagrams have come, and returns them.
std::vector<std::string> read_texts(udp_socket& from, std::size_t wanted, udp_batch& batch) {
  std::vector<std::string> texts;
  while (texts.size() < wanted) {
    EXPECT_GT(from.read_batch(batch).value(), 0u);
    for (const udp_datagram one : batch)
      texts.push_back(text_of(one));
  }
  return texts;
}

std::vector<std::string> read_texts(udp_socket& from, std::size_t wanted) {
  udp_batch batch(32);
  return read_texts(from, wanted, batch);
}

TEST_P(a_udp_batch, takes_what_has_come_and_sends_it_back) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    auto one = listen_udp(on_loopback).value();
    auto two = dial_udp(server.local_address()).value();
    for (const std::string_view text : {"a", "", "bcd"})
      ASSERT_TRUE(one.write_to(text, server.local_address()));
    ASSERT_TRUE(two.write("from two"));

    udp_batch batch(8);
    EXPECT_EQ(server.read_batch(batch).value(), 4u);
    EXPECT_EQ(batch.size(), 4u);
    EXPECT_EQ(text_of(batch[2]), "bcd");
    EXPECT_EQ(batch[0].peer, one.local_address());
    EXPECT_EQ(batch[3].peer, two.local_address());
    EXPECT_FALSE(batch[3].truncated);
    ASSERT_TRUE(server.write_batch(batch));

    EXPECT_EQ(read_texts(one, 3), (std::vector<std::string>{"a", "", "bcd"}));
    EXPECT_EQ(read_texts(two, 1), (std::vector<std::string>{"from two"}));
  });
}

TEST_P(a_udp_batch, waits_for_the_first_only) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    const chan<std::size_t> counts;
    joined others;
    others.go([&server, counts] {
      udp_batch batch(8);
      for (int i = 0; i < 3; ++i)
        counts.send(server.read_batch(batch).value());
    });
    auto client = dial_udp(server.local_address()).value();
    for (int i = 0; i < 3; ++i) {
      await_parked(1);
      ASSERT_TRUE(client.write("x"));
      EXPECT_EQ(counts.receive(), 1u);
    }
  });
}

TEST_P(a_udp_batch, leaves_what_it_has_no_room_for) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    auto client = dial_udp(server.local_address()).value();
    for (int i = 0; i < 5; ++i)
      ASSERT_TRUE(client.write(std::to_string(i)));
    udp_batch batch(2);
    EXPECT_EQ(read_texts(server, 5, batch), (std::vector<std::string>{"0", "1", "2", "3", "4"}));
    EXPECT_EQ(batch.size(), 1u);
  });
}

TEST_P(a_udp_batch, says_what_does_not_fit) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    auto client = dial_udp(server.local_address()).value();
    for (const std::string_view text : {"12345", "1234", "1"})
      ASSERT_TRUE(client.write(text));
    udp_batch batch(4, 4);
    ASSERT_EQ(server.read_batch(batch).value(), 3u);
    EXPECT_TRUE(batch[0].truncated);
    EXPECT_EQ(text_of(batch[0]), "1234");
    EXPECT_FALSE(batch[1].truncated);
    EXPECT_EQ(text_of(batch[1]), "1234");
    EXPECT_EQ(text_of(batch[2]), "1");
    ASSERT_TRUE(client.write("again"));
    ASSERT_EQ(server.read_batch(batch).value(), 1u) << "the kernel's marks of the first time are gone";
    EXPECT_TRUE(batch[0].truncated);
    EXPECT_EQ(batch[0].peer, client.local_address());
  });
}

TEST(an_empty_udp_batch, is_filled_up_to_its_limits) {
  udp_batch batch(2, 8);
  const endpoint to(ip_address::loopback_v4(), 9);
  EXPECT_EQ(batch.capacity(), 2u);
  EXPECT_EQ(batch.bytes_each(), 8u);
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.push("123456789", to).error(), errc::too_long);
  EXPECT_TRUE(batch.empty());
  EXPECT_TRUE(batch.push("12345678", to));
  ASSERT_EQ(batch.prepare().size(), 8u);
  batch.prepare()[0] = std::byte{'x'};
  EXPECT_EQ(batch.commit(9, to).error(), errc::too_long);
  EXPECT_TRUE(batch.commit(1, to));
  EXPECT_TRUE(batch.prepare().empty());
  EXPECT_EQ(batch.push("x", to).error(), std::errc::no_buffer_space);
  EXPECT_EQ(text_of(batch[0]), "12345678");
  EXPECT_EQ(text_of(batch[1]), "x");
  EXPECT_EQ(batch[1].peer, to);
  EXPECT_TRUE(batch.resize(0, 3));
  EXPECT_EQ(text_of(batch[0]), "123");
  EXPECT_EQ(batch.resize(0, 9).error(), errc::too_long);
  batch.clear();
  EXPECT_TRUE(batch.empty());
  EXPECT_TRUE(batch.push("", to));
}

TEST(an_empty_udp_batch, has_a_size) {
  EXPECT_THROW(udp_batch(0), std::invalid_argument);
  EXPECT_THROW(udp_batch(udp_batch::most_datagrams + 1), std::invalid_argument);
  EXPECT_THROW(udp_batch(1, 0), std::invalid_argument);
  EXPECT_THROW(udp_batch(1, 65536), std::invalid_argument);
  EXPECT_NO_THROW(udp_batch(1, 65535));
}

// Runs of equal sizes are sent as one where the system can; nobody can tell.
TEST_P(a_udp_batch, keeps_the_borders_of_datagrams_of_whatever_size) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    ASSERT_TRUE(server.set_read_buffer(1 << 20));
    auto client = listen_udp(on_loopback).value();
    auto other = listen_udp(on_loopback).value();
    const std::array<std::size_t, 17> sizes{100, 100, 100, 50, 100, 100, 0, 0, 100,
                                            101, 101, 99,  1,  1,   1,   1, 7};
    udp_batch batch(100);
    std::vector<std::string> sent;
    for (std::size_t i = 0; i < 100; ++i) {
      sent.push_back(std::string(sizes.at(i % sizes.size()), static_cast<char>('!' + i % 90)));
      ASSERT_TRUE(batch.push(sent.back(), i == 50 ? other.local_address() : server.local_address()));
    }
    ASSERT_TRUE(client.write_batch(batch));
    EXPECT_EQ(read_texts(other, 1).at(0), sent[50]);
    sent.erase(sent.begin() + 50);
    EXPECT_EQ(read_texts(server, 99), sent);
  });
}

TEST_P(a_udp_batch, sends_long_runs) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    ASSERT_TRUE(server.set_read_buffer(4 << 20));
    for (const std::size_t size : {1u, 64u, 1000u, 1472u}) {
      auto client = dial_udp(server.local_address()).value();
      udp_batch batch(100);
      std::vector<std::string> sent;
      for (int i = 0; i < 100; ++i) {
        sent.push_back(std::string(size, static_cast<char>(i)));
        ASSERT_TRUE(batch.push(sent.back()));
      }
      ASSERT_TRUE(client.write_batch(batch)) << size;
      EXPECT_EQ(read_texts(server, 100), sent) << size;
    }
  });
}

TEST_P(a_udp_batch, holds_datagrams_of_the_greatest_size) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    auto client = dial_udp(server.local_address()).value();
    udp_batch batch(3, 65535);
    ASSERT_TRUE(batch.push(pattern(65507)));
    ASSERT_TRUE(batch.push(pattern(65508)));
    ASSERT_TRUE(batch.push("short"));
    EXPECT_EQ(client.write_batch(batch).error(), std::errc::message_size);
    EXPECT_FALSE(batch.error(0));
    EXPECT_EQ(batch.error(1), std::errc::message_size);
    EXPECT_FALSE(batch.error(2));
    EXPECT_TRUE(read_texts(server, 2, batch) == (std::vector<std::string>{pattern(65507), "short"}));
  });
}

TEST_P(a_udp_batch, sends_all_that_can_be_sent) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    auto client = listen_udp(on_loopback).value();
    const endpoint nowhere(ip_address::loopback_v6(), 9);  // an IPv4 socket cannot send there
    udp_batch batch(9);
    for (int i = 0; i < 9; ++i)
      ASSERT_TRUE(batch.push(std::to_string(i), i % 4 == 0 ? nowhere : server.local_address()));
    EXPECT_FALSE(client.write_batch(batch));
    EXPECT_EQ(read_texts(server, 6), (std::vector<std::string>{"1", "2", "3", "5", "6", "7"}));
    for (std::size_t i = 0; i < 9; ++i)
      EXPECT_EQ(static_cast<bool>(batch.error(i)), i % 4 == 0) << i;
  });
}

// A whole run that is refused for another reason than its segments.
TEST_P(a_udp_batch, says_of_each_datagram_why_it_was_not_sent) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    auto client = listen_udp(on_loopback).value();
    udp_batch batch(8);
    for (int i = 0; i < 4; ++i)
      ASSERT_TRUE(batch.push("same", endpoint(ip_address::loopback_v4(), 0)));  // no such port: EINVAL
    for (int i = 0; i < 4; ++i)
      ASSERT_TRUE(batch.push("same", server.local_address()));
    EXPECT_EQ(client.write_batch(batch).error(), std::errc::invalid_argument);
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_EQ(batch.error(i), std::errc::invalid_argument) << i;
    for (std::size_t i = 4; i < 8; ++i)
      EXPECT_FALSE(batch.error(i)) << i;
    EXPECT_EQ(read_texts(server, 4).size(), 4u);
  });
}

TEST_P(a_udp_batch, of_a_connected_socket_needs_no_addresses) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    const endpoint where = server.local_address();
    auto client = dial_udp(where).value();
    udp_batch batch(4);
    ASSERT_TRUE(batch.push("one"));
    ASSERT_TRUE(batch.push("two"));
    ASSERT_TRUE(client.write_batch(batch));
    EXPECT_EQ(server.read_batch(batch).value(), 2u);
    ASSERT_TRUE(server.write_batch(batch));
    EXPECT_EQ(client.read_batch(batch).value(), 2u);
    EXPECT_EQ(batch[1].peer, where);
    ASSERT_TRUE(server.close());
    ASSERT_TRUE(client.write("anybody?"));
    EXPECT_EQ(client.read_batch(batch).error(), std::errc::connection_refused);
    EXPECT_TRUE(batch.empty());
    ASSERT_TRUE(batch.push("to whom?"));
    auto unconnected = listen_udp(on_loopback).value();
    EXPECT_EQ(unconnected.write_batch(batch).error(), std::errc::destination_address_required);
  });
}

TEST_P(a_udp_batch, gives_up_when_the_socket_does) {
  run([] {
    auto socket = listen_udp(on_loopback).value();
    udp_batch batch(4);
    ASSERT_TRUE(socket.set_read_deadline(1ms));
    EXPECT_EQ(socket.read_batch(batch).error(), errc::deadline_exceeded);
    ASSERT_TRUE(socket.set_read_deadline(never));
    wait_group readers;
    for (int i = 0; i < 3; ++i) {
      readers.go([&socket] {
        udp_batch own(4);
        EXPECT_EQ(socket.read_batch(own).error(), errc::closed);
      });
    }
    await_parked(3);
    ASSERT_TRUE(batch.push("x", socket.local_address()));
    ASSERT_TRUE(socket.set_write_deadline(-1s));
    EXPECT_EQ(socket.write_batch(batch).error(), errc::deadline_exceeded);
    EXPECT_EQ(batch.error(0), errc::deadline_exceeded);
    ASSERT_TRUE(socket.close());
    readers.wait();
    EXPECT_EQ(socket.read_batch(batch).error(), errc::closed);
    ASSERT_TRUE(batch.push("x", endpoint(ip_address::loopback_v4(), 9)));
    EXPECT_EQ(socket.write_batch(batch).error(), errc::closed);
    udp_socket none;
    EXPECT_EQ(none.read_batch(batch).error(), errc::closed);
    EXPECT_EQ(none.write_batch(batch).error(), errc::closed);
  });
}

TEST_P(a_udp_batch, is_one_of_many_on_the_same_socket) {
  run([] {
    constexpr int clients = 4;
    constexpr int rounds = 50;
    constexpr int each = 8;
    auto server = listen_udp(on_loopback).value();
    wait_group handlers;
    for (int i = 0; i < 3; ++i) {
      handlers.go([&server] {
        udp_batch batch(5);
        while (server.read_batch(batch))
          EXPECT_TRUE(server.write_batch(batch));
      });
    }
    handlers.go([&server] {
      std::array<std::byte, 64> buffer;
      while (auto got = server.read_from(buffer))
        EXPECT_TRUE(server.write_to(std::span(buffer).first(got->size), got->from));
    });
    wait_group all;
    for (int client = 0; client < clients; ++client) {
      all.go([&server] {
        auto socket = dial_udp(server.local_address()).value();
        udp_batch batch(each);
        for (int round = 0; round < rounds; ++round) {
          batch.clear();
          std::set<std::string> wanted;
          for (int i = 0; i < each; ++i) {
            wanted.insert(std::to_string(round * each + i));
            ASSERT_TRUE(batch.push(std::to_string(round * each + i)));
          }
          ASSERT_TRUE(socket.write_batch(batch));
          while (!wanted.empty()) {
            ASSERT_TRUE(socket.read_batch(batch));
            for (const udp_datagram one : batch)
              ASSERT_EQ(wanted.erase(text_of(one)), 1u);
          }
        }
      });
    }
    all.wait();
    ASSERT_TRUE(server.close());
    handlers.wait();
  });
}

// --- Coalesced reads ---

LEAT_TEST_ON_WORKERS(a_socket_that_coalesces_reads);

TEST_P(a_socket_that_coalesces_reads, gets_many_datagrams_in_one_and_tells_them_apart) {
  run([] {
    auto server = listen_udp(on_loopback, {.coalesced_reads = true}).value();
    if (!server.coalesces_reads()) GTEST_SKIP() << "this system does not coalesce datagrams";
    ASSERT_TRUE(server.set_read_buffer(1 << 20));
    auto client = listen_udp(on_loopback).value();
    udp_batch out(60);
    std::vector<std::string> sent;
    for (int i = 0; i < 60; ++i) {
      sent.push_back(std::string(i == 59 ? 33u : 100u, static_cast<char>('!' + i)));
      ASSERT_TRUE(out.push(sent.back(), server.local_address()));
    }
    ASSERT_TRUE(client.write_batch(out));
    udp_batch in(32);  // 64 KiB: room for one run
    EXPECT_EQ(server.read_batch(in).value(), 60u);
    for (std::size_t i = 0; i < in.size(); ++i) {
      EXPECT_EQ(text_of(in[i]), sent[i]);
      EXPECT_EQ(in[i].peer, client.local_address());
    }
    EXPECT_EQ(in.push("x", client.local_address()).error(), std::errc::no_buffer_space);
    ASSERT_TRUE(server.write_batch(in));
    EXPECT_EQ(read_texts(client, 60), sent);
    ASSERT_TRUE(client.write_to("", server.local_address()));
    ASSERT_TRUE(client.write_to("alone", server.local_address()));
    EXPECT_EQ(read_texts(server, 2, in), (std::vector<std::string>{"", "alone"}));
  });
}

TEST_P(a_socket_that_coalesces_reads, is_read_by_batches_of_a_certain_size_alone) {
  run([] {
    auto server = listen_udp(on_loopback, {.coalesced_reads = true}).value();
    if (!server.coalesces_reads()) GTEST_SKIP() << "this system does not coalesce datagrams";
    std::array<std::byte, 16> buffer;
    EXPECT_EQ(server.read(buffer).error(), std::errc::operation_not_supported);
    EXPECT_EQ(server.read_from(buffer).error(), std::errc::operation_not_supported);
    EXPECT_EQ(server.read_message(buffer).error(), std::errc::operation_not_supported);
    udp_batch small(31);
    EXPECT_EQ(server.read_batch(small).error(), std::errc::no_buffer_space);
    auto client = dial_udp(server.local_address(), {}, {.coalesced_reads = true}).value();
    EXPECT_TRUE(client.coalesces_reads());
    ASSERT_TRUE(client.write("x"));
    udp_batch batch(1, 65535);
    EXPECT_EQ(server.read_batch(batch).error(), std::errc::no_buffer_space) << "one byte is missing";
    udp_batch enough(2, 65535);
    EXPECT_EQ(server.read_batch(enough).value(), 1u);
  });
}

TEST_P(a_udp_batch, serves_sockets_of_every_kind_in_turn) {
  run([] {
    auto plain = listen_udp(on_loopback).value();
    auto coalesced = listen_udp(on_loopback, {.coalesced_reads = true}).value();
    auto informed = listen_udp(on_loopback, {.packet_info = true}).value();
    auto client = listen_udp(on_loopback).value();
    udp_batch batch(40);
    for (int round = 0; round < 3; ++round) {
      for (udp_socket* const server : {&plain, &coalesced, &informed}) {
        batch.clear();
        std::vector<std::string> sent;
        for (int i = 0; i < 10; ++i) {
          sent.push_back("datagram " + std::to_string(i));
          ASSERT_TRUE(batch.push(sent.back(), server->local_address()));
        }
        ASSERT_TRUE(client.write_batch(batch));
        std::vector<std::string> got;
        while (got.size() < sent.size()) {
          ASSERT_TRUE(server->read_batch(batch));
          for (const udp_datagram one : batch)
            got.push_back(text_of(one));
          ASSERT_TRUE(server->write_batch(batch));
        }
        EXPECT_EQ(got, sent);
        EXPECT_EQ(read_texts(client, 10, batch), sent);
      }
    }
  });
}

// --- Paths that are too narrow for segments ---

TEST(a_udp_batch_on_a_narrow_path, sends_one_by_one_what_cannot_be_cut_into_segments) {
  const std::string why = leat::testing::in_own_network([] {
    ASSERT_TRUE(leat::testing::own_network::set_mtu("lo", 1500));
    leat::run({.workers = 2}, [] {
      auto server = listen_udp(on_loopback, {.coalesced_reads = true}).value();
      auto client = dial_udp(server.local_address()).value();
      udp_batch out(20, 4000);
      udp_batch in(64);
      for (const std::size_t size : {4000u, 1000u, 2000u, 1472u}) {
        out.clear();
        std::vector<std::string> sent;
        for (int i = 0; i < 20; ++i) {
          sent.push_back(std::string(size, static_cast<char>('a' + i)));
          ASSERT_TRUE(out.push(sent.back()));
        }
        ASSERT_TRUE(client.write_batch(out)) << size;
        EXPECT_TRUE(read_texts(server, 20, in) == sent) << size;
        // What does fit the path is still sent as one.
        const bool fits = size < 1500 && server.coalesces_reads();
        EXPECT_TRUE(!fits || in.size() == 20u) << size;
      }
    });
  });
  if (!why.empty()) GTEST_SKIP() << why;
}

TEST_P(a_udp_batch, is_sent_one_by_one_if_so_wanted) {
  run([] {
    auto server = listen_udp(on_loopback, {.coalesced_reads = true}).value();
    auto client = dial_udp(server.local_address(), {}, {.segmented_writes = false}).value();
    udp_batch batch(64);
    for (int i = 0; i < 20; ++i)
      ASSERT_TRUE(batch.push("equal"));
    ASSERT_TRUE(client.write_batch(batch));
    EXPECT_EQ(read_texts(server, 20, batch), std::vector<std::string>(20, "equal"));
  });
}

}  // namespace
}  // namespace leat::net
