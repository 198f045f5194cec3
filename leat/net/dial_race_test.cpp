#include <algorithm>
#include <vector>

#include <leat/net/dns_client.hpp>
#include <leat/net/dns_server_test.hpp>
#include <leat/net/resolver.hpp>
#include <leat/net/silent_listener_test.hpp>
#include <leat/net/system_socket.hpp>
#include <leat/task_group.hpp>

namespace leat::net {
namespace {

using namespace testing;

LEAT_TEST_ON_WORKERS(dialling_several);

std::chrono::nanoseconds time_of(auto&& action) {
  const auto begin = std::chrono::steady_clock::now();
  action();
  return std::chrono::steady_clock::now() - begin;
}

using endpoints = std::vector<endpoint>;

TEST_P(dialling_several, reaches_the_next_when_the_first_is_silent_for_too_long) {
  run([] {
    const silent_listener silent;
    auto listener = listen_tcp(on_loopback).value();
    const endpoints both{silent.where(), listener.local_address()};
    const auto took = time_of([&] {
      auto conn = dial_tcp(both, {.timeout = patience, .attempt_delay = 30ms});
      ASSERT_TRUE(conn) << conn.error().message();
      EXPECT_EQ(conn->remote_address(), listener.local_address());
    });
    EXPECT_GE(took, 30ms);
    EXPECT_LT(took, patience);
  });
}

TEST_P(dialling_several, reaches_the_next_at_once_when_the_first_refuses) {
  run([] {
    const unused_port nobody;
    auto listener = listen_tcp(on_loopback).value();
    const endpoints both{nobody.where(), listener.local_address()};
    for (const auto delay : {std::chrono::nanoseconds(patience), 0ns}) {  // at once, and in turn
      EXPECT_LT(time_of([&] { EXPECT_TRUE(dial_tcp(both, {.attempt_delay = delay})); }), patience);
    }
  });
}

TEST_P(dialling_several, leaves_the_others_alone_when_the_first_answers) {
  run([] {
    auto first = listen_tcp(on_loopback).value();
    auto second = listen_tcp(on_loopback).value();
    const endpoints both{first.local_address(), second.local_address()};
    ASSERT_TRUE(dial_tcp(both, {.attempt_delay = patience}));
    EXPECT_TRUE(first.accept());
    ASSERT_TRUE(second.set_deadline(20ms));
    EXPECT_EQ(second.accept().error(), errc::deadline_exceeded);
  });
}

TEST_P(dialling_several, takes_whoever_answers_and_closes_the_rest) {
  run([] {
    const silent_listener silent;
    auto listener = listen_tcp(on_loopback).value();
    const endpoints all{silent.where(), silent.where(), silent.where(), listener.local_address()};
    const std::size_t before = open_descriptors();
    {
      auto conn = dial_tcp(all, {.timeout = patience, .attempt_delay = 5ms});
      ASSERT_TRUE(conn) << conn.error().message();
      EXPECT_EQ(open_descriptors(), before + 1);
      auto far = listener.accept().value();
      ASSERT_TRUE(conn->write("hello"));
      EXPECT_EQ(read_exactly(far, 5), "hello");
    }
    EXPECT_EQ(open_descriptors(), before);
  });
}

TEST_P(dialling_several, tells_why_the_first_failed_when_all_do) {
  run([] {
    const unused_port nobody;
    const endpoint nowhere(ip_address::broadcast_v4(), 9);
    const std::size_t before = open_descriptors();
    EXPECT_EQ(dial_tcp(endpoints{nobody.where(), nowhere}).error(), std::errc::connection_refused);
    EXPECT_NE(dial_tcp(endpoints{nowhere, nobody.where()}).error(), std::errc::connection_refused);
    EXPECT_EQ(dial_tcp(endpoints{}).error(), std::errc::address_not_available);
    EXPECT_EQ(open_descriptors(), before);
  });
}

TEST_P(dialling_several, ends_at_its_timeout) {
  run([] {
    const silent_listener silent;
    const endpoints all{silent.where(), silent.where(), silent.where()};
    const std::size_t before = open_descriptors();
    EXPECT_GE(time_of([&] {
                EXPECT_EQ(dial_tcp(all, {.timeout = 30ms, .attempt_delay = 5ms}).error(),
                          errc::deadline_exceeded);
              }),
              30ms);
    EXPECT_EQ(dial_tcp(all, {.timeout = 10ms, .attempt_delay = 0ms}).error(), errc::deadline_exceeded);
    EXPECT_EQ(open_descriptors(), before);
  });
}

TEST_P(dialling_several, shares_the_time_so_that_each_is_tried) {
  run([] {
    const silent_listener silent;
    auto listener = listen_tcp(on_loopback).value();
    const endpoints all{silent.where(), silent.where(), listener.local_address()};
    // With the whole delay, the last would be tried after 20 seconds only.
    auto conn = dial_tcp(all, {.timeout = 900ms, .attempt_delay = 10s});
    ASSERT_TRUE(conn) << conn.error().message();
    EXPECT_EQ(conn->remote_address(), listener.local_address());
  });
}

TEST_P(dialling_several, uses_addresses_of_its_own_ends_family_only) {
  LEAT_SKIP_WITHOUT_V6();
  run([] {
    auto v4 = listen_tcp(on_loopback).value();
    auto v6 = listen_tcp("[::1]:0").value();
    const endpoints both{v6.local_address(), v4.local_address()};
    auto conn = dial_tcp(both, {.local = endpoint(ip_address::v4({127, 0, 0, 5}), 0)});
    ASSERT_TRUE(conn) << conn.error().message();
    EXPECT_EQ(conn->remote_address(), v4.local_address());
    EXPECT_EQ(conn->local_address().address().to_string(), "127.0.0.5");
  });
}

TEST_P(dialling_several, of_a_name_reaches_the_family_that_answers) {
  LEAT_SKIP_WITHOUT_V6();
  if (!can_ask_name_servers()) GTEST_SKIP() << "leat was built without c-ares";
  run([] {
    const dns_server server([](const dns_question& asked) {
      const std::string_view literal = asked.type == type_a ? "127.0.0.1" : "::1";
      return std::vector{dns_message(asked, {.records = {address_record(asked.name, literal)}})};
    });
    const resolver names({.servers = {server.where()}, .timeout = patience});
    for (const std::string_view at : {"127.0.0.1:0", "[::1]:0"}) {
      auto listener = listen_tcp(at).value();
      const auto where = join_host_port("mill.example", listener.local_address().port());
      auto conn = dial_tcp(where, {.timeout = patience, .names = &names});
      ASSERT_TRUE(conn) << at << ": " << conn.error().message();
      EXPECT_EQ(conn->remote_address(), listener.local_address());
    }
    EXPECT_EQ(dial_tcp("mill.example:1", {.names = &names}).error(), std::errc::connection_refused);
  });
}

LEAT_TEST_ON_WORKERS(dialling_udp);

TEST_P(dialling_udp, takes_its_names_control_and_context_from_the_same_options) {
  if (!can_ask_name_servers()) GTEST_SKIP() << "leat was built without c-ares";
  run([] {
    const dns_server server([](const dns_question& asked) {
      if (asked.name != "mill.example") return std::vector<std::string>{};
      dns_answer answer;
      if (asked.type == type_a) answer.records.push_back(address_record(asked.name, "127.0.0.1"));
      return std::vector{dns_message(asked, answer)};
    });
    const resolver names({.servers = {server.where()}, .timeout = patience});
    auto peer = listen_udp(on_loopback).value();
    const auto where = join_host_port("mill.example", peer.local_address().port());
    const auto control = [](socket_options options, const endpoint&) { return options.set_hop_limit(3); };
    auto socket = dial_udp(where, {.control = control, .names = &names});
    ASSERT_TRUE(socket) << socket.error().message();
    EXPECT_EQ(socket->remote_address(), peer.local_address());
    EXPECT_EQ(socket->options().hop_limit().value(), 3);
    const auto refuse = [](socket_options, const endpoint&) -> result<void> { return fail(errc::too_long); };
    EXPECT_EQ(dial_udp(where, {.control = refuse, .names = &names}).error(), errc::too_long);
    auto [ctx, cancel] = with_timeout(context::background(), 20ms);
    EXPECT_EQ(dial_udp("silent.example:1", {.ctx = ctx, .names = &names}).error(), errc::deadline_exceeded);
  });
}

LEAT_TEST_ON_WORKERS(dialling_with_a_context);

TEST_P(dialling_with_a_context, ends_when_it_is_cancelled) {
  run([] {
    const silent_listener silent;
    const std::size_t before = open_descriptors();
    for (const std::size_t count : {1u, 3u}) {
      auto [ctx, cancel] = with_cancel(context::background());
      joined others;
      const std::size_t parked = leat::testing::parked_count();
      others.go([&silent, &ctx, count] {
        const endpoints all(count, silent.where());
        EXPECT_EQ(dial_tcp(all, {.ctx = ctx, .attempt_delay = 1ms}).error(), errc::canceled);
      });
      await_parked(parked + 1);
      cancel();
    }
    await([&] { return open_descriptors() == before; });
  });
}

TEST_P(dialling_with_a_context, that_is_cancelled_or_late_already_does_not_begin) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    auto [ctx, cancel] = with_cancel(context::background());
    cancel();
    EXPECT_EQ(dial_tcp(listener.local_address(), {.ctx = ctx}).error(), errc::canceled);
    EXPECT_EQ(dial_tcp("localhost:1", {.ctx = ctx}).error(), errc::canceled);
    auto [late, cancel_late] = with_timeout(context::background(), -1s);
    EXPECT_EQ(dial_tcp(listener.local_address(), {.ctx = late}).error(), errc::deadline_exceeded);
  });
}

TEST_P(dialling_with_a_context, ends_at_its_deadline) {
  run([] {
    const silent_listener silent;
    auto [ctx, cancel] = with_timeout(context::background(), 30ms);
    EXPECT_EQ(dial_tcp(silent.where(), {.timeout = patience, .ctx = ctx}).error(), errc::deadline_exceeded);
  });
}

TEST_P(dialling_with_a_context, returns_a_connection_that_outlives_it) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    for (int i = 0; i < 50; ++i) {
      auto [ctx, cancel] = with_cancel(context::background());
      auto near = dial_tcp(listener.local_address(), {.ctx = ctx}).value();
      cancel();
      auto far = listener.accept().value();
      ASSERT_TRUE(far.write("still here"));
      EXPECT_EQ(read_exactly(near, 10), "still here");
      EXPECT_TRUE(near.set_deadline(patience));
    }
  });
}

TEST_P(dialling_with_a_context, that_is_cancelled_meanwhile_gives_a_connection_or_the_error) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    joined others;
    others.go([&listener] {
      while (auto conn = listener.accept()) {
        static_cast<void>(conn->write("x"));
      }
    });
    const std::size_t before = open_descriptors();
    wait_group all;
    for (int i = 0; i < 200; ++i) {
      all.go([&listener, i] {
        auto [ctx, cancel] = with_cancel(context::background());
        wait_group canceller;
        canceller.go([&cancel, i] {
          for (int turns = 0; turns < i % 8; ++turns)
            yield();
          cancel();
        });
        auto conn = dial_tcp(listener.local_address(), {.ctx = ctx});
        if (conn) {
          EXPECT_EQ(read_exactly(*conn, 1), "x");
        } else {
          EXPECT_EQ(conn.error(), errc::canceled);
        }
        canceller.wait();
      });
    }
    all.wait();
    await([&] { return open_descriptors() == before; });
    ASSERT_TRUE(listener.close());
  });
}

LEAT_TEST_ON_WORKERS(dialling_with_control);

TEST_P(dialling_with_control, sees_every_socket_before_it_is_connected) {
  run([] {
    const unused_port nobody;
    auto listener = listen_tcp(on_loopback).value();
    const endpoints both{nobody.where(), listener.local_address()};
    endpoints seen;
    auto conn = dial_tcp(both, {.control = [&seen](socket_options options, const endpoint& where) {
                           seen.push_back(where);
                           return options.set_traffic_class(0x20);
                         }});
    ASSERT_TRUE(conn) << conn.error().message();
    EXPECT_EQ(seen, both);
    EXPECT_EQ(conn->options().traffic_class().value(), 0x20);
  });
}

TEST_P(dialling_with_control, fails_when_that_does) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    const auto refuse = [](socket_options, const endpoint&) -> result<void> { return fail(errc::too_long); };
    EXPECT_EQ(dial_tcp(listener.local_address(), {.control = refuse}).error(), errc::too_long);
  });
}

// What the system does by chance, choosing the dialled port for our end, is done on purpose.
TEST_P(dialling_with_control, does_not_take_a_connection_to_itself_for_one) {
  run([] {
    const auto bind_there = [](socket_options options, const endpoint& where) {
      return options.with_fd([&where](int fd) { return bind_socket(fd, where); });
    };
    auto [ctx, cancel] = with_cancel(context::background());
    for (const context& either : {context::background(), ctx}) {
      endpoint nobody;
      {
        auto listener = listen_tcp(on_loopback).value();
        nobody = listener.local_address();
      }
      const auto conn = dial_tcp(nobody, {.timeout = patience, .ctx = either, .control = bind_there});
      ASSERT_FALSE(conn);
      EXPECT_EQ(conn.error(), std::errc::connection_refused) << conn.error().message();
    }
  });
}

TEST_P(dialling_with_control, meets_itself_if_told_to) {
  run([] {
    endpoint own;
    {
      auto listener = listen_tcp(on_loopback).value();
      own = listener.local_address();
    }
    auto conn = dial_tcp(own, {.timeout = patience, .local = own});
    ASSERT_TRUE(conn) << conn.error().message();
    ASSERT_TRUE(conn->write("echo"));
    EXPECT_EQ(read_exactly(*conn, 4), "echo");
    ASSERT_TRUE(conn->set_linger(linger::reset));
  });
}

}  // namespace
}  // namespace leat::net
