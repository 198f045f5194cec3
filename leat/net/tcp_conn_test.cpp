#include <netinet/tcp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <optional>
#include <vector>

#include <leat/net/net_test.hpp>
#include <leat/net/sockaddr.hpp>
#include <leat/wait_group.hpp>

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

// A file in memory with that content.
class memory_file {
 public:
  explicit memory_file(std::string_view content) : fd_(memfd_create("test", MFD_CLOEXEC)) {
    EXPECT_EQ(::write(fd_, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  }
  ~memory_file() { ::close(fd_); }
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

TEST_P(a_tcp_connection, carries_bytes_both_ways) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.write("ping"));
    EXPECT_EQ(read_text(far), "ping");
    ASSERT_TRUE(far.write("pong"));
    EXPECT_EQ(read_text(near), "pong");
  });
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

TEST_P(a_tcp_connection, reads_no_more_than_fits_and_keeps_the_rest) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.write("abcdef"));
    EXPECT_EQ(read_exactly(far, 4), "abcd");
    EXPECT_EQ(read_text(far), "ef");
  });
}

TEST_P(a_tcp_connection, echoes_many_small_messages) {
  run([] {
    auto [near, far] = connect_pair();
    joined others;
    others.go([&far] {
      std::array<std::byte, 512> buffer;
      for (;;) {
        const auto count = far.read(buffer);
        if (!count || *count == 0 || !far.write(std::span(buffer).first(*count))) break;
      }
      static_cast<void>(far.close_write());
    });
    for (int i = 0; i < 2000; ++i) {
      const std::string message = "message " + std::to_string(i);
      ASSERT_TRUE(near.write(message));
      ASSERT_EQ(read_exactly(near, message.size()), message);
    }
    ASSERT_TRUE(near.close_write());
    EXPECT_EQ(read_text(near), "");
  });
}

TEST_P(a_tcp_connection, carries_much_in_both_directions_at_once) {
  run([] {
    auto [near, far] = connect_pair();
    const std::string there = pattern(8 << 20);
    const std::string back = pattern((8 << 20) + 12345);
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
  });
}

TEST_P(a_tcp_connection, keeps_what_many_goroutines_write_whole) {
  run([] {
    constexpr int writers = 8;
    constexpr int messages = 12;
    constexpr std::size_t size = 200'000;  // more than a socket's buffer takes at once
    auto [near, far] = connect_pair();
    wait_group all;
    for (int writer = 0; writer < writers; ++writer) {
      all.go([&near, writer] {
        const std::string message(size, static_cast<char>('a' + writer));
        for (int i = 0; i < messages; ++i)
          ASSERT_TRUE(near.write(message));
      });
    }
    std::array<int, writers> seen{};
    for (int i = 0; i < writers * messages; ++i) {
      const std::string message = read_exactly(far, size);
      ASSERT_EQ(message.size(), size);
      ASSERT_EQ(message.find_first_not_of(message.front()), std::string::npos) << "two messages are mixed";
      ++seen.at(static_cast<std::size_t>(message.front() - 'a'));
    }
    all.wait();
    for (const int count : seen)
      EXPECT_EQ(count, messages);
  });
}

TEST_P(a_tcp_connection, gives_each_byte_to_one_of_many_readers) {
  run([] {
    constexpr std::size_t size = 1 << 20;
    auto [near, far] = connect_pair();
    std::atomic<std::size_t> total{0};
    wait_group readers;
    for (int i = 0; i < 4; ++i) {
      readers.go([&] { total += read_all(far).size(); });
    }
    ASSERT_TRUE(near.write(pattern(size)));
    ASSERT_TRUE(near.close_write());
    readers.wait();
    EXPECT_EQ(total, size);
  });
}

TEST_P(a_tcp_connection, gathers_parts_in_order) {
  run([] {
    auto [near, far] = connect_pair();
    const std::string large = pattern(3 << 20);
    std::vector<std::span<const std::byte>> parts;
    std::string expected;
    for (int i = 0; i < 200;
         ++i) {  // more than go into one system call, some of them empty, one of them large
      const std::string_view part =
          i == 77 ? std::string_view(large) : std::string_view("abcdefghij").substr(0, i % 4);
      parts.push_back(bytes_of(part));
      expected += part;
    }
    joined others;
    others.go([&] {
      EXPECT_TRUE(near.writev(parts));
      EXPECT_TRUE(near.close_write());
    });
    EXPECT_TRUE(read_all(far) == expected);
  });
}

TEST_P(a_tcp_connection, takes_nothing_for_an_answer) {
  run([] {
    auto [near, far] = connect_pair();
    const std::array<std::span<const std::byte>, 2> empty_parts{};
    EXPECT_TRUE(near.write(""));
    EXPECT_TRUE(near.writev({}));
    EXPECT_TRUE(near.writev(empty_parts));
    EXPECT_EQ(near.read({}).value(), 0u);  // although nothing has come
    EXPECT_EQ(near.peek({}).value(), 0u);
    ASSERT_TRUE(near.close());
    EXPECT_EQ(near.write("").error(), errc::closed);
    EXPECT_EQ(near.writev(empty_parts).error(), errc::closed);
    EXPECT_EQ(near.read({}).error(), errc::closed);
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

TEST_P(a_tcp_connection, can_be_waited_on_without_a_buffer) {
  run([] {
    auto [near, far] = connect_pair();
    joined others;
    for (int round = 0; round < 100; ++round) {
      others.go([&near] { EXPECT_TRUE(near.write("word")); });
      ASSERT_TRUE(far.wait_readable());
      ASSERT_TRUE(far.wait_readable());  // it still is
      ASSERT_EQ(read_text(far), "word");
    }
    ASSERT_TRUE(near.close());
    EXPECT_TRUE(far.wait_readable());  // the end can be read
    EXPECT_EQ(read_text(far), "");
    ASSERT_TRUE(far.close());
    EXPECT_EQ(far.wait_readable().error(), errc::closed);
  });
}

TEST_P(a_tcp_connection, that_was_waited_on_without_a_buffer_right_after_its_first_read_can_be_read) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.write("first"));
    std::array<std::byte, 16> buffer;
    ASSERT_EQ(far.read(buffer).value(), 5u);  // leaves nothing, and never had to wait
    leat::wait_group others;
    others.go([&far] { EXPECT_TRUE(far.wait_readable()); });
    await_parked(1);
    EXPECT_TRUE(near.write("second"));
    others.wait();
    EXPECT_EQ(read_text(far), "second");
  });
}

TEST_P(a_tcp_connection, ends_each_direction_by_itself) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(near.write("question"));
    ASSERT_TRUE(near.close_write());
    EXPECT_EQ(read_all(far), "question");
    EXPECT_EQ(near.write("more").error(), std::errc::broken_pipe);
    ASSERT_TRUE(far.write("answer"));
    ASSERT_TRUE(far.close_write());
    EXPECT_EQ(read_all(near), "answer");
    EXPECT_EQ(read_text(near), "");  // the end stays the end
  });
}

TEST_P(a_tcp_connection, whose_reading_is_closed_wakes_the_reader_with_the_end) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(far.write("x"));
    EXPECT_EQ(read_text(near), "x");
    wait_group reader;
    reader.go([&near] { EXPECT_EQ(read_text(near), ""); });
    await_parked(1);
    ASSERT_TRUE(near.close_read());
    reader.wait();
    EXPECT_EQ(read_text(near), "");
    ASSERT_TRUE(near.write("still open"));
    EXPECT_EQ(read_text(far), "still open");
  });
}

TEST_P(a_tcp_connection, whose_writing_is_closed_wakes_the_writer_with_epipe) {
  run([] {
    auto [near, far] = connect_pair();
    std::optional<std::error_code> ended;
    wait_group writer;
    writer.go([&] { ended = write_until_error(near); });
    await_parked(1);  // the buffers are full
    ASSERT_TRUE(near.close_write());
    writer.wait();
    EXPECT_EQ(ended, std::errc::broken_pipe);
  });
}

TEST_P(a_tcp_connection, that_is_closed_wakes_all_who_read) {
  run([] {
    auto [near, far] = connect_pair();
    wait_group readers;
    for (int i = 0; i < 3; ++i) {
      readers.go([&near] {
        std::array<std::byte, 16> buffer;
        EXPECT_EQ(near.read(buffer).error(), errc::closed);
      });
    }
    await_parked(3);
    ASSERT_TRUE(near.close());
    readers.wait();
    EXPECT_EQ(read_text(far), "");
  });
}

TEST_P(a_tcp_connection, that_is_closed_wakes_all_who_write) {
  run([] {
    auto [near, far] = connect_pair();
    wait_group writers;
    for (int i = 0; i < 3; ++i) {
      writers.go([&near] { EXPECT_EQ(write_until_error(near), errc::closed); });
    }
    await_parked(3);
    ASSERT_TRUE(near.close());
    writers.wait();
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

TEST_P(a_tcp_connection, survives_close_racing_with_reads_and_writes) {
  run([] {
    for (int round = 0; round < 100; ++round) {
      auto [near, far] = connect_pair();
      wait_group all;
      all.go([&near] { EXPECT_EQ(write_until_error(near), errc::closed); });
      all.go([&near] {
        std::array<std::byte, 64> buffer;
        while (near.read(buffer))
          continue;
      });
      all.go([&far] {
        std::array<std::byte, 4096> buffer;
        for (;;) {
          const auto count = far.read(buffer);
          if (!count || *count == 0) break;
        }
      });
      for (int i = 0; i < round % 7; ++i)
        leat::yield();
      EXPECT_TRUE(near.close());
      all.wait();
    }
  });
}

TEST_P(a_tcp_connection, whose_peer_resets_it_is_an_error_value) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(far.set_linger(linger::reset));
    ASSERT_TRUE(far.close());
    std::array<std::byte, 16> buffer;
    EXPECT_EQ(near.read(buffer).error(), std::errc::connection_reset);
  });
}

TEST_P(a_tcp_connection, whose_peer_is_gone_fails_to_write_without_a_signal) {
  run([] {
    ASSERT_NE(signal(SIGPIPE, SIG_DFL), SIG_ERR);
    auto [near, far] = connect_pair();
    ASSERT_TRUE(far.close());
    const std::error_code first = write_until_error(near);
    EXPECT_TRUE(first == std::errc::broken_pipe || first == std::errc::connection_reset) << first.message();
    const std::array parts{bytes_of("x"), bytes_of("y")};
    EXPECT_EQ(near.writev(parts).error(), std::errc::broken_pipe);
    EXPECT_EQ(near.write("x").error(), std::errc::broken_pipe);
  });
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

}  // namespace
}  // namespace leat::net
