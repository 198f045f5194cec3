#include <leat/net/silent_listener_test.hpp>
#include <leat/wait_group.hpp>

namespace leat::net {
namespace {

using testing::silent_listener;
using testing::unused_port;

LEAT_TEST_ON_WORKERS(dialling);

TEST_P(dialling, nobody_is_refused) {
  run([] {
    const unused_port nobody;
    EXPECT_EQ(dial_tcp(nobody.where()).error(), std::errc::connection_refused);
    EXPECT_EQ(dial_tcp(nobody.where().to_string()).error(), std::errc::connection_refused);
  });
}

TEST_P(dialling, ends_at_its_timeout) {
  run([] {
    const silent_listener silent;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(dial_tcp(silent.where(), {.timeout = 30ms}).error(), errc::deadline_exceeded);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 30ms);
  });
}

TEST_P(dialling, without_any_time_ends_at_once) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    EXPECT_EQ(dial_tcp(listener.local_address(), {.timeout = 0s}).error(), errc::deadline_exceeded);
    EXPECT_EQ(dial_tcp(listener.local_address(), {.timeout = -1s}).error(), errc::deadline_exceeded);
    EXPECT_EQ(dial_tcp("localhost:1", {.timeout = 0s}).error(), errc::deadline_exceeded);
  });
}

TEST_P(dialling, within_its_timeout_leaves_no_deadline_behind) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    auto near = dial_tcp(listener.local_address(), {.timeout = 200ms});
    if (!near) GTEST_SKIP() << "the machine took more than 200 ms to connect to itself";
    auto far = listener.accept().value();
    wait_group writer;
    // Longer than the timeout: far too many bytes for the buffers, and a reader that waits for 300 ms to
    // pass.
    writer.go([&near] { EXPECT_TRUE(near->write(pattern(8 << 20))); });
    ASSERT_TRUE(far.set_read_deadline(300ms));
    ASSERT_TRUE(near->set_read_deadline(300ms));
    std::array<std::byte, 1> byte;
    EXPECT_EQ(near->read(byte).error(), errc::deadline_exceeded);  // 300 ms pass
    ASSERT_TRUE(far.set_read_deadline(never));
    EXPECT_EQ(read_exactly(far, 8 << 20).size(), std::size_t{8 << 20});
    writer.wait();
  });
}

TEST_P(dialling, takes_names_for_hosts) {
  run([] {
    auto listener = listen_tcp(":0").value();
    const std::uint16_t port = listener.local_address().port();
    EXPECT_TRUE(dial_tcp(join_host_port("localhost", port)));
    EXPECT_TRUE(dial_tcp(join_host_port("localhost", port), {.timeout = patience}));
    EXPECT_TRUE(dial_tcp(join_host_port("", port)));  // this machine
  });
}

TEST_P(dialling, an_empty_host_reaches_whoever_listens_on_either_loopback) {
  LEAT_SKIP_WITHOUT_V6();
  run([] {
    auto v6 = listen_tcp("[::1]:0").value();
    EXPECT_TRUE(dial_tcp(join_host_port("", v6.local_address().port())));
    auto v4 = listen_tcp("127.0.0.1:0").value();
    EXPECT_TRUE(dial_tcp(join_host_port("", v4.local_address().port())));
  });
}

TEST_P(dialling, begins_where_it_is_told_to) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    const endpoint local(ip_address::v4({127, 0, 0, 5}), 0);
    auto near = dial_tcp(listener.local_address(), {.local = local}).value();
    auto far = listener.accept().value();
    EXPECT_EQ(near.local_address().address(), local.address());
    EXPECT_EQ(far.remote_address(), near.local_address());
  });
}

TEST_P(dialling, skips_the_family_that_its_own_end_is_not_of) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    const endpoint v6(ip_address::loopback_v6(), 0);
    EXPECT_EQ(dial_tcp(listener.local_address(), {.local = v6}).error(), std::errc::address_not_available);
  });
}

TEST_P(dialling, an_ipv4_mapped_address_is_dialling_ipv4) {
  run([] {
    auto listener = listen_tcp(on_loopback).value();
    const endpoint mapped(listener.local_address().address().mapped(), listener.local_address().port());
    auto near = dial_tcp(mapped).value();
    EXPECT_EQ(near.remote_address(), listener.local_address());
  });
}

TEST_P(dialling, a_bad_address_is_an_error) {
  run([] {
    for (const std::string_view address :
         {"", "localhost", "localhost:", "::1:80", "[::1]", "127.0.0.1:65536"}) {
      EXPECT_EQ(dial_tcp(address).error(), errc::bad_address) << address;
    }
    EXPECT_EQ(dial_tcp("127.0.0.1:no-such-service").error(), errc::unknown_service);
    EXPECT_EQ(dial_tcp("127.0.0.1:no-such-service", {.timeout = patience}).error(), errc::unknown_service);
  });
}

TEST_P(dialling, by_many_at_once_reaches_everyone) {
  run([] {
    constexpr int dials = 200;
    auto listener = listen_tcp(on_loopback).value();
    joined others;
    others.go([&listener, &others] {
      while (auto conn = listener.accept()) {
        others.go([c = std::move(*conn)]() mutable { EXPECT_TRUE(c.write(read_exactly(c, 5))); });
      }
    });
    wait_group all;
    for (int i = 0; i < dials; ++i) {
      all.go([&listener] {
        auto conn = dial_tcp(listener.local_address(), {.timeout = patience});
        ASSERT_TRUE(conn) << conn.error().message();
        ASSERT_TRUE(conn->write("hello"));
        EXPECT_EQ(read_exactly(*conn, 5), "hello");
      });
    }
    all.wait();
    ASSERT_TRUE(listener.close());
  });
}

// As after listening on all addresses, and dialling what local_address() then says.
TEST_P(dialling, the_unspecified_address_reaches_this_machine) {
  run([] {
    auto listener = listen_tcp(":0").value();
    const std::uint16_t port = listener.local_address().port();
    EXPECT_TRUE(dial_tcp(listener.local_address(), {.timeout = patience}));
    auto near = dial_tcp(join_host_port("0.0.0.0", port), {.timeout = patience}).value();
    EXPECT_TRUE(near.local_address().address().is_loopback());
    if (machine_has_v6()) {
      EXPECT_TRUE(dial_tcp(join_host_port("::", port), {.timeout = patience}));
    }
  });
}

}  // namespace
}  // namespace leat::net
