// Peers that speak something else, stop in the middle, or send what no honest one would.
#include <array>
#include <atomic>

#include <leat/net/tls_test.hpp>

namespace leat::net {
namespace {

LEAT_TEST_ON_WORKERS(a_hostile_peer);

// What a server's handshake says after the peer has sent `bytes`, and maybe gone.
std::error_code after(std::string_view bytes, bool and_gone) {
  const auto server = *tls_server::create(server_config());
  auto [near, far] = connect_pair();
  tls_conn conn = server.wrap(std::move(far));
  EXPECT_TRUE(near.write(bytes));
  if (and_gone) {
    EXPECT_TRUE(near.close_write());
  }
  const auto shaken = conn.handshake();
  EXPECT_FALSE(shaken);
  EXPECT_EQ(error_of_read(conn), shaken.error());  // and it stays so
  EXPECT_EQ(conn.write("x").error(), shaken.error());
  return shaken.error();
}

TEST_P(a_hostile_peer, that_sends_garbage_is_told_apart) {
  run([] {
    EXPECT_EQ(after("GET / HTTP/1.1\r\n\r\n", false).message(), "http request");
    EXPECT_EQ(after("NICK alice\r\nUSER a 0 * :a\r\n", false).message(), "wrong version number");
    EXPECT_EQ(after(std::string(100'000, '\0'), false).category(), tls_category());
    EXPECT_EQ(after(std::string(100'000, '\xff'), false).category(), tls_category());
  });
}

TEST_P(a_hostile_peer, that_goes_in_the_middle_is_an_unexpected_end) {
  run([] {
    EXPECT_EQ(after("", true), errc::unexpected_end);
    EXPECT_EQ(after(std::string_view("\x16\x03\x01", 3), true), errc::unexpected_end);
    EXPECT_EQ(after(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), true),
              errc::unexpected_end);
  });
}

TEST_P(a_hostile_peer, that_announces_too_long_a_record_is_refused_before_it_is_sent) {
  run([] {
    EXPECT_EQ(after(std::string_view("\x16\x03\x01\xff\xff", 5), false).category(), tls_category());
    // A message of 16 MiB within records that are none too long.
    EXPECT_EQ(after(std::string_view("\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9), false).category(),
              tls_category());
  });
}

TEST_P(a_hostile_peer, that_changes_a_record_is_noticed) {
  run([] {
    const auto server = *tls_server::create(server_config());
    const auto client = *tls_client::create(client_config());
    auto [near, client_side] = connect_pair();
    auto [server_side, far] = connect_pair();
    tls_pair ends{client.wrap(std::move(near), "localhost").value(), server.wrap(std::move(far))};
    std::atomic<bool> change = false;
    wait_group all;
    const auto pass = [&change](stream& from, stream& to) {
      std::array<std::byte, 4096> buffer;
      for (;;) {
        const auto count = from.read(buffer);
        if (!count || *count == 0) break;
        if (change) buffer[*count - 1] ^= std::byte{1};
        if (!to.write(std::span(buffer).first(*count))) break;
      }
    };
    all.go([&] { pass(client_side, server_side); });
    all.go([&] { pass(server_side, client_side); });
    const shaken how = shake(ends);
    ASSERT_TRUE(how.near && how.far);
    ASSERT_TRUE(ends.near.write("whole"));
    EXPECT_EQ(read_text(ends.far), "whole");
    change = true;
    ASSERT_TRUE(ends.near.write("changed"));
    EXPECT_EQ(error_of_read(ends.far).message(), "decryption failed or bad record mac");
    EXPECT_EQ(error_of_read(ends.far).message(), "decryption failed or bad record mac");
    EXPECT_EQ(ends.far.write("x").error().message(), "decryption failed or bad record mac");
    ASSERT_TRUE(ends.near.close());
    ASSERT_TRUE(ends.far.close());
    ASSERT_TRUE(client_side.close());
    ASSERT_TRUE(server_side.close());
    all.wait();
  });
}

TEST_P(a_hostile_peer, that_is_told_why_it_was_given_up_reads_it) {
  run([] {
    auto [near, far] = shaken_pair();
    // A record of no key in place of ours.
    ASSERT_TRUE(
        near.below()->write(std::string(22, '\x17').replace(1, 4, std::string_view("\x03\x03\x00\x11", 4))));
    EXPECT_EQ(error_of_read(far).message(), "decryption failed or bad record mac");
    EXPECT_EQ(error_of_read(near).message(), "sslv3 alert bad record mac");
  });
}

TEST_P(a_hostile_peer, that_resets_in_the_middle_is_an_error_value) {
  run([] {
    auto [near, far] = shaken_pair();
    ASSERT_TRUE(near.write("x"));
    ASSERT_TRUE(dynamic_cast<tcp_conn*>(near.below())->set_linger(linger::reset));
    wait_group reader;
    reader.go([&far] {
      std::error_code why;
      do {
        why = error_of_read(far);
      } while (!why);
      EXPECT_EQ(why, std::errc::connection_reset);
    });
    await_parked(1);
    ASSERT_TRUE(near.below()->close());
    reader.wait();
    EXPECT_EQ(write_until_error(far), std::errc::broken_pipe);
  });
}

TEST_P(a_hostile_peer, that_resets_in_the_handshake_is_an_error_value) {
  run([] {
    const auto server = *tls_server::create(server_config());
    auto [near, far] = connect_pair();
    tls_conn conn = server.wrap(std::move(far));
    ASSERT_TRUE(near.set_linger(linger::reset));
    wait_group shaker;
    shaker.go([&conn] { EXPECT_EQ(conn.handshake().error(), std::errc::connection_reset); });
    await_parked(1);
    ASSERT_TRUE(near.close());
    shaker.wait();
  });
}

TEST_P(a_hostile_peer, that_never_reads_keeps_nobody_from_closing) {
  run([] {
    auto [near, far] = shaken_pair();
    // With the tickets unread, closing would make the system reset the connection.
    ASSERT_TRUE(far.write("and the tickets before it"));
    EXPECT_EQ(read_text(near), "and the tickets before it");
    wait_group writer;
    writer.go([&near] { EXPECT_EQ(write_until_error(near), errc::closed); });
    await_parked(1);
    const auto begin = leat::clock::now();
    ASSERT_TRUE(near.close());  // a write is under way: nothing is said
    EXPECT_LT(leat::clock::now() - begin, patience);
    writer.wait();
    std::error_code why;
    while (!why)
      why = error_of_read(far);
    EXPECT_EQ(why, errc::unexpected_end);  // the write was cut
  });
}

// A client of TLS 1.3 that sends and goes, before it was given its tickets: what it has sent counts.
TEST_P(a_hostile_peer, that_sends_and_goes_at_once_is_heard) {
  run([] {
    const auto server = *tls_server::create(server_config());
    const auto client = *tls_client::create(client_config());
    for (int i = 0; i < 10; ++i) {
      tls_pair ends = wrap_pair(server, client);
      joined others;
      others.go([&] {
        EXPECT_TRUE(ends.near.write("all of it"));
        EXPECT_TRUE(ends.near.close_write());
        std::array<std::byte, 1> end;
        EXPECT_EQ(ends.near.read(end).value_or(1), 0u);
      });
      EXPECT_EQ(read_all(ends.far), "all of it");
      EXPECT_TRUE(ends.far.close_write());
    }
  });
}

}  // namespace
}  // namespace leat::net
