#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include <leat/net/net_test.hpp>
#include <leat/net/temporary_directory_test.hpp>
#include <leat/net/unix_sockaddr.hpp>

// What all streams have in common is in contract_test.cpp.

namespace leat::net {
namespace {

namespace fs = std::filesystem;

LEAT_TEST_ON_WORKERS(a_unix_listener);
LEAT_TEST_ON_WORKERS(a_unix_connection);

TEST_P(a_unix_listener, takes_connections_at_a_path_and_removes_the_file_when_closed) {
  run([] {
    const temporary_directory here;
    const std::string path = here.at("socket");
    auto listener = listen_unix(path).value();
    EXPECT_TRUE(fs::is_socket(path));
    auto near = dial_unix(path).value();
    auto far = listener.accept().value();
    ASSERT_TRUE(near.write("over a file"));
    EXPECT_EQ(read_text(far), "over a file");
    ASSERT_TRUE(listener.close());
    EXPECT_FALSE(fs::exists(path));
    EXPECT_EQ(dial_unix(path).error(), std::errc::no_such_file_or_directory);
    EXPECT_EQ(listener.local_address().name(), path);  // still known, for the last line of a log
    ASSERT_TRUE(near.write("still open"));             // connections outlive their listener
    EXPECT_EQ(read_text(far), "still open");
  });
}

TEST_P(a_unix_listener, that_goes_away_or_is_replaced_removes_its_file) {
  run([] {
    const temporary_directory here;
    auto listener = listen_unix(here.at("first")).value();
    listener = listen_unix(here.at("second")).value();
    EXPECT_FALSE(fs::exists(here.at("first")));
    EXPECT_TRUE(fs::exists(here.at("second")));
    listener = unix_listener();
    EXPECT_FALSE(fs::exists(here.at("second")));
  });
}

TEST_P(a_unix_listener, leaves_the_file_if_told_to) {
  run([] {
    const temporary_directory here;
    const std::string path = here.at("socket");
    auto listener = listen_unix(path, {.unlink_on_close = false}).value();
    ASSERT_TRUE(listener.close());
    EXPECT_TRUE(fs::is_socket(path));
    EXPECT_EQ(dial_unix(path).error(), std::errc::connection_refused);
    EXPECT_EQ(listen_unix(path).error(), std::errc::address_in_use);
  });
}

TEST_P(a_unix_listener, leaves_a_file_that_took_the_place_of_its_own) {
  run([] {
    const temporary_directory here;
    const std::string path = here.at("socket");
    auto old_one = listen_unix(path).value();
    fs::remove(path);
    auto new_one = listen_unix(path).value();
    ASSERT_TRUE(old_one.close());
    EXPECT_TRUE(dial_unix(path));
    fs::remove(path);
    std::ofstream(path) << "not a socket";
    ASSERT_TRUE(new_one.close());
    EXPECT_TRUE(fs::is_regular_file(path));
  });
}

TEST_P(a_unix_listener, lets_those_connect_whom_its_mode_names) {
  run([] {
    const temporary_directory here;
    const std::string path = here.at("socket");
    const mode_t before = ::umask(0);
    auto listener = listen_unix(path, {.mode = 0620});
    ::umask(before);
    ASSERT_TRUE(listener);
    struct stat found;
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0620u);
  });
}

TEST_P(a_unix_listener, can_have_an_abstract_name_of_any_length) {
  run([] {
    const std::string unique = "leat-test-" + std::to_string(::getpid());
    for (const std::string& name :
         {unique, unique + std::string(unix_address::longest_name_bytes - unique.size(), 'x')}) {
      auto listener = listen_unix("@" + name).value();
      EXPECT_EQ(listener.local_address().to_string(), "@" + name);
      auto near = dial_unix("@" + name).value();
      auto far = listener.accept().value();
      EXPECT_EQ(far.local_address(), listener.local_address());
      EXPECT_EQ(near.remote_address(), listener.local_address());
      EXPECT_EQ(listen_unix("@" + name).error(), std::errc::address_in_use);
      ASSERT_TRUE(listener.close());
      EXPECT_EQ(dial_unix("@" + name).error(), std::errc::connection_refused);
    }
  });
}

TEST_P(a_unix_listener, without_a_name_is_given_an_abstract_one) {
  run([] {
    auto listener = listen_unix("").value();
    auto other = listen_unix("@").value();
    EXPECT_TRUE(listener.local_address().is_abstract());
    EXPECT_NE(listener.local_address(), other.local_address());
    EXPECT_TRUE(dial_unix(listener.local_address()));
  });
}

TEST_P(a_unix_listener, says_what_is_wrong_with_its_address) {
  run([] {
    const temporary_directory here;
    EXPECT_EQ(listen_unix(std::string(108, 'x')).error(), std::errc::filename_too_long);
    EXPECT_EQ(dial_unix("@" + std::string(108, 'x')).error(), std::errc::filename_too_long);
    EXPECT_EQ(listen_unix(here.at("none/socket")).error(), std::errc::no_such_file_or_directory);
    EXPECT_EQ(dial_unix("").error(), errc::bad_address);
    std::ofstream(here.at("file")) << "not a socket";
    EXPECT_EQ(listen_unix(here.at("file")).error(), std::errc::address_in_use);
    EXPECT_EQ(dial_unix(here.at("file")).error(), std::errc::connection_refused);
    EXPECT_TRUE(fs::is_regular_file(here.at("file")));
  });
}

TEST_P(a_unix_listener, gives_each_connection_to_one_of_many_who_accept) {
  run([] {
    constexpr int dials = 100;
    auto listener = listen_unix("").value();
    std::atomic<int> accepted{0};
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
    for (int i = 0; i < dials; ++i) {
      dialers.go([&listener] {
        auto conn = dial_unix(listener.local_address(), {.timeout = patience});
        ASSERT_TRUE(conn) << conn.error().message();
        EXPECT_EQ(read_all(*conn), "welcome");
      });
    }
    dialers.wait();
    EXPECT_EQ(accepted, dials);
    ASSERT_TRUE(listener.close());
    acceptors.wait();
    EXPECT_EQ(listener.close().error(), errc::closed);
    EXPECT_EQ(listener.accept().error(), errc::closed);
  });
}

TEST_P(a_unix_listener, gives_up_at_its_deadline) {
  run([] {
    auto listener = listen_unix("").value();
    ASSERT_TRUE(listener.set_deadline(10ms));
    EXPECT_EQ(listener.accept().error(), errc::deadline_exceeded);
    ASSERT_TRUE(listener.set_deadline(never));
    auto near = dial_unix(listener.local_address()).value();
    EXPECT_TRUE(listener.accept());
  });
}

TEST_P(a_unix_listener, whose_queue_is_full_lets_a_dial_wait_until_there_is_room_or_time_is_up) {
  run([] {
    auto listener = listen_unix("", {.backlog = 0}).value();
    std::vector<unix_conn> waiting;
    std::error_code full;
    while (!full && waiting.size() < 10) {
      auto conn = dial_unix(listener.local_address(), {.timeout = 2ms});
      if (conn) {
        waiting.push_back(std::move(*conn));
      } else {
        full = conn.error();
      }
    }
    EXPECT_EQ(full, errc::deadline_exceeded);
    wait_group dialer;
    dialer.go([&] { EXPECT_TRUE(dial_unix(listener.local_address())); });
    await_parked(1);
    EXPECT_TRUE(listener.accept());
    dialer.wait();
  });
}

TEST(a_unix_listener_that_never_was, behaves_as_a_closed_one) {
  unix_listener none;
  EXPECT_EQ(none.accept().error(), errc::closed);
  EXPECT_EQ(none.close().error(), errc::closed);
  EXPECT_EQ(none.set_deadline(1s).error(), errc::closed);
  EXPECT_EQ(none.pauses(), 0u);
  EXPECT_TRUE(none.local_address().is_unnamed());
}

TEST_P(a_unix_connection, knows_who_is_at_the_other_end) {
  run([] {
    auto listener = listen_unix("").value();
    auto near = dial_unix(listener.local_address()).value();
    auto far = listener.accept().value();
    const process_credentials own{.pid = ::getpid(), .uid = ::geteuid(), .gid = ::getegid()};
    EXPECT_EQ(near.peer_credentials(), own);
    EXPECT_EQ(far.peer_credentials(), own);
    ASSERT_TRUE(near.close());
    EXPECT_EQ(far.peer_credentials(), own);  // also of one that is gone
    EXPECT_EQ(near.peer_credentials().error(), errc::closed);
  });
}

TEST_P(a_unix_connection, knows_both_its_addresses) {
  run([] {
    auto listener = listen_unix("").value();
    auto near = dial_unix(listener.local_address()).value();
    auto far = listener.accept().value();
    EXPECT_EQ(near.remote_address(), listener.local_address());
    EXPECT_EQ(far.local_address(), listener.local_address());
    EXPECT_TRUE(near.local_address().is_unnamed());
    EXPECT_TRUE(far.remote_address().is_unnamed());
    ASSERT_TRUE(near.close());
    EXPECT_EQ(near.remote_address(), listener.local_address());
  });
}

TEST_P(a_unix_connection, sends_a_piece_of_a_file) {
  run([] {
    auto listener = listen_unix("").value();
    auto near = dial_unix(listener.local_address()).value();
    auto far = listener.accept().value();
    const std::string content = pattern(1 << 20);
    const memory_file file(content);
    joined others;
    others.go([&] { EXPECT_EQ(near.send_file(file.fd(), 5, 1'000'000).value(), 1'000'000u); });
    EXPECT_TRUE(read_exactly(far, 1'000'000) == content.substr(5, 1'000'000));
  });
}

// Descriptors that a peer sends along are not wanted, and must not pile up.
TEST_P(a_unix_connection, takes_no_descriptors_that_nobody_asked_for) {
  run([] {
    auto listener = listen_unix("").value();
    const int raw = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socket_address where = unix_sockaddr::from(listener.local_address());
    ASSERT_EQ(::connect(raw, where.data(), where.size), 0);
    auto far = listener.accept().value();
    std::array<int, 2> sent;
    ASSERT_EQ(::pipe2(sent.data(), O_CLOEXEC), 0);
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    char byte = 'x';
    iovec part{.iov_base = &byte, .iov_len = 1};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &sent[1], sizeof(int));
    ASSERT_EQ(::sendmsg(raw, &message, 0), 1);
    ::close(sent[1]);
    EXPECT_EQ(read_text(far), "x");
    char end = 0;
    EXPECT_EQ(::read(sent[0], &end, 1), 0) << "somebody still holds the other end of the pipe";
    ::close(sent[0]);
    ::close(raw);
  });
}

TEST(a_unix_connection_that_never_was, behaves_as_a_closed_one) {
  unix_conn none;
  std::array<std::byte, 16> buffer;
  EXPECT_EQ(none.read(buffer).error(), errc::closed);
  EXPECT_EQ(none.write("x").error(), errc::closed);
  EXPECT_EQ(none.close().error(), errc::closed);
  EXPECT_EQ(none.peer_credentials().error(), errc::closed);
  EXPECT_TRUE(none.local_address().is_unnamed());
}

TEST_P(a_unix_connection, that_was_moved_goes_on_in_its_new_place) {
  run([] {
    auto listener = listen_unix("").value();
    auto near = dial_unix(listener.local_address()).value();
    auto far = listener.accept().value();
    unix_conn moved = std::move(near);
    EXPECT_EQ(near.write("x").error(), errc::closed);  // NOLINT(bugprone-use-after-move): promised
    ASSERT_TRUE(moved.write("moved"));
    EXPECT_EQ(read_text(far), "moved");
    moved = unix_conn();  // closes
    EXPECT_EQ(read_text(far), "");
  });
}

TEST_P(a_unix_listener, is_deaf_as_soon_as_it_is_closed_though_others_are_in_accept) {
  run([] {
    const temporary_directory here;
    const std::string path = here.at("socket");
    for (const bool unlink : {true, false}) {
      auto listener = listen_unix(path, {.unlink_on_close = unlink}).value();
      wait_group acceptors;
      for (int i = 0; i < 3; ++i) {
        acceptors.go([&] { EXPECT_EQ(listener.accept().error(), errc::closed); });
      }
      await_parked(3);
      ASSERT_TRUE(listener.close());
      EXPECT_EQ(dial_unix(path).error(),
                unlink ? std::errc::no_such_file_or_directory : std::errc::connection_refused);
      if (unlink) {
        EXPECT_TRUE(listen_unix(path));
      }
      acceptors.wait();
    }
  });
}

}  // namespace
}  // namespace leat::net
