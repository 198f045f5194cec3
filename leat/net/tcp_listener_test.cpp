#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include <leat/net/net_test.hpp>
#include <leat/net/own_network_test.hpp>
#include <leat/wait_group.hpp>

namespace leat::net {
namespace {

LEAT_TEST_ON_WORKERS(a_tcp_listener);

// While one exists, the process cannot open another descriptor.
class descriptors_exhausted {
 public:
  descriptors_exhausted() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};  // numbers in use stay so
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~descriptors_exhausted() { setrlimit(RLIMIT_NOFILE, &before_); }
  descriptors_exhausted(const descriptors_exhausted&) = delete;
  descriptors_exhausted& operator=(const descriptors_exhausted&) = delete;

 private:
  rlimit before_{};
};

std::string with_port(std::string_view host, std::uint16_t port) {
  return join_host_port(host, port);
}

bool can_dial(std::string_view host, std::uint16_t port) {
  return dial_tcp(with_port(host, port), {.timeout = patience}).has_value();
}

TEST_P(a_tcp_listener, tells_the_port_that_the_system_chose) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    EXPECT_NE(listener.local_address().port(), 0);
    EXPECT_EQ(listener.local_address().address(), ip_address::loopback_v4());
    ASSERT_TRUE(listener.close());
    EXPECT_NE(listener.local_address().port(), 0);  // still known, for the last line of a log
  });
}

TEST_P(a_tcp_listener, gives_each_connection_to_one_of_many_who_accept) {
  run([] {
    constexpr std::size_t dials = 100;
    auto listener = listen_tcp(on_loopback).value();
    std::atomic<std::size_t> accepted{0};
    wait_group acceptors;
    for (int i = 0; i < 4; ++i) {
      acceptors.go([&] {
        for (;;) {
          auto conn = listener.accept();
          if (!conn) {
            EXPECT_EQ(conn.error(), errc::closed);
            break;
          }
          ++accepted;
          EXPECT_TRUE(conn->write("welcome"));
        }
      });
    }
    wait_group dialers;
    for (std::size_t i = 0; i < dials; ++i) {
      dialers.go([&listener] {
        auto conn = dial_tcp(listener.local_address(), {.timeout = patience});
        ASSERT_TRUE(conn) << conn.error().message();
        EXPECT_EQ(read_all(*conn), "welcome");
      });
    }
    dialers.wait();
    EXPECT_EQ(accepted, dials);
    ASSERT_TRUE(listener.close());
    acceptors.wait();
  });
}

TEST_P(a_tcp_listener, that_is_closed_wakes_every_accept) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    wait_group acceptors;
    for (int i = 0; i < 5; ++i) {
      acceptors.go([&] { EXPECT_EQ(listener.accept().error(), errc::closed); });
    }
    await_parked(5);
    ASSERT_TRUE(listener.close());
    acceptors.wait();
    EXPECT_EQ(listener.accept().error(), errc::closed);
    EXPECT_EQ(listener.close().error(), errc::closed);
    EXPECT_EQ(listener.set_deadline(1s).error(), errc::closed);
  });
}

TEST(a_tcp_listener_that_never_was, behaves_as_a_closed_one) {
  tcp_listener none;
  EXPECT_EQ(none.accept().error(), errc::closed);
  EXPECT_EQ(none.close().error(), errc::closed);
  EXPECT_EQ(none.set_deadline(1s).error(), errc::closed);
  EXPECT_EQ(none.pauses(), 0u);
  EXPECT_EQ(none.local_address(), endpoint());
}

TEST_P(a_tcp_listener, that_goes_away_wakes_every_accept_under_way) {
  run([] {
    auto listener = std::make_unique<tcp_listener>(listen_tcp(on_loopback).value());
    wait_group acceptors;
    for (int i = 0; i < 3; ++i) {
      acceptors.go([raw = listener.get()] { EXPECT_EQ(raw->accept().error(), errc::closed); });
    }
    await_parked(3);
    listener.reset();
    acceptors.wait();
  });
}

TEST_P(a_tcp_listener, that_is_replaced_closes_the_old_one) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    const endpoint before = listener.local_address();
    listener = listen_tcp(on_loopback).value();
    EXPECT_EQ(dial_tcp(before).error(), std::errc::connection_refused);
    EXPECT_TRUE(dial_tcp(listener.local_address()));
  });
}

TEST_P(a_tcp_listener, can_listen_again_where_one_was_closed_just_now) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    const endpoint where = listener.local_address();
    auto near = dial_tcp(where).value();
    auto far = listener.accept().value();
    ASSERT_TRUE(far.close());  // this end closes first, and so is left in TIME_WAIT
    EXPECT_EQ(read_text(near), "");
    ASSERT_TRUE(near.close());
    ASSERT_TRUE(listener.close());
    EXPECT_TRUE(listen_tcp(where));
  });
}

TEST_P(a_tcp_listener, goes_on_after_connections_that_died_in_its_queue) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    for (int i = 0; i < 3; ++i) {
      auto conn = dial_tcp(listener.local_address()).value();
      ASSERT_TRUE(conn.set_linger(linger::reset));
    }
    auto alive = dial_tcp(listener.local_address()).value();
    for (;;) {
      auto conn = listener.accept();
      ASSERT_TRUE(conn) << conn.error().message();
      if (conn->remote_address() == alive.local_address()) break;
    }
  });
}

TEST_P(a_tcp_listener, gives_up_at_its_deadline) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    const auto deadline = std::chrono::steady_clock::now() + 20ms;
    ASSERT_TRUE(listener.set_deadline(deadline));
    EXPECT_EQ(listener.accept().error(), errc::deadline_exceeded);
    EXPECT_GE(std::chrono::steady_clock::now(), deadline);
    auto near = dial_tcp(listener.local_address()).value();
    EXPECT_EQ(listener.accept().error(), errc::deadline_exceeded);
    ASSERT_TRUE(listener.set_deadline(never));
    EXPECT_TRUE(listener.accept());
  });
}

TEST_P(a_tcp_listener, pauses_while_there_are_no_descriptors_and_then_goes_on) {
  run([] {
    constexpr std::size_t clients = 5;
    auto listener = listen_tcp(on_loopback).value();
    std::vector<tcp_conn> dialled;
    for (std::size_t i = 0; i < clients; ++i)
      dialled.push_back(dial_tcp(listener.local_address()).value());

    std::vector<tcp_conn> accepted;
    wait_group acceptor;
    {
      const descriptors_exhausted none_left;
      acceptor.go([&] {
        while (accepted.size() < clients) {
          auto conn = listener.accept();
          ASSERT_TRUE(conn) << conn.error().message();
          accepted.push_back(std::move(*conn));
        }
      });
      await([&] { return listener.pauses() >= 3; });
    }
    acceptor.wait();
    EXPECT_EQ(accepted.size(), clients);
    ASSERT_TRUE(dialled.back().write("alive"));
    EXPECT_EQ(read_text(accepted.back()), "alive");
  });
}

TEST_P(a_tcp_listener, that_is_closed_in_such_a_pause_wakes_every_accept) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    auto client = dial_tcp(listener.local_address()).value();
    const descriptors_exhausted none_left;
    wait_group acceptors;
    for (int i = 0; i < 3; ++i) {
      acceptors.go([&] { EXPECT_EQ(listener.accept().error(), errc::closed); });
    }
    await([&] { return listener.pauses() >= 6; });
    ASSERT_TRUE(listener.close());
    acceptors.wait();
  });
}

TEST_P(a_tcp_listener, whose_deadline_passes_in_such_a_pause_gives_up) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    auto client = dial_tcp(listener.local_address()).value();
    const descriptors_exhausted none_left;
    wait_group acceptor;
    acceptor.go([&] { EXPECT_EQ(listener.accept().error(), errc::deadline_exceeded); });
    await([&] { return listener.pauses() >= 2; });
    ASSERT_TRUE(listener.set_deadline(std::chrono::steady_clock::now()));
    acceptor.wait();
  });
}

TEST_P(a_tcp_listener, without_a_host_takes_both_families) {
  run([] {
    auto listener = listen_tcp(":0").value();
    const std::uint16_t port = listener.local_address().port();
    auto near = dial_tcp(with_port("127.0.0.1", port)).value();
    auto far = listener.accept().value();
    EXPECT_EQ(far.remote_address(), near.local_address()) << "an IPv4 peer is shown as IPv4";
    EXPECT_EQ(far.local_address().address(), ip_address::loopback_v4());
    if (machine_has_v6()) {
      EXPECT_TRUE(can_dial("::1", port));
    }
  });
}

TEST_P(a_tcp_listener, takes_the_families_that_its_address_says) {
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
      auto listener = listen_tcp(one.address, {.v6_only = one.v6_only});
      ASSERT_TRUE(listener) << one.address << ": " << listener.error().message();
      const std::uint16_t port = listener->local_address().port();
      EXPECT_EQ(can_dial("127.0.0.1", port), one.v4_comes) << one.address << " v6_only " << one.v6_only;
      EXPECT_EQ(can_dial("::1", port), one.v6_comes) << one.address << " v6_only " << one.v6_only;
    }
  });
}

TEST_P(a_tcp_listener, conflicts_with_those_whose_addresses_it_shares) {
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
      const listen_options options{.v6_only = one.v6_only};
      for (const auto& [early, late] : {std::pair(one.first, one.second), std::pair(one.second, one.first)}) {
        auto first = listen_tcp(with_port(early, 0), options).value();
        const auto second = listen_tcp(with_port(late, first.local_address().port()), options);
        EXPECT_EQ(second.has_value(), one.possible) << early << " and " << late;
        if (!second) {
          EXPECT_EQ(second.error(), std::errc::address_in_use);
        }
      }
    }
  });
}

TEST_P(a_tcp_listener, shares_its_port_only_with_those_who_want_it_too) {
  run([] {
    auto first = listen_tcp(on_loopback, {.reuse_port = true}).value();
    EXPECT_TRUE(listen_tcp(first.local_address(), {.reuse_port = true}));
    EXPECT_EQ(listen_tcp(first.local_address()).error(), std::errc::address_in_use);
  });
}

TEST_P(a_tcp_listener, listens_on_names_too) {
  run([] {
    auto listener = listen_tcp("localhost:0").value();
    EXPECT_TRUE(listener.local_address().address().is_loopback());
    EXPECT_TRUE(dial_tcp(listener.local_address()));
  });
}

TEST_P(a_tcp_listener, is_not_to_be_had_for_a_bad_address) {
  run([] {
    for (const std::string_view address : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", ":99999",
                                           "::1:80", "[::1]", "[::1:80", "[127.0.0.1:80"}) {
      EXPECT_EQ(listen_tcp(address).error(), errc::bad_address) << address;
    }
    EXPECT_EQ(listen_tcp("127.0.0.1:no-such-service").error(), errc::unknown_service);
    EXPECT_EQ(listen_tcp("192.0.2.1:0").error(), std::errc::address_not_available);
  });
}

TEST_P(a_tcp_listener, frees_its_address_at_once_though_others_are_in_accept) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    const endpoint where = listener.local_address();
    for (int round = 0; round < 20; ++round) {
      auto in_queue = dial_tcp(where).value();
      EXPECT_TRUE(listener.accept());
      wait_group acceptors;
      for (int i = 0; i < 3; ++i) {
        acceptors.go([&] { EXPECT_EQ(listener.accept().error(), errc::closed); });
      }
      await_parked(3);
      ASSERT_TRUE(listener.close());
      EXPECT_EQ(dial_tcp(where).error(), std::errc::connection_refused);
      auto next = listen_tcp(where);
      ASSERT_TRUE(next) << next.error().message();
      acceptors.wait();
      listener = std::move(*next);
    }
  });
}

TEST_P(a_tcp_listener, that_is_closed_while_others_begin_to_accept_is_closed_for_all) {
  run([] {
    for (int round = 0; round < 100; ++round) {
      auto listener = listen_tcp(on_loopback).value();
      wait_group acceptors;
      for (int i = 0; i < 4; ++i) {
        acceptors.go([&, i] {
          for (int turns = 0; turns < i; ++turns)
            yield();
          EXPECT_EQ(listener.accept().error(), errc::closed);
        });
      }
      for (int turns = 0; turns < round % 5; ++turns)
        yield();
      ASSERT_TRUE(listener.close());
      acceptors.wait();
    }
  });
}

TEST(a_tcp_listener_on_a_link_local_address, is_reached_by_the_zone_of_its_address) {
  const std::string why = leat::testing::in_own_network([] {
    leat::run({.workers = 2}, [] {
      const auto all = interface_addresses().value();
      const auto left = std::ranges::find_if(all, [](const interface_address& one) {
        return one.interface == "left" && one.address.is_v6() && one.address.is_link_local();
      });
      if (left == all.end()) return;  // a kernel without IPv6
      auto listener = listen_tcp(endpoint(left->address, 0)).value();
      const std::string text = listener.local_address().to_string();
      EXPECT_NE(text.find("%left]:"), std::string::npos) << text;
      auto near = dial_tcp(text, {.timeout = patience}).value();
      auto far = listener.accept().value();
      EXPECT_EQ(far.remote_address(), near.local_address());
      EXPECT_EQ(near.remote_address(), listener.local_address());
      EXPECT_EQ(near.local_address().address().scope_id(), left->index);
      ASSERT_TRUE(near.write("across the link"));
      EXPECT_EQ(read_text(far), "across the link");
    });
  });
  if (!why.empty()) GTEST_SKIP() << why;
}

}  // namespace
}  // namespace leat::net
