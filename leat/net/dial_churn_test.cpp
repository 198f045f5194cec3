// Dialling by many at once, while listeners close, time runs out and several addresses answer: whatever comes
// out is a connection that works or an error that says why not, and nothing stays behind.
#include <algorithm>
#include <array>
#include <vector>

#include <leat/net/silent_listener_test.hpp>

namespace leat::net {
namespace {

using testing::unused_port;
using endpoints = std::vector<endpoint>;

LEAT_TEST_ON_WORKERS(dialling_by_many);

bool is_one_of(const std::error_code& error, std::initializer_list<std::error_condition> expected) {
  return std::ranges::any_of(expected, [&](const std::error_condition& one) { return error == one; });
}

// Dials, and writes a byte: a connection that is given away is one, whatever becomes of it then.
void dial_and_write(const endpoint& where, const dial_options& options) {
  auto conn = dial_tcp(where, options);
  if (!conn) {
    EXPECT_TRUE(is_one_of(conn.error(), {std::errc::connection_refused, std::errc::connection_reset,
                                         std::errc::timed_out, std::errc::operation_canceled}))
        << conn.error().message();
    return;
  }
  if (auto written = conn->write("x"); !written) {
    EXPECT_TRUE(is_one_of(written.error(), {std::errc::connection_reset, std::errc::broken_pipe}))
        << written.error().message();
  }
}

// A server of one byte for each connection, that closes after `turns` of the others; meanwhile 40 dial.
template <typename Dial>
void dial_while_it_closes(int turns, Dial&& dial) {
  auto listener = listen_tcp(on_loopback).value();
  joined others;
  others.go([&] {
    while (auto conn = listener.accept())
      others.go([c = std::move(*conn)]() mutable {
        std::array<std::byte, 1> byte;
        static_cast<void>(c.read(byte));
      });
  });
  joined dialers;
  for (int i = 0; i < 40; ++i)
    dialers.go([&dial, i, where = listener.local_address()] { dial(where, i); });
  for (int i = 0; i < turns; ++i)
    yield();
  EXPECT_TRUE(listener.close());
}

TEST_P(dialling_by_many, of_a_listener_that_closes_gives_no_connection_that_is_none) {
  run([] {
    const std::size_t before = open_descriptors();
    for (int round = 0; round < 24 / leat::testing::sanitizer_cost + 1; ++round) {
      dial_while_it_closes(round * 5, [](const endpoint& where, int i) {
        dial_and_write(where, {.timeout = std::chrono::milliseconds(i % 2 == 0 ? 50 : 1)});
      });
    }
    await([&] { return open_descriptors() == before; });
  });
}

TEST_P(dialling_by_many,
       of_a_listener_that_closes_and_with_contexts_that_end_gives_no_connection_that_is_none) {
  run([] {
    const std::size_t before = open_descriptors();
    for (int round = 0; round < 24 / leat::testing::sanitizer_cost + 1; ++round) {
      dial_while_it_closes(round * 5, [](const endpoint& where, int i) {
        auto [ctx, cancel] = with_timeout(context::background(), std::chrono::microseconds(100 << i % 8));
        if (i % 5 == 0) cancel();
        dial_and_write(where, {.ctx = ctx});
      });
    }
    await([&] { return open_descriptors() == before; });
  });
}

TEST_P(dialling_by_many, of_two_families_leaves_no_descriptor_behind_whoever_answers) {
  LEAT_SKIP_WITHOUT_V6();
  run([] {
    const std::size_t before = open_descriptors();
    {
      auto v4 = listen_tcp("127.0.0.1:0").value();
      auto v6 = listen_tcp("[::1]:0").value();
      const unused_port nobody;
      const std::array<endpoints, 3> all{endpoints{v6.local_address(), v4.local_address()},
                                         endpoints{nobody.where(), v4.local_address()},
                                         endpoints{v6.local_address(), nobody.where()}};
      joined acceptors;
      for (tcp_listener* one : {&v4, &v6}) {
        acceptors.go([one] {
          while (one->accept())
            continue;
        });
      }
      wait_group dialers;
      for (std::size_t i = 0; i < 120; ++i) {
        dialers.go([&all, i] {
          const auto delay = std::chrono::nanoseconds(1 << i % 20);
          auto conn = dial_tcp(all[i % all.size()], {.timeout = patience, .attempt_delay = delay});
          EXPECT_TRUE(conn) << conn.error().message();
        });
      }
      dialers.wait();
      EXPECT_TRUE(v4.close());
      EXPECT_TRUE(v6.close());
    }
    await([&] { return open_descriptors() == before; });
  });
}

// Both answer at once; the one that came second must learn that it is not wanted.
TEST_P(dialling_by_many, closes_the_connection_that_came_second) {
  run([] {
    auto first = listen_tcp(on_loopback).value();
    auto second = listen_tcp(on_loopback).value();
    const endpoints both{first.local_address(), second.local_address()};
    for (int round = 0; round < 50; ++round) {
      auto conn = dial_tcp(both, {.timeout = patience, .attempt_delay = 1ns}).value();
      const bool first_won = conn.remote_address() == both[0];
      auto far = (first_won ? first : second).accept().value();
      while (far.remote_address() != conn.local_address())  // left from an earlier round, that this one lost
        far = (first_won ? first : second).accept().value();
      ASSERT_TRUE(conn.write("wanted"));
      EXPECT_EQ(read_exactly(far, 6), "wanted");
      tcp_listener& lost = first_won ? second : first;
      while (lost.queue().value().waiting > 0) {
        auto unwanted = lost.accept().value();
        std::array<std::byte, 1> byte;
        const auto count = unwanted.read(byte);
        EXPECT_TRUE(!count || *count == 0) << "it was neither closed nor reset";
      }
    }
  });
}

TEST_P(dialling_by_many, carries_many_messages_on_each_of_many_connections) {
  run([] {
    constexpr int connections = 24;
    constexpr int messages = 150 / leat::testing::sanitizer_cost;
    auto listener = listen_tcp(on_loopback).value();
    joined others;
    others.go([&] {
      while (auto conn = listener.accept())
        others.go([c = std::move(*conn)]() mutable { echo(c); });
    });
    {
      joined dialers;
      for (int i = 0; i < connections; ++i) {
        dialers.go([&listener, i] {
          auto conn = dial_tcp(listener.local_address(), {.timeout = patience}).value();
          for (int message = 0; message < messages; ++message) {
            const std::string text =
                pattern(1 + static_cast<std::size_t>(i * 7919 + message * 104729) % 3000);
            ASSERT_TRUE(conn.write(text));
            ASSERT_TRUE(read_exactly(conn, text.size()) == text);
          }
        });
      }
    }
    ASSERT_TRUE(listener.close());
  });
}

}  // namespace
}  // namespace leat::net
