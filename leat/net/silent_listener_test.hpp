// Who does not answer, for tests of dialling.
#pragma once

#include <vector>

#include <leat/net/net_test.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net::testing {

/// A port where nobody listens, and nobody else will while this exists: it is bound, and no more.
class unused_port {
 public:
  unused_port() : socket_(raw_socket::open(AF_INET, SOCK_STREAM).value()) {
    EXPECT_TRUE(bind_socket(socket_.fd(), endpoint(ip_address::loopback_v4(), 0)));
  }
  endpoint where() const { return local_endpoint(socket_.fd()).value(); }

 private:
  raw_socket socket_;
};

/// A listener whose queue is full: whoever dials it now hears nothing.
class silent_listener {
 public:
  silent_listener() : listener_(listen_tcp(on_loopback, {.backlog = 0}).value()) {
    for (int i = 0; i < 100; ++i) {
      auto conn = dial_tcp(listener_.local_address(), {.timeout = 20ms});
      if (!conn) {
        EXPECT_EQ(conn.error(), errc::deadline_exceeded);
        return;
      }
      queued_.push_back(std::move(*conn));
    }
    ADD_FAILURE() << "the queue of a listener never filled";
  }
  const endpoint& where() const { return listener_.local_address(); }

 private:
  tcp_listener listener_;
  std::vector<tcp_conn> queued_;
};

}  // namespace leat::net::testing
