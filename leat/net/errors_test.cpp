// What errors of the network have in common: whose words they are, and that they are the same for the same
// reason, whatever it was that failed.
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <vector>

#include <leat/net/silent_listener_test.hpp>
#include <leat/net/temporary_directory_test.hpp>

namespace leat::net {
namespace {

using testing::silent_listener;
using testing::unused_port;

LEAT_TEST_ON_WORKERS(an_error_of_the_network);

template <typename T>
std::error_code error_of(const result<T>& outcome) {
  return outcome ? std::error_code() : outcome.error();
}

struct failure {
  std::error_code error;
  std::error_condition expected;
};

void expect_all(const std::vector<failure>& failures) {
  for (std::size_t i = 0; i < failures.size(); ++i) {
    const auto& [error, expected] = failures[i];
    EXPECT_EQ(error, expected) << "the failure number " << i << ": " << error.message();
    EXPECT_FALSE(error.message().empty());
    const auto& whose = error.category();
    EXPECT_TRUE(whose == error_category() || whose == std::system_category() || whose == resolver_category())
        << whose.name();
  }
}

std::error_condition ours(errc code) {
  return make_error_code(code).default_error_condition();
}

TEST_P(an_error_of_the_network, is_the_systems_where_that_knows_why_and_ours_elsewhere) {
  run([] {
    const temporary_directory here;
    const unused_port nobody;
    auto listener = listen_tcp(on_loopback).value();
    auto datagrams = listen_udp(on_loopback).value();
    expect_all({
        {error_of(dial_tcp(nobody.where())), std::errc::connection_refused},
        {error_of(dial_tcp("127.0.0.1")), ours(errc::bad_address)},
        {error_of(dial_tcp("127.0.0.1:no-such-service")), ours(errc::unknown_service)},
        {error_of(dial_tcp("no such host:80")), ours(errc::unknown_host)},
        {error_of(dial_udp("127.0.0.1:-1")), ours(errc::unknown_service)},
        {error_of(dial_unix(here.at("nobody"))), std::errc::no_such_file_or_directory},
        {error_of(dial_unix_datagram("")), ours(errc::bad_address)},
        {error_of(listen_tcp(listener.local_address())), std::errc::address_in_use},
        {error_of(listen_tcp("192.0.2.1:0")), std::errc::address_not_available},
        {error_of(listen_tcp("[::1")), ours(errc::bad_address)},
        {error_of(listen_udp(datagrams.local_address())), std::errc::address_in_use},
        {error_of(listen_unix(here.at("no/such/directory"))), std::errc::no_such_file_or_directory},
        {error_of(listen_unix(std::string(200, 'x'))), std::errc::filename_too_long},
        {error_of(resolve_host("a\tb")), ours(errc::unknown_host)},
        {error_of(resolve_service("70000")), ours(errc::bad_address)},
        {error_of(datagrams.write("x")), std::errc::destination_address_required},
    });
  });
}

TEST_P(an_error_of_the_network, of_a_deadline_is_one_and_the_same_and_is_a_timeout) {
  run([] {
    const silent_listener silent;
    auto listener = listen_tcp(on_loopback).value();
    auto local_listener = listen_unix("").value();
    auto [near, far] = connect_pair();
    auto datagrams = listen_udp(on_loopback).value();
    auto local_datagrams = listen_unix_datagram("").value();
    auto [end, other_end] = pipe();
    for (stream* one : std::initializer_list<stream*>{&near, &end})
      ASSERT_TRUE(one->set_deadline(5ms));
    ASSERT_TRUE(listener.set_deadline(5ms));
    ASSERT_TRUE(local_listener.set_deadline(5ms));
    ASSERT_TRUE(datagrams.set_deadline(5ms));
    ASSERT_TRUE(local_datagrams.set_deadline(5ms));
    std::array<std::byte, 8> buffer;
    auto [late, cancel] = with_timeout(context::background(), 5ms);
    for (const std::error_code& error :
         {error_of(dial_tcp(silent.where(), {.timeout = 5ms})),
          error_of(dial_tcp(silent.where(), {.ctx = late})), error_of(listener.accept()),
          error_of(local_listener.accept()), error_of(near.read(buffer)), error_of(near.wait_readable()),
          write_until_error(near), error_of(end.read(buffer)), write_until_error(end),
          error_of(datagrams.read(buffer)), error_of(datagrams.read_from(buffer)),
          error_of(local_datagrams.read(buffer)),
          error_of(resolve_endpoints("localhost:80", "tcp", deadline_after(-1s)))}) {
      EXPECT_EQ(error, errc::deadline_exceeded) << error.message();
      EXPECT_EQ(error, std::errc::timed_out);
    }
    EXPECT_NE(std::make_error_code(std::errc::timed_out), errc::deadline_exceeded)
        << "a peer that the system gave up is told from a deadline of ours";
  });
}

TEST_P(an_error_of_the_network, of_what_is_closed_is_one_and_the_same) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    auto local_listener = listen_unix("").value();
    auto [near, far] = connect_pair();
    auto datagrams = listen_udp(on_loopback).value();
    auto local_datagrams = listen_unix_datagram("").value();
    auto [end, other_end] = pipe();
    std::array<std::byte, 8> buffer;
    udp_batch batch(1);
    const std::vector<std::function<std::error_code()>> all{
        [&] { return error_of(listener.close()); },
        [&] { return error_of(local_listener.close()); },
        [&] { return error_of(near.close()); },
        [&] { return error_of(datagrams.close()); },
        [&] { return error_of(local_datagrams.close()); },
        [&] { return error_of(end.close()); },
    };
    for (const auto& close : all)
      EXPECT_EQ(close(), std::error_code());
    for (const auto& close : all)
      EXPECT_EQ(close(), errc::closed);
    for (const std::error_code& error :
         {error_of(listener.accept()), error_of(listener.queue()), error_of(local_listener.accept()),
          error_of(near.read(buffer)), error_of(near.write("x")), error_of(near.close_write()),
          error_of(near.info()), error_of(near.options().no_delay()), error_of(near.set_deadline(1s)),
          error_of(datagrams.read_from(buffer)), error_of(datagrams.read_batch(batch)),
          error_of(datagrams.write("x")), error_of(local_datagrams.read(buffer)), error_of(end.read(buffer)),
          error_of(end.write("x")), copy(far, near).error}) {
      EXPECT_EQ(error, errc::closed) << error.message();
    }
  });
}

TEST_P(an_error_of_the_network, of_a_peer_that_reset_the_connection_lasts) {
  run([] {
    auto [near, far] = connect_pair();
    ASSERT_TRUE(far.set_linger(linger::reset));
    ASSERT_TRUE(far.close());
    std::array<std::byte, 8> buffer;
    EXPECT_EQ(error_of(near.read(buffer)), std::errc::connection_reset);
    EXPECT_EQ(near.read(buffer).value(), 0u) << "told once; there is nothing more to come";
    EXPECT_EQ(error_of(near.write("x")), std::errc::broken_pipe);
  });
}

LEAT_TEST_ON_WORKERS(descriptors_of_the_network);

// So that no program that this one starts inherits a connection, and none keeps a port in use.
TEST_P(descriptors_of_the_network, are_all_closed_by_exec) {
  const auto all_open = [] {  // sockets and what waits for them: sanitizers open files and pipes at any time
    std::vector<int> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code closed_meanwhile;
      const std::string target = std::filesystem::read_symlink(entry.path(), closed_meanwhile).string();
      if (target.starts_with("socket:") || target.starts_with("anon_inode:"))
        found.push_back(std::stoi(entry.path().filename().string()));
    }
    return found;
  };
  const std::vector<int> before = all_open();
  run([&] {
    const temporary_directory here;
    auto [near, far] = connect_pair();
    auto listener = listen_tcp(":0").value();
    auto [ctx, cancel] = with_timeout(context::background(), patience);
    auto raced = dial_tcp(listener.local_address(), {.ctx = ctx}).value();
    auto accepted = listener.accept().value();
    auto local = listen_unix(here.at("socket")).value();
    auto local_near = dial_unix(local.local_address()).value();
    auto local_far = local.accept().value();
    auto datagrams = listen_udp(on_loopback).value();
    auto connected = dial_udp(datagrams.local_address()).value();
    auto local_datagrams = listen_unix_datagram("").value();
    std::size_t made = 0;
    for (const int fd : all_open()) {
      if (std::ranges::count(before, fd) > 0) continue;
      ++made;
      EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC) << fd;
    }
    EXPECT_GE(made, 11u);
  });
}

}  // namespace
}  // namespace leat::net
