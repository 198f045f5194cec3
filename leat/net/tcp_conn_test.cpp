#include <netinet/tcp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <vector>

#include <leat/net/net_test.hpp>
#include <leat/net/sockaddr.hpp>

namespace leat::net {
namespace {

LEAT_TEST_ON_WORKERS(a_tcp_connection);

// The number of the descriptor behind `conn`, found by what it is connected to.
int find_fd(const tcp_conn& conn) {
  for (int fd = 0; fd < 1024; ++fd) {
    socket_address local;
    socket_address peer;
    if (getsockname(fd, local.data(), &local.size) != 0 || getpeername(fd, peer.data(), &peer.size) != 0)
      continue;
    if (to_endpoint(local) == conn.local_address() && to_endpoint(peer) == conn.remote_address()) return fd;
  }
  return -1;
}

int int_option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  getsockopt(fd, level, name, &value, &size);
  return value;
}

TEST_P(a_tcp_connection, knows_both_its_addresses) {
  run([] {
    auto [near, far] = connect_pair();
    EXPECT_EQ(near.local_address(), far.remote_address());
    EXPECT_EQ(far.local_address(), near.remote_address());
    const endpoint peer = near.remote_address();
    ASSERT_TRUE(near.close());
    EXPECT_EQ(near.remote_address(), peer);
    EXPECT_EQ(near.local_address(), endpoint());
  });
}

// Whether a read that fills its buffer has left something behind is asked of the system: whatever it says,
// nothing may be waited for that is there already.
TEST_P(a_tcp_connection, gives_all_to_reads_that_fill_their_buffers) {
  run([] {
    auto [near, far] = connect_pair();
    for (int round = 0; round < 50; ++round) {
      for (const std::string_view text : {"four", "fourfour", "", "four", "fourfourfour"}) {
        ASSERT_TRUE(near.write(text));
        for (std::size_t got = 0; got < text.size(); got += 4)
          ASSERT_EQ(read_exactly(far, 4), "four");
      }
    }
    joined others;
    others.go([&near] {
      EXPECT_TRUE(near.write("four"));
      EXPECT_TRUE(near.close_write());
    });
    EXPECT_EQ(read_exactly(far, 4), "four");
    EXPECT_EQ(read_text(far), "") << "the end, whether it came with the last bytes or after them";
  });
}

TEST_P(a_tcp_connection, finds_again_what_was_only_peeked_at) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.write("first"));
    EXPECT_EQ(read_text(far),
              "first");  // a read that leaves nothing: the next one would wait before it tries
    joined others;
    others.go([&near] { EXPECT_TRUE(near.write("second")); });
    std::array<std::byte, 3> start;
    ASSERT_EQ(far.peek(start).value(), 3u);
    EXPECT_EQ(static_cast<char>(start[0]), 's');
    EXPECT_EQ(read_exactly(far, 6), "second");
    ASSERT_TRUE(near.close());
    EXPECT_EQ(far.peek(start).value(), 0u);
    EXPECT_EQ(read_text(far), "");
  });
}

TEST_P(a_tcp_connection, that_is_closed_refuses_everything) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.close());
    std::array<std::byte, 16> buffer;
    EXPECT_EQ(near.close().error(), errc::closed);
    EXPECT_EQ(near.read(buffer).error(), errc::closed);
    EXPECT_EQ(near.peek(buffer).error(), errc::closed);
    EXPECT_EQ(near.wait_readable().error(), errc::closed);
    EXPECT_EQ(near.write("x").error(), errc::closed);
    EXPECT_EQ(near.send_file(0, 0, 1).error(), errc::closed);
    EXPECT_EQ(near.close_read().error(), errc::closed);
    EXPECT_EQ(near.close_write().error(), errc::closed);
    EXPECT_EQ(near.set_deadline(1s).error(), errc::closed);
    EXPECT_EQ(near.set_no_delay(true).error(), errc::closed);
    EXPECT_EQ(near.set_keep_alive({}).error(), errc::closed);
    EXPECT_EQ(near.set_linger(linger::reset).error(), errc::closed);
    EXPECT_EQ(near.set_read_buffer(65536).error(), errc::closed);
  });
}

TEST(a_tcp_connection_that_never_was, behaves_as_a_closed_one) {
  tcp_conn none;
  std::array<std::byte, 16> buffer;
  const std::array parts{bytes_of("x")};
  EXPECT_EQ(none.read(buffer).error(), errc::closed);
  EXPECT_EQ(none.read({}).error(), errc::closed);
  EXPECT_EQ(none.peek(buffer).error(), errc::closed);
  EXPECT_EQ(none.wait_readable().error(), errc::closed);
  EXPECT_EQ(none.write("x").error(), errc::closed);
  EXPECT_EQ(none.write("").error(), errc::closed);
  EXPECT_EQ(none.writev(parts).error(), errc::closed);
  EXPECT_EQ(none.send_file(0, 0, 1).error(), errc::closed);
  EXPECT_EQ(none.close().error(), errc::closed);
  EXPECT_EQ(none.close_read().error(), errc::closed);
  EXPECT_EQ(none.close_write().error(), errc::closed);
  EXPECT_EQ(none.set_deadline(never).error(), errc::closed);
  EXPECT_EQ(none.set_write_buffer(1).error(), errc::closed);
  EXPECT_EQ(none.disable_keep_alive().error(), errc::closed);
  EXPECT_EQ(none.local_address(), endpoint());
}

TEST_P(a_tcp_connection, sends_a_piece_of_a_file) {
  run([] {
    const std::string content = pattern((3 << 20) + 17);
    const memory_file file(content);
    auto [near, far] = connect_pair();
    joined others;
    others.go([&] {
      EXPECT_EQ(near.send_file(file.fd(), 5, (3 << 20)).value(), std::uint64_t{3 << 20});
      EXPECT_TRUE(near.close_write());
    });
    EXPECT_TRUE(read_all(far) == content.substr(5, 3 << 20));
    EXPECT_EQ(lseek(file.fd(), 0, SEEK_CUR), static_cast<off_t>(content.size()));  // untouched
  });
}

TEST_P(a_tcp_connection, sends_no_more_of_a_file_than_there_is) {
  run([] {
    const memory_file file("0123456789");
    auto [near, far] = connect_pair();
    EXPECT_EQ(near.send_file(file.fd(), 4, 1000).value(), 6u);
    EXPECT_EQ(near.send_file(file.fd(), 10, 1).value(), 0u);
    EXPECT_EQ(near.send_file(file.fd(), 99, 1).value(), 0u);
    EXPECT_EQ(near.send_file(file.fd(), 0, 0).value(), 0u);
    EXPECT_EQ(read_exactly(far, 6), "456789");
  });
}

TEST_P(a_tcp_connection, refuses_to_send_what_is_no_file) {
  run([] {
    auto [near, far] = connect_pair();
    const memory_file file("0123456789");
    EXPECT_EQ(near.send_file(-1, 0, 1).error(), std::errc::bad_file_descriptor);
    EXPECT_EQ(near.send_file(file.fd(), ~std::uint64_t{0}, 1).error(), std::errc::value_too_large);
    EXPECT_EQ(near.send_file(file.fd(), 1, ~std::uint64_t{0}).error(), std::errc::value_too_large);
  });
}

TEST_P(a_tcp_connection, whose_peer_is_gone_fails_to_send_a_file_without_a_signal) {
  run([] {
    ASSERT_NE(signal(SIGPIPE, SIG_DFL), SIG_ERR);
    const memory_file file(pattern(1 << 20));
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.close_write());
    EXPECT_EQ(near.send_file(file.fd(), 0, 1 << 20).error(), std::errc::broken_pipe);
    sigset_t pending;
    ASSERT_EQ(sigpending(&pending), 0);
    EXPECT_EQ(sigismember(&pending, SIGPIPE), 0) << "a signal is left behind";
    sigset_t blocked;
    ASSERT_EQ(pthread_sigmask(SIG_BLOCK, nullptr, &blocked), 0);
    EXPECT_EQ(sigismember(&blocked, SIGPIPE), 0) << "the signal mask has changed";
  });
}

// The first pages of the file bring the peer's reset back, the next ones meet it: sendfile(2) then returns
// the count of the first and raises the signal none the less.
TEST_P(a_tcp_connection, whose_peer_goes_while_a_file_is_sent_raises_no_signal) {
  run([] {
    ASSERT_NE(signal(SIGPIPE, SIG_DFL), SIG_ERR);
    const memory_file file(pattern(1 << 20));
    auto [near, far] = connect_pair();
    ASSERT_TRUE(far.close());
    EXPECT_FALSE(near.send_file(file.fd(), 0, 1 << 20));
    sigset_t pending;
    ASSERT_EQ(sigpending(&pending), 0);
    EXPECT_EQ(sigismember(&pending, SIGPIPE), 0) << "a signal is left behind";
  });
}

TEST_P(a_tcp_connection, sends_small_writes_at_once_and_keeps_asking_silent_peers_unless_told_otherwise) {
  run([] {
    auto [near, far] = connect_pair();
    for (tcp_conn* conn : {&near, &far}) {  // dialled, and accepted
      const int fd = find_fd(*conn);
      ASSERT_GE(fd, 0);
      EXPECT_EQ(int_option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
      EXPECT_EQ(int_option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
      EXPECT_EQ(int_option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 15);
      EXPECT_EQ(int_option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 15);
      EXPECT_EQ(int_option(fd, IPPROTO_TCP, TCP_KEEPCNT), 9);

      ASSERT_TRUE(conn->set_no_delay(false));
      ASSERT_TRUE(conn->set_keep_alive({.idle = 60s, .interval = 5s, .count = 3}));
      EXPECT_EQ(int_option(fd, IPPROTO_TCP, TCP_NODELAY), 0);
      EXPECT_EQ(int_option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 60);
      EXPECT_EQ(int_option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 5);
      EXPECT_EQ(int_option(fd, IPPROTO_TCP, TCP_KEEPCNT), 3);
      ASSERT_TRUE(conn->disable_keep_alive());
      EXPECT_EQ(int_option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
    }
  });
}

TEST_P(a_tcp_connection, refuses_keep_alive_numbers_out_of_range) {
  run([] {
    auto [near, far] = connect_pair();
    EXPECT_EQ(near.set_keep_alive({.idle = 0s}).error(), std::errc::invalid_argument);
    EXPECT_EQ(near.set_keep_alive({.interval = 32768s}).error(), std::errc::invalid_argument);
    EXPECT_EQ(near.set_keep_alive({.count = 0}).error(), std::errc::invalid_argument);
    EXPECT_EQ(near.set_keep_alive({.count = 128}).error(), std::errc::invalid_argument);
  });
}

TEST_P(a_tcp_connection, has_buffers_of_the_size_that_was_asked_for) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.set_read_buffer(40'000));
    ASSERT_TRUE(near.set_write_buffer(50'000));
    const int fd = find_fd(near);
    EXPECT_EQ(int_option(fd, SOL_SOCKET, SO_RCVBUF), 80'000);  // the kernel doubles
    EXPECT_EQ(int_option(fd, SOL_SOCKET, SO_SNDBUF), 100'000);
    EXPECT_TRUE(near.set_read_buffer(~std::size_t{0}));  // capped, not an error
  });
}

TEST_P(a_tcp_connection, that_was_moved_goes_on_in_its_new_place) {
  run([] {
    auto [near, far] = connect_pair();
    tcp_conn moved = std::move(near);
    EXPECT_EQ(near.write("x").error(), errc::closed);  // NOLINT(bugprone-use-after-move): promised
    ASSERT_TRUE(moved.write("moved"));
    EXPECT_EQ(read_text(far), "moved");
    moved = tcp_conn();  // closes
    EXPECT_EQ(read_text(far), "");
  });
}

TEST_P(a_tcp_connection, works_over_ipv6) {
  LEAT_SKIP_WITHOUT_V6();
  run([] {
    auto [near, far] = connect_pair("[::1]:0");
    EXPECT_EQ(near.remote_address().address(), ip_address::loopback_v6());
    EXPECT_EQ(far.remote_address(), near.local_address());
    ASSERT_TRUE(near.write("six"));
    EXPECT_EQ(read_text(far), "six");
  });
}

// How many bytes come until the end.
std::uint64_t count_all(stream& conn) {
  std::vector<std::byte> buffer(1 << 20);
  std::uint64_t total = 0;
  for (;;) {
    const std::size_t count = conn.read(buffer).value();
    if (count == 0) return total;
    total += count;
  }
}

// The system takes no more than 2 GiB less a page in one call. Neither the memory nor the file take any room.
TEST(a_tcp_connection_in_bulk, sends_more_than_the_system_takes_at_once) {
  if (leat::testing::sanitizer_cost > 1) GTEST_SKIP() << "under a sanitizer it takes too long";
  constexpr std::size_t size = (std::size_t{1} << 31) + 4096;
  void* zeros = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(zeros, MAP_FAILED);
  const memory_file file("");
  ASSERT_EQ(::ftruncate(file.fd(), static_cast<off_t>(size)), 0);
  leat::run({.workers = 2}, [&] {
    auto [near, far] = connect_pair();
    joined others;
    others.go([&, &from = near] {
      EXPECT_TRUE(from.write(std::span(static_cast<const std::byte*>(zeros), size)));
      EXPECT_EQ(from.send_file(file.fd(), 0, size + 1).value(), size);
      EXPECT_TRUE(from.close_write());
    });
    EXPECT_EQ(count_all(far), 2 * size);
  });
  ::munmap(zeros, size);
}

}  // namespace
}  // namespace leat::net
