#include <leat/net/net_test.hpp>

namespace leat::net {
namespace {

LEAT_TEST_ON_WORKERS(tcp_info_of);

TEST_P(tcp_info_of, a_fresh_connection_says_established) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.write("hello"));
    EXPECT_EQ(read_text(far), "hello");
    await([&] { return near.info().value().bytes_acknowledged == 5 + 1; });  // and the SYN
    const tcp_info info = near.info().value();
    EXPECT_EQ(info.state, tcp_state::established);
    EXPECT_EQ(tcp_state_name(info.state), "ESTABLISHED");
    EXPECT_GT(info.rtt.count(), 0);
    EXPECT_EQ(info.retransmits, 0u);
    EXPECT_EQ(info.unacknowledged, 0u);
    EXPECT_GT(info.congestion_window, 0u);
    EXPECT_GT(info.send_mss_bytes, 0u);
    EXPECT_EQ(far.info().value().bytes_received, 5u);
  });
}

TEST_P(tcp_info_of, a_half_closed_connection_says_fin_wait_2_and_close_wait) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.close_write());
    EXPECT_EQ(read_text(far), "");
    await([&] { return near.info().value().state != tcp_state::fin_wait_1; });
    EXPECT_EQ(near.info().value().state, tcp_state::fin_wait_2);
    EXPECT_EQ(tcp_state_name(near.info().value().state), "FIN_WAIT_2");
    EXPECT_EQ(far.info().value().state, tcp_state::close_wait);
    EXPECT_EQ(tcp_state_name(far.info().value().state), "CLOSE_WAIT");
  });
}

TEST_P(tcp_info_of, a_closed_connection_is_an_error) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.close());
    EXPECT_EQ(near.info().error(), errc::closed);
    EXPECT_EQ(tcp_conn().info().error(), errc::closed);
  });
}

TEST_P(tcp_info_of, a_connection_counts_bytes_and_times) {
  run([] {
    auto [near, far] = connect_pair();
    const std::string sent = pattern(100'000);
    ASSERT_TRUE(far.set_read_deadline(patience));
    joined others;
    others.go([&] { EXPECT_EQ(read_exactly(far, sent.size()), sent); });
    ASSERT_TRUE(near.write(sent));
    await([&] { return near.info().value().bytes_acknowledged == sent.size() + 1; });
    const tcp_info info = near.info().value();
    EXPECT_GE(info.bytes_sent, sent.size());
    EXPECT_EQ(info.bytes_unsent, 0u);
    EXPECT_EQ(info.lost, 0u);
    EXPECT_GT(info.least_rtt.count(), 0);
    EXPECT_GT(info.retransmission_timeout.count(), 0);
    EXPECT_GT(info.path_mtu_bytes, info.send_mss_bytes);
    EXPECT_GT(info.peer_window_bytes, 0u);
    EXPECT_FALSE(info.fast_open_data_acknowledged);
  });
}

TEST_P(tcp_info_of, a_listener_tells_who_waits) {
  run([] {
    auto listener = listen_tcp(on_loopback, {.backlog = 5}).value();
    EXPECT_EQ(listener.queue().value().waiting, 0u);
    EXPECT_EQ(listener.queue().value().limit, 5u);
    auto first = dial_tcp(listener.local_address()).value();
    auto second = dial_tcp(listener.local_address()).value();
    await([&] { return listener.queue().value().waiting == 2; });
    ASSERT_TRUE(listener.accept());
    EXPECT_EQ(listener.queue().value().waiting, 1u);
    ASSERT_TRUE(listener.close());
    EXPECT_EQ(listener.queue().error(), errc::closed);
    EXPECT_FALSE(first.options().with_fd([](int fd) -> result<void> {
      if (auto queue = read_accept_queue(fd); !queue) return std::unexpected(queue.error());
      return {};
    }));
  });
}

TEST(the_name_of_a_tcp_state, is_the_one_that_standards_use) {
  EXPECT_EQ(tcp_state_name(tcp_state::time_wait), "TIME_WAIT");
  EXPECT_EQ(tcp_state_name(tcp_state::syn_received), "SYN_RECEIVED");
  EXPECT_EQ(tcp_state_name(static_cast<tcp_state>(99)), "UNKNOWN");
}

}  // namespace
}  // namespace leat::net
