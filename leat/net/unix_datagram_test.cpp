#include <unistd.h>

#include <array>
#include <filesystem>

#include <leat/net/net_test.hpp>
#include <leat/net/system_socket.hpp>
#include <leat/net/temporary_directory_test.hpp>
#include <leat/net/unix_sockaddr.hpp>

namespace leat::net {
namespace {

namespace fs = std::filesystem;

LEAT_TEST_ON_WORKERS(a_unix_datagram_socket);

std::string text_of(std::span<const std::byte> buffer, std::size_t size) {
  return std::string(reinterpret_cast<const char*>(buffer.data()), size);
}

TEST_P(a_unix_datagram_socket, answers_whoever_wrote_to_it) {
  run([] {
    const temporary_directory here;
    auto server = listen_unix_datagram(here.at("server")).value();
    auto client = dial_unix_datagram(server.local_address()).value();
    ASSERT_TRUE(client.write("question"));
    std::array<std::byte, 64> buffer;
    const auto got = server.read_from(buffer).value();
    EXPECT_EQ(text_of(buffer, got.size), "question");
    EXPECT_FALSE(got.truncated);
    EXPECT_EQ(got.from, client.local_address());
    ASSERT_TRUE(server.write_to("answer", got.from));
    EXPECT_EQ(text_of(buffer, client.read(buffer).value()), "answer");
    EXPECT_EQ(client.remote_address(), server.local_address());
    ASSERT_TRUE(server.close());
    EXPECT_FALSE(fs::exists(here.at("server")));
  });
}

TEST_P(a_unix_datagram_socket, keeps_datagrams_apart_and_tells_which_were_cut) {
  run([] {
    auto server = listen_unix_datagram("").value();
    auto client = dial_unix_datagram(server.local_address()).value();
    for (const std::string_view text : {"", "one", "longer than four", "longer than four"})
      ASSERT_TRUE(client.write(text));
    std::array<std::byte, 4> buffer;
    EXPECT_EQ(server.read(buffer).value(), 0u);  // an empty datagram is a datagram
    EXPECT_EQ(server.read(buffer).value(), 3u);
    const auto cut = server.read_from(buffer).value();
    EXPECT_EQ(text_of(buffer, cut.size), "long");
    EXPECT_TRUE(cut.truncated);
    EXPECT_EQ(server.read(buffer).error(), errc::too_long);
    ASSERT_TRUE(client.write("x"));
    EXPECT_EQ(server.read_from({}).value().size, 0u);  // an empty buffer takes one too
    ASSERT_TRUE(server.set_read_deadline(0s));
    EXPECT_EQ(server.read(buffer).error(), errc::deadline_exceeded);
  });
}

TEST_P(a_unix_datagram_socket, whose_reader_is_slow_makes_its_senders_wait_and_loses_nothing) {
  run([] {
    constexpr int datagrams = 100;  // the system queues about ten
    auto server = listen_unix_datagram("").value();
    auto connected = dial_unix_datagram(server.local_address()).value();
    auto unconnected = listen_unix_datagram("").value();
    joined others;
    others.go([&] {
      for (int i = 0; i < datagrams; ++i)
        ASSERT_TRUE(connected.write("c"));
    });
    others.go([&] {
      for (int i = 0; i < datagrams; ++i)
        ASSERT_TRUE(unconnected.write_to("u", server.local_address()));
    });
    await_parked(2);
    std::array<std::byte, 8> buffer;
    int from_connected = 0;
    for (int i = 0; i < 2 * datagrams; ++i)
      from_connected += text_of(buffer, server.read(buffer).value()) == "c" ? 1 : 0;
    EXPECT_EQ(from_connected, datagrams);
  });
}

void fill(unix_datagram& from, const unix_address& to) {
  while (from.write_to("x", to))
    continue;
}

TEST_P(a_unix_datagram_socket, gives_up_waiting_for_room_at_the_deadline_and_when_closed) {
  run([] {
    auto server = listen_unix_datagram("").value();
    auto client = listen_unix_datagram("").value();
    ASSERT_TRUE(client.set_write_deadline(5ms));
    EXPECT_EQ((fill(client, server.local_address()), client.write_to("x", server.local_address()).error()),
              errc::deadline_exceeded);
    ASSERT_TRUE(client.set_deadline(never));
    wait_group writers;
    for (int i = 0; i < 3; ++i) {
      writers.go([&] { EXPECT_EQ(client.write_to("x", server.local_address()).error(), errc::closed); });
    }
    await_parked(3);
    ASSERT_TRUE(client.close());
    writers.wait();
  });
}

TEST_P(a_unix_datagram_socket, that_is_closed_wakes_its_readers_and_refuses_everything) {
  run([] {
    auto socket = listen_unix_datagram("").value();
    wait_group readers;
    for (int i = 0; i < 3; ++i) {
      readers.go([&] {
        std::array<std::byte, 8> buffer;
        EXPECT_EQ(socket.read(buffer).error(), errc::closed);
      });
    }
    await_parked(3);
    ASSERT_TRUE(socket.close());
    readers.wait();
    const unix_address where = socket.local_address();
    EXPECT_EQ(socket.close().error(), errc::closed);
    EXPECT_EQ(socket.write("x").error(), errc::closed);
    EXPECT_EQ(socket.write_to("x", where).error(), errc::closed);
    EXPECT_EQ(socket.read_from({}).error(), errc::closed);
    EXPECT_EQ(socket.set_deadline(1s).error(), errc::closed);
    EXPECT_EQ(socket.set_write_deadline(1s).error(), errc::closed);
  });
}

TEST_P(a_unix_datagram_socket, says_why_it_cannot_send) {
  run([] {
    auto socket = listen_unix_datagram("").value();
    auto gone = listen_unix_datagram("").value();
    const unix_address where = gone.local_address();
    ASSERT_TRUE(gone.close());
    EXPECT_EQ(socket.write_to("x", where).error(), std::errc::connection_refused);
    EXPECT_EQ(socket.write_to("x", unix_address::path("/nowhere/at/all").value()).error(),
              std::errc::no_such_file_or_directory);
    EXPECT_EQ(socket.write_to("x", unix_address()).error(), errc::bad_address);
    EXPECT_EQ(socket.write("x").error(), std::errc::not_connected);
    EXPECT_EQ(socket.write_to(std::string(64 << 20, 'x'), socket.local_address()).error(),
              std::errc::message_size);
    EXPECT_EQ(dial_unix_datagram(where).error(), std::errc::connection_refused);
    EXPECT_EQ(dial_unix_datagram("").error(), errc::bad_address);
    const temporary_directory here;
    auto streams = listen_unix(here.at("streams")).value();
    EXPECT_EQ(dial_unix_datagram(here.at("streams")).error(), std::errc::wrong_protocol_type);
  });
}

TEST(a_unix_datagram_socket_that_never_was, behaves_as_a_closed_one) {
  unix_datagram none;
  std::array<std::byte, 8> buffer;
  EXPECT_EQ(none.read(buffer).error(), errc::closed);
  EXPECT_EQ(none.read_from(buffer).error(), errc::closed);
  EXPECT_EQ(none.write("x").error(), errc::closed);
  EXPECT_EQ(none.close().error(), errc::closed);
  EXPECT_EQ(none.set_deadline(never).error(), errc::closed);
}

TEST_P(a_unix_datagram_socket, tells_that_a_sender_has_no_name) {
  run([] {
    auto server = listen_unix_datagram("").value();
    const raw_socket nameless = raw_socket::open(AF_UNIX, SOCK_DGRAM).value();
    const socket_address where = unix_sockaddr::from(server.local_address());
    ASSERT_EQ(::sendto(nameless.fd(), "x", 1, 0, where.data(), where.size), 1);
    std::array<std::byte, 8> buffer;
    const auto got = server.read_from(buffer).value();
    EXPECT_EQ(got.size, 1u);
    EXPECT_TRUE(got.from.is_unnamed());
    EXPECT_EQ(server.write_to("to whom?", got.from).error(), errc::bad_address);
  });
}

TEST_P(a_unix_datagram_socket, can_have_an_abstract_name_of_any_length_and_bytes) {
  run([] {
    const std::string unique = "leat-datagram-" + std::to_string(::getpid());
    for (const std::string& name :
         {unique, unique + std::string(unix_address::longest_name_bytes - unique.size(), 'x'),
          '\0' + unique}) {
      const auto where = unix_address::abstract(name).value();
      auto server = listen_unix_datagram(where).value();
      EXPECT_EQ(server.local_address(), where);
      EXPECT_EQ(listen_unix_datagram(where).error(), std::errc::address_in_use);
      auto client = dial_unix_datagram(where).value();
      ASSERT_TRUE(client.write("question"));
      std::array<std::byte, 16> buffer;
      const auto got = server.read_from(buffer).value();
      EXPECT_TRUE(got.from.is_abstract()) << "who dials is given a name, to be answered at";
      ASSERT_TRUE(server.write_to("answer", got.from));
      EXPECT_EQ(client.read_from(buffer).value().from, where);
    }
  });
}

TEST_P(a_unix_datagram_socket, that_is_connected_still_sends_to_others) {
  run([] {
    auto peer = listen_unix_datagram("").value();
    auto other = listen_unix_datagram("").value();
    auto client = dial_unix_datagram(peer.local_address()).value();
    ASSERT_TRUE(client.write_to("to another", other.local_address()));
    ASSERT_TRUE(client.write("to the peer"));
    std::array<std::byte, 16> buffer;
    EXPECT_EQ(other.read_from(buffer).value().from, client.local_address());
    EXPECT_EQ(peer.read(buffer).value(), 11u);
  });
}

}  // namespace
}  // namespace leat::net
