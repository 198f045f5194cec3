#include <unistd.h>

#include <fstream>

#include <leat/net/net_test.hpp>
#include <leat/net/options.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {
namespace {

// One end of a connection, in the runtime that it needs.
template <typename Look>
void with_connection(Look&& look, std::string_view address = on_loopback) {
  run(run_options{.workers = 1}, [&] {
    auto [near, far] = connect_pair(address);
    look(near.options());
  });
}

TEST(an_option, of_a_size_is_what_the_system_made_of_it) {
  with_connection([](socket_options options) {
    ASSERT_TRUE(options.set_read_buffer(20'000));
    EXPECT_EQ(options.read_buffer().value(), 40'000u);
    ASSERT_TRUE(options.set_write_buffer(30'000));
    EXPECT_EQ(options.write_buffer().value(), 60'000u);
    EXPECT_TRUE(options.set_read_buffer(std::size_t{1} << 40));  // capped
  });
}

TEST(an_option, on_or_off_is_read_back) {
  with_connection([](socket_options options) {
    EXPECT_TRUE(options.no_delay().value());  // from the start
    for (const bool on : {false, true}) {
      ASSERT_TRUE(options.set_no_delay(on));
      EXPECT_EQ(options.no_delay().value(), on);
      ASSERT_TRUE(options.set_reuse_address(on));
      EXPECT_EQ(options.reuse_address().value(), on);
      ASSERT_TRUE(options.set_reuse_port(on));
      EXPECT_EQ(options.reuse_port().value(), on);
    }
  });
}

TEST(keep_alive, has_times_or_is_off) {
  with_connection([](socket_options options) {
    EXPECT_EQ(options.keep_alive_times().value(), keep_alive());  // from the start
    const keep_alive how{.idle = 7s, .interval = 3s, .count = 2};
    ASSERT_TRUE(options.set_keep_alive(how));
    EXPECT_EQ(options.keep_alive_times().value(), how);
    ASSERT_TRUE(options.disable_keep_alive());
    EXPECT_EQ(options.keep_alive_times().value(), std::nullopt);
    for (const keep_alive& wrong :
         {keep_alive{.idle = 0s}, keep_alive{.idle = 32768s}, keep_alive{.interval = -1s},
          keep_alive{.count = 0}, keep_alive{.count = 128}})
      EXPECT_EQ(options.set_keep_alive(wrong).error(), std::errc::invalid_argument);
  });
}

TEST(lingering, is_to_deliver_or_to_reset) {
  with_connection([](socket_options options) {
    EXPECT_EQ(options.linger_mode().value(), linger::deliver);
    ASSERT_TRUE(options.set_linger(linger::reset));
    EXPECT_EQ(options.linger_mode().value(), linger::reset);
    ASSERT_TRUE(options.set_linger(linger::deliver));
    EXPECT_EQ(options.linger_mode().value(), linger::deliver);
  });
}

TEST(the_user_timeout, is_in_milliseconds) {
  with_connection([](socket_options options) {
    EXPECT_EQ(options.user_timeout().value(), 0ms);
    ASSERT_TRUE(options.set_user_timeout(12'345ms));
    EXPECT_EQ(options.user_timeout().value(), 12'345ms);
    EXPECT_EQ(options.set_user_timeout(-1ms).error(), std::errc::invalid_argument);
    EXPECT_EQ(options.set_user_timeout(std::chrono::hours(24 * 365)).error(), std::errc::invalid_argument);
  });
}

TEST(congestion_control, goes_by_name) {
  with_connection([](socket_options options) {
    ASSERT_FALSE(options.congestion_control().value().empty());
    ASSERT_TRUE(options.set_congestion_control("reno"));  // every kernel has it
    EXPECT_EQ(options.congestion_control().value(), "reno");
    EXPECT_EQ(options.set_congestion_control("no-such").error(), std::errc::no_such_file_or_directory);
    EXPECT_EQ(options.set_congestion_control("a-name-that-is-too-long").error(), std::errc::invalid_argument);
    EXPECT_EQ(options.set_congestion_control(std::string_view("reno\0x", 6)).error(),
              std::errc::invalid_argument);
  });
}

TEST(the_mark, needs_a_capability) {
  with_connection([](socket_options options) {
    const auto set = options.set_mark(0x80000007U);
    if (!set) {
      EXPECT_EQ(set.error(), std::errc::operation_not_permitted);
      GTEST_SKIP() << "setting a mark needs CAP_NET_ADMIN";
    }
    EXPECT_EQ(options.mark().value(), 0x80000007U);
  });
}

TEST(the_device, confines_a_socket) {
  with_connection([](socket_options options) {
    EXPECT_EQ(options.device().value(), "");
    EXPECT_EQ(options.set_device("an-interface-name-that-is-too-long").error(), std::errc::invalid_argument);
    const auto set = options.set_device("lo");
    if (!set) {
      EXPECT_EQ(set.error(), std::errc::operation_not_permitted);
      GTEST_SKIP() << "binding to a device needs CAP_NET_RAW";
    }
    EXPECT_EQ(options.device().value(), "lo");
    EXPECT_EQ(options.set_device("no-such0").error(), std::errc::no_such_device);
    ASSERT_TRUE(options.set_device(""));
    EXPECT_EQ(options.device().value(), "");
  });
}

void expect_ip_options_read_back(socket_options options) {
  ASSERT_TRUE(options.set_hop_limit(7));
  EXPECT_EQ(options.hop_limit().value(), 7);
  ASSERT_TRUE(options.set_traffic_class(0xb8));  // expedited forwarding
  EXPECT_EQ(options.traffic_class().value(), 0xb8);
  for (const int wrong : {0, -1, 256})
    EXPECT_EQ(options.set_hop_limit(wrong).error(), std::errc::invalid_argument) << wrong;
  for (const int wrong : {-1, 256})
    EXPECT_EQ(options.set_traffic_class(wrong).error(), std::errc::invalid_argument) << wrong;
}

TEST(ip_options, are_those_of_the_sockets_family) {
  with_connection(expect_ip_options_read_back);
}

TEST(ip_options, are_those_of_the_sockets_family_in_ipv6_too) {
  LEAT_SKIP_WITHOUT_V6();
  with_connection(expect_ip_options_read_back, "[::1]:0");
}

TEST(ip_options, of_a_dual_stack_socket_reach_both_families) {
  LEAT_SKIP_WITHOUT_V6();
  run(run_options{.workers = 1}, [] {
    auto socket = listen_udp("[::]:0").value();
    ASSERT_TRUE(socket.options().set_hop_limit(9));
    ASSERT_TRUE(socket.options().with_fd([](int fd) -> result<void> {
      int hops = 0;
      socklen_t size = sizeof(hops);
      if (::getsockopt(fd, IPPROTO_IP, IP_TTL, &hops, &size) != 0) return last_system_error();
      EXPECT_EQ(hops, 9);
      return {};
    }));
  });
}

TEST(an_option, of_tcp_is_none_of_udp) {
  run(run_options{.workers = 1}, [] {
    auto socket = listen_udp(on_loopback).value();
    EXPECT_FALSE(socket.options().set_no_delay(true));
    EXPECT_FALSE(socket.options().congestion_control());
  });
}

TEST(an_option, of_a_listener_passes_to_what_it_accepts) {
  run(run_options{.workers = 1}, [] {
    auto listener = listen_tcp(on_loopback).value();
    ASSERT_TRUE(listener.options().set_user_timeout(4321ms));
    ASSERT_TRUE(listener.options().set_congestion_control("reno"));
    auto near = dial_tcp(listener.local_address()).value();
    auto far = listener.accept().value();
    EXPECT_EQ(far.options().user_timeout().value(), 4321ms);
    EXPECT_EQ(far.options().congestion_control().value(), "reno");
  });
}

TEST(an_option, of_a_listener_can_be_set_before_it_is_bound) {
  run(run_options{.workers = 1}, [] {
    endpoint asked_for;
    auto listener = listen_tcp(on_loopback, {.control = [&](socket_options options, const endpoint& where) {
                                 asked_for = where;
                                 return options.set_hop_limit(5);
                               }});
    ASSERT_TRUE(listener) << listener.error().message();
    EXPECT_EQ(asked_for.to_string(), on_loopback);
    EXPECT_EQ(listener->options().hop_limit().value(), 5);
    const auto refuse = [](socket_options, const endpoint&) -> result<void> { return fail(errc::too_long); };
    EXPECT_EQ(listen_tcp(on_loopback, {.control = refuse}).error(), errc::too_long);
  });
}

TEST(an_option, of_a_closed_socket_is_an_error) {
  with_connection([](socket_options) {
    tcp_conn never_open;
    EXPECT_EQ(never_open.options().set_no_delay(true).error(), errc::closed);
    EXPECT_EQ(never_open.options().hop_limit().error(), errc::closed);
    auto [near, far] = connect_pair();
    socket_options options = near.options();
    ASSERT_TRUE(near.close());
    EXPECT_EQ(options.set_no_delay(true).error(), errc::closed);
    EXPECT_EQ(options.congestion_control().error(), errc::closed);
    EXPECT_EQ(options.with_fd([](int) -> result<void> { return {}; }).error(), errc::closed);
  });
}

bool system_allows_fast_open() {
  int bits = 0;
  std::ifstream("/proc/sys/net/ipv4/tcp_fastopen") >> bits;
  constexpr int both = 3;
  return (bits & both) == both;
}

TEST(fast_open, sends_the_first_write_with_the_request_to_connect) {
  run(run_options{.workers = 1}, [] {
    auto listener = listen_tcp(on_loopback).value();
    ASSERT_TRUE(listener.options().set_fast_open(16));
    EXPECT_EQ(listener.options().fast_open().value(), 16);
    EXPECT_EQ(listener.options().set_fast_open(-1).error(), std::errc::invalid_argument);
    for (int i = 0; i < 3; ++i) {  // the first learns the peer's cookie
      auto near = dial_tcp(listener.local_address(), {.timeout = patience, .fast_open = true}).value();
      ASSERT_TRUE(near.write("hello"));
      auto far = listener.accept().value();
      EXPECT_EQ(read_exactly(far, 5), "hello");
      ASSERT_TRUE(far.write("world"));
      EXPECT_EQ(read_exactly(near, 5), "world");
      if (i > 0 && system_allows_fast_open()) {
        EXPECT_TRUE(near.info().value().fast_open_data_acknowledged);
      }
    }
  });
}

}  // namespace
}  // namespace leat::net
