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

TEST(the_name_of_a_tcp_state, is_the_one_that_standards_use) {
  EXPECT_EQ(tcp_state_name(tcp_state::time_wait), "TIME_WAIT");
  EXPECT_EQ(tcp_state_name(tcp_state::syn_received), "SYN_RECEIVED");
  EXPECT_EQ(tcp_state_name(static_cast<tcp_state>(99)), "UNKNOWN");
}

}  // namespace
}  // namespace leat::net
