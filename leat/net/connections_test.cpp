#include <unistd.h>

#include <algorithm>

#include <leat/net/connections.hpp>
#include <leat/net/net_test.hpp>

namespace leat::net {
namespace {

class the_connections_of : public leat::testing::on_workers {
  void SetUp() override {
    if (const auto found = connections(); !found)
      GTEST_SKIP() << "this kernel does not list sockets: " << found.error().message();
  }
};
INSTANTIATE_TEST_SUITE_P(on, the_connections_of, ::testing::Values(1u, 2u, 4u), leat::testing::workers_name);

const connection* find(const std::vector<connection>& all, const endpoint& local, const endpoint& remote) {
  const auto found = std::ranges::find_if(
      all, [&](const connection& one) { return one.local == local && one.remote == remote; });
  return found == all.end() ? nullptr : &*found;
}

// What the table says of one end; closed when it is not in it.
tcp_state state_of(const endpoint& local, const endpoint& remote) {
  const auto all = connections({.port = local.port()}).value();
  const connection* one = find(all, local, remote);
  return one ? one->state : tcp_state::closed;
}

TEST_P(the_connections_of, this_process_are_those_that_it_has_open) {
  run([] {
    auto [near, far] = connect_pair();
    const auto all = connections().value();
    for (const auto* end : {&near, &far}) {
      const connection* one = find(all, end->local_address(), end->remote_address());
      ASSERT_NE(one, nullptr);
      EXPECT_EQ(one->state, tcp_state::established);
      EXPECT_NE(one->inode, 0u);
      EXPECT_EQ(one->user, ::getuid());
      EXPECT_FALSE(one->owner);
    }
    const endpoint local = near.local_address();
    const endpoint remote = near.remote_address();
    ASSERT_TRUE(near.close());
    EXPECT_EQ(find(connections().value(), local, remote), nullptr);
  });
}

TEST_P(the_connections_of, a_port_show_how_a_connection_ends) {
  run([] {
    auto [near, far] = connect_pair();
    const endpoint client = near.local_address();
    const endpoint server = far.local_address();
    const auto becomes = [&](tcp_state at_client, tcp_state at_server) {
      await([&] { return state_of(client, server) == at_client; });
      await([&] { return state_of(server, client) == at_server; });
    };
    becomes(tcp_state::established, tcp_state::established);
    ASSERT_TRUE(near.close_write());
    becomes(tcp_state::fin_wait_2, tcp_state::close_wait);
    ASSERT_TRUE(far.close_write());
    becomes(tcp_state::time_wait, tcp_state::closed);
    const auto all = connections({.port = client.port()}).value();
    EXPECT_EQ(find(all, client, server)->inode, 0u);  // nobody's any more
  });
}

TEST_P(the_connections_of, a_port_are_no_others) {
  run([] {
    auto [near, far] = connect_pair();
    auto [other, its_peer] = connect_pair();
    const std::uint16_t port = near.local_address().port();
    const auto all = connections({.port = port}).value();
    EXPECT_GE(all.size(), 2u);
    for (const connection& one : all)
      EXPECT_TRUE(one.local.port() == port || one.remote.port() == port) << one.local << ' ' << one.remote;
  });
}

TEST_P(the_connections_of, a_port_tell_what_waits) {
  run([] {
    auto listener = listen_tcp(on_loopback, {.backlog = 7}).value();
    auto near = dial_tcp(listener.local_address()).value();
    ASSERT_TRUE(near.write("hello"));
    const std::uint16_t port = listener.local_address().port();
    const auto listening = [&]() -> std::optional<connection> {
      const auto all = connections({.port = port}).value();
      const auto found = std::ranges::find(all, tcp_state::listen, &connection::state);
      return found == all.end() ? std::nullopt : std::optional(*found);
    };
    await([&] { return listening().value().unread == 1; });
    EXPECT_EQ(listening()->unsent, 7u);
    EXPECT_EQ(listening()->remote.port(), 0);
    auto far = listener.accept().value();
    await([&] {
      const auto all = connections({.port = port}).value();
      return find(all, far.local_address(), far.remote_address())->unread == 5;
    });
  });
}

TEST_P(the_connections_of, ipv6_are_there_and_ipv4_through_a_dual_stack_is_ipv4) {
  LEAT_SKIP_WITHOUT_V6();
  run([] {
    auto listener = listen_tcp("[::]:0").value();
    const std::uint16_t port = listener.local_address().port();
    for (const ip_address& address : {ip_address::loopback_v4(), ip_address::loopback_v6()}) {
      auto near = dial_tcp(endpoint(address, port)).value();
      auto far = listener.accept().value();
      const auto all = connections().value();
      EXPECT_NE(find(all, near.local_address(), near.remote_address()), nullptr) << address;
      EXPECT_NE(find(all, far.local_address(), far.remote_address()), nullptr) << address;
    }
  });
}

TEST_P(the_connections_of, a_port_name_their_process) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    const auto all = connections({.port = listener.local_address().port(), .owners = true}).value();
    const auto own = std::ranges::find(all, listener.local_address(), &connection::local);
    ASSERT_NE(own, all.end());
    ASSERT_TRUE(own->owner);
    EXPECT_EQ(own->owner->process, ::getpid());
    EXPECT_FALSE(own->owner->command.empty());
  });
}

TEST_P(the_connections_of, the_machine_are_limited) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    EXPECT_EQ(connections({.whole_machine = true, .limit = 0}).error(), errc::too_long);
    EXPECT_FALSE(connections({.whole_machine = true}).value().empty());
  });
}

}  // namespace
}  // namespace leat::net
