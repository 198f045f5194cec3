// A TLS connection that stands: reading, writing, ending, closing, deadlines, new keys.
#include <array>
#include <atomic>

#include <leat/net/tls_buffer.hpp>
#include <leat/net/tls_test.hpp>

namespace leat::net {
namespace {

LEAT_TEST_ON_WORKERS(a_tls_connection);

tls_server_config only(tls_version version) {
  tls_server_config config = server_config();
  config.greatest_version = version;
  return config;
}

constexpr std::array both_versions{tls_version::tls_1_2, tls_version::tls_1_3};

TEST_P(a_tls_connection, carries_bytes_both_ways) {
  run([] {
    for (const auto version : both_versions) {
      auto [near, far] = shaken_pair(only(version));
      EXPECT_EQ(near.details()->version, version);
      ASSERT_TRUE(near.write("ping"));
      EXPECT_EQ(read_text(far), "ping");
      ASSERT_TRUE(far.write("pong"));
      EXPECT_EQ(read_text(near), "pong");
    }
  });
}

TEST_P(a_tls_connection, shakes_hands_when_it_is_first_read_or_written) {
  run([] {
    auto [near, far] = wrap_pair(*tls_server::create(server_config()), *tls_client::create(client_config()));
    joined others;
    others.go([&far] { EXPECT_EQ(read_text(far), "hello"); });
    EXPECT_TRUE(near.write("hello"));
  });
}

TEST_P(a_tls_connection, may_be_read_and_written_by_many_before_its_handshake) {
  run([] {
    tls_pair ends = wrap_pair(*tls_server::create(server_config()), *tls_client::create(client_config()));
    joined others;
    for (tls_conn* end : {&ends.near, &ends.far}) {
      others.go([end] { EXPECT_EQ(read_text(*end, 1), "x"); });
      others.go([end] { EXPECT_TRUE(end->write("x")); });
      others.go([end] { EXPECT_TRUE(end->handshake()); });
    }
  });
}

TEST_P(a_tls_connection, carries_much_in_both_directions_at_once) {
  run([] {
    for (const auto version : both_versions) {
      auto [near, far] = shaken_pair(only(version));
      const std::string there = pattern(4 << 20);
      const std::string back = pattern((4 << 20) + 12345);
      wait_group all;
      all.go([&] {
        EXPECT_TRUE(near.write(there));
        EXPECT_TRUE(near.close_write());
      });
      all.go([&] {
        EXPECT_TRUE(far.write(back));
        EXPECT_TRUE(far.close_write());
      });
      all.go([&] { EXPECT_TRUE(read_all(near) == back); });
      all.go([&] { EXPECT_TRUE(read_all(far) == there); });
      all.wait();
    }
  });
}

TEST_P(a_tls_connection, gathers_small_parts_and_keeps_their_order) {
  run([] {
    auto [near, far] = shaken_pair();
    const std::string all = pattern(200'000);
    std::vector<std::span<const std::byte>> parts;
    std::size_t at = 0;
    for (std::size_t size = 0; at < all.size(); size = (size * 7 + 3) % 40'000) {
      const std::size_t count = std::min(size, all.size() - at);
      parts.push_back(bytes_of(std::string_view(all).substr(at, count)));
      at += count;
    }
    joined others;
    others.go([&] { EXPECT_TRUE(near.writev(parts)); });
    EXPECT_TRUE(read_exactly(far, all.size()) == all);
  });
}

TEST_P(a_tls_connection, tells_the_end_from_a_cut) {
  run([] {
    for (const auto version : both_versions) {
      auto ended = shaken_pair(only(version));
      ASSERT_TRUE(ended.near.write("all"));
      ASSERT_TRUE(ended.near.close());
      EXPECT_EQ(read_text(ended.far), "all");
      EXPECT_EQ(read_text(ended.far), "");
      EXPECT_EQ(read_text(ended.far), "");

      auto cut = shaken_pair(only(version));
      ASSERT_TRUE(cut.near.write("not all"));
      ASSERT_TRUE(cut.near.below()->close_write());
      EXPECT_EQ(read_text(cut.far), "not all");
      EXPECT_EQ(error_of_read(cut.far), errc::unexpected_end);
      EXPECT_EQ(error_of_read(cut.far), errc::unexpected_end);
    }
  });
}

TEST_P(a_tls_connection, ends_one_direction_and_goes_on_in_the_other) {
  run([] {
    for (const auto version : both_versions) {
      auto [near, far] = shaken_pair(only(version));
      ASSERT_TRUE(near.write("request"));
      ASSERT_TRUE(near.close_write());
      ASSERT_TRUE(near.close_write());
      EXPECT_EQ(near.write("more").error(), std::errc::broken_pipe);
      EXPECT_EQ(read_all(far), "request");
      ASSERT_TRUE(far.write("a long answer"));
      ASSERT_TRUE(far.close_write());
      EXPECT_EQ(read_all(near), "a long answer");
    }
  });
}

TEST_P(a_tls_connection, that_closes_its_reading_reads_the_end) {
  run([] {
    auto [near, far] = shaken_pair();
    wait_group reader;
    reader.go([&near] { EXPECT_EQ(read_text(near), ""); });
    await_parked(1);
    ASSERT_TRUE(near.close_read());
    reader.wait();
    ASSERT_TRUE(near.write("still"));
    EXPECT_EQ(read_text(far), "still");
  });
}

TEST_P(a_tls_connection, that_is_closed_wakes_all_who_wait) {
  run([] {
    auto [near, far] = shaken_pair();
    wait_group all;
    all.go([&near] { EXPECT_EQ(error_of_read(near), errc::closed); });
    all.go([&near] { EXPECT_EQ(error_of_read(near), errc::closed); });
    all.go([&near] { EXPECT_EQ(near.wait_readable().error(), errc::closed); });
    all.go([&near] { EXPECT_EQ(write_until_error(near), errc::closed); });
    all.go([&near] { EXPECT_EQ(write_until_error(near), errc::closed); });
    await_parked(5);
    ASSERT_TRUE(near.close());
    all.wait();
    EXPECT_EQ(near.close().error(), errc::closed);
    EXPECT_EQ(near.write("x").error(), errc::closed);
    EXPECT_EQ(near.handshake().error(), errc::closed);
    EXPECT_EQ(near.set_deadline(1s).error(), errc::closed);
    EXPECT_EQ(near.close_write().error(), errc::closed);
    EXPECT_EQ(near.close_read().error(), errc::closed);
    EXPECT_EQ(near.details().error(), errc::closed);
  });
}

TEST_P(a_tls_connection, that_was_moved_from_is_closed) {
  run([] {
    auto [near, far] = shaken_pair();
    tls_conn moved = std::move(near);
    ASSERT_TRUE(moved.write("moved"));
    EXPECT_EQ(read_text(far), "moved");
    tls_conn empty;
    EXPECT_EQ(error_of_read(empty), errc::closed);
    EXPECT_EQ(empty.write("x").error(), errc::closed);
    EXPECT_EQ(empty.close().error(), errc::closed);
    EXPECT_EQ(empty.below(), nullptr);
  });
}

TEST_P(a_tls_connection, reads_nothing_into_nothing_at_once) {
  run([] {
    auto [near, far] = wrap_pair(*tls_server::create(server_config()), *tls_client::create(client_config()));
    EXPECT_EQ(near.read({}).value(), 0u);
    EXPECT_TRUE(near.write(""));
    EXPECT_TRUE(near.writev({}));
  });
}

TEST_P(a_tls_connection, gives_up_at_its_deadline_and_reads_on_later) {
  run([] {
    auto [near, far] = shaken_pair();
    ASSERT_TRUE(near.set_read_deadline(20ms));
    EXPECT_EQ(error_of_read(near), errc::deadline_exceeded);
    EXPECT_EQ(near.wait_readable().error(), errc::deadline_exceeded);
    ASSERT_TRUE(near.write("writing goes on"));
    EXPECT_EQ(read_text(far), "writing goes on");
    ASSERT_TRUE(near.set_read_deadline(never));
    ASSERT_TRUE(far.write("later"));
    ASSERT_TRUE(near.wait_readable());
    ASSERT_TRUE(near.set_read_deadline(0s));
    EXPECT_EQ(error_of_read(near), errc::deadline_exceeded);  // though there is something to read
    ASSERT_TRUE(near.set_read_deadline(patience));
    EXPECT_EQ(read_text(near), "later");
  });
}

TEST_P(a_tls_connection, that_gave_up_before_it_wrote_writes_on_later) {
  run([] {
    auto [near, far] = shaken_pair();
    ASSERT_TRUE(near.set_write_deadline(0s));
    EXPECT_EQ(near.write("too late").error(), errc::deadline_exceeded);
    ASSERT_TRUE(near.set_write_deadline(never));
    ASSERT_TRUE(near.write("in time"));
    EXPECT_EQ(read_text(far), "in time");
  });
}

TEST_P(a_tls_connection, that_gave_up_in_the_middle_of_a_write_writes_no_more) {
  run([] {
    auto [near, far] = shaken_pair();
    ASSERT_TRUE(near.set_write_deadline(30ms));
    EXPECT_EQ(write_until_error(near), errc::deadline_exceeded);
    ASSERT_TRUE(near.set_write_deadline(never));
    EXPECT_EQ(near.write("x").error(), errc::deadline_exceeded);
  });
}

TEST_P(a_tls_connection, holds_no_buffer_while_it_waits) {
  run([] {
    auto [near, far] = shaken_pair();
    ASSERT_TRUE(far.write("first"));
    EXPECT_EQ(read_text(near), "first");
    wait_group waiter;
    std::atomic<bool> got_second = false;
    waiter.go([&] {
      EXPECT_TRUE(near.wait_readable());
      EXPECT_EQ(read_text(near), "second");
      got_second = true;
      EXPECT_EQ(read_text(near), "third");
    });
    await_parked(1);
    EXPECT_EQ(tls_buffers_in_use(), 0u);
    ASSERT_TRUE(far.write("second"));
    await([&] { return got_second.load(); });
    await_parked(1);
    EXPECT_EQ(tls_buffers_in_use(), 0u);
    ASSERT_TRUE(far.write("third"));
    waiter.wait();
  });
}

TEST_P(a_tls_connection, changes_its_keys_and_those_of_its_peer) {
  run([] {
    auto [near, far] = shaken_pair();
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(near.update_keys());
      ASSERT_TRUE(near.write("x"));
      EXPECT_EQ(read_text(far), "x");
      ASSERT_TRUE(far.write("y"));
      EXPECT_EQ(read_text(near), "y");
    }
    auto older = shaken_pair(only(tls_version::tls_1_2));
    EXPECT_EQ(older.near.update_keys().error(), std::errc::operation_not_supported);
    ASSERT_TRUE(older.near.write("x"));
    EXPECT_EQ(read_text(older.far), "x");
  });
}

// The peer sees the answer to its request as ciphertext that comes although nobody has written.
TEST_P(a_tls_connection, answers_a_request_for_new_keys_though_nobody_writes) {
  run([] {
    auto [near, far] = shaken_pair();
    ASSERT_TRUE(far.write("and the tickets before it"));
    EXPECT_EQ(read_text(near), "and the tickets before it");
    wait_group reader;
    reader.go([&far] { EXPECT_EQ(error_of_read(far), errc::unexpected_end); });
    await_parked(1);
    ASSERT_TRUE(near.update_keys());
    std::array<std::byte, 64> answer;
    EXPECT_GT(near.below()->read(answer).value_or(0), 0u);
    ASSERT_TRUE(near.below()->close());
    reader.wait();
  });
}

TEST_P(a_tls_connection, answers_while_another_goroutine_writes_all_the_time) {
  run([] {
    auto [near, far] = shaken_pair();
    constexpr int rounds = 50;
    const std::string chunk = pattern(30'000);
    wait_group all;
    all.go([&] {
      for (int i = 0; i < rounds; ++i)
        EXPECT_TRUE(far.write(chunk));
      EXPECT_TRUE(far.close_write());
    });
    all.go([&] { EXPECT_EQ(read_all(far).size(), std::size_t(rounds)); });
    all.go([&] {
      std::string all_of_it;
      for (int i = 0; i < rounds; ++i)
        all_of_it += chunk;
      EXPECT_TRUE(read_all(near) == all_of_it);
    });
    for (int i = 0; i < rounds; ++i) {
      ASSERT_TRUE(near.update_keys());
      ASSERT_TRUE(near.write("k"));
    }
    ASSERT_TRUE(near.close_write());
    all.wait();
  });
}

TEST_P(a_tls_connection, keeps_what_many_goroutines_write_whole) {
  run([] {
    constexpr int writers = 6;
    constexpr int messages = 5;
    constexpr std::size_t size = 150'000;
    auto [near, far] = shaken_pair();
    wait_group all;
    for (int writer = 0; writer < writers; ++writer) {
      all.go([&near, writer] {
        const std::string message(size, static_cast<char>('a' + writer));
        for (int i = 0; i < messages; ++i)
          EXPECT_TRUE(near.write(message));
      });
    }
    for (int i = 0; i < writers * messages; ++i) {
      const std::string got = read_exactly(far, size);
      ASSERT_EQ(got, std::string(size, got.front()));
    }
    all.wait();
  });
}

TEST_P(a_tls_connection, travels_over_another_one) {
  run([] {
    tls_pair outer = shaken_pair();
    const auto server = *tls_server::create(server_config());
    const auto client = *tls_client::create(client_config());
    tls_pair inner{client.wrap(std::move(outer.near), "localhost").value(),
                   server.wrap(std::move(outer.far))};
    const shaken how = shake(inner);
    ASSERT_TRUE(how.near && how.far);
    const std::string much = pattern(300'000);
    joined others;
    others.go([&] {
      EXPECT_TRUE(inner.near.write(much));
      EXPECT_TRUE(inner.near.close_write());
    });
    EXPECT_TRUE(read_all(inner.far) == much);
  });
}

TEST_P(a_tls_connection, may_be_closed_at_any_moment_of_its_handshake_and_after) {
  run([] {
    const auto server = *tls_server::create(server_config());
    const auto client = *tls_client::create(client_config());
    for (int round = 0; round < 40; ++round) {
      tls_pair ends = wrap_pair(server, client);
      wait_group all;
      for (tls_conn* end : {&ends.near, &ends.far}) {
        all.go([end] {
          while (error_of_read(*end) != errc::closed)
            leat::yield();
        });
        all.go([end] {
          for (auto sent = end->write("text"); sent || sent.error() != errc::closed;
               sent = end->write("text"))
            leat::yield();
        });
        all.go([end] {
          for (int i = 0; i < 20 && end->set_deadline(std::chrono::microseconds(i * 50)); ++i)
            leat::yield();
          static_cast<void>(end->set_deadline(never));
        });
      }
      for (int i = 0; i < round * 3; ++i)
        leat::yield();
      EXPECT_TRUE(ends.near.close());
      EXPECT_TRUE(ends.far.close());
      all.wait();
    }
  });
}

}  // namespace
}  // namespace leat::net
