#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <leat/go.hpp>
#include <leat/net/tcp_listener.hpp>
#include <leat/net/udp.hpp>
#include <leat/semaphore.hpp>
#include <leat/signal.hpp>

#include <cli/echo.hpp>
#include <cli/failure.hpp>
#include <cli/input.hpp>
#include <cli/outcome.hpp>

namespace cli {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view prefix = "ECHO: ";
constexpr std::size_t line_limit_bytes = 64 * 1024;  // a longer one comes back in pieces of that size
constexpr std::size_t most_in_datagram = 65507;      // over IPv4
constexpr auto idle_limit = 10min;
constexpr int port_attempts = 20;

void echo_bytes(leat::net::tcp_conn& conn) {
  std::array<std::byte, 16 * 1024> buffer;
  for (;;) {
    static_cast<void>(conn.set_deadline(idle_limit));
    const auto count = conn.read(buffer);
    if (!count || *count == 0) return;
    if (!conn.write(std::span(buffer).first(*count))) return;
  }
}

void echo_lines(leat::net::tcp_conn& conn) {
  line_cutter cutter(line_limit_bytes);
  std::array<char, 16 * 1024> buffer;
  std::string replies;
  for (;;) {
    static_cast<void>(conn.set_deadline(idle_limit));
    const auto count = conn.read(std::as_writable_bytes(std::span(buffer)));
    if (!count || *count == 0) break;
    replies.clear();
    cutter.feed(std::string_view(buffer.data(), *count),
                [&](std::string_view line) { replies.append(prefix).append(line) += '\n'; });
    if (!replies.empty() && !conn.write(replies)) return;
  }
  if (const std::string rest = cutter.rest(); !rest.empty()) {
    static_cast<void>(conn.write(std::string(prefix) + rest));
  }
}

struct echo_server {
  echo_options options;
  leat::net::tcp_listener tcp;
  leat::net::udp_socket udp;
  leat::semaphore places;

  explicit echo_server(const echo_options& chosen) : options(chosen), places(chosen.max_connections) {}
};

// Goroutines share the server, which lasts as long as any of them: none is waited for at the end.
using shared_server = std::shared_ptr<echo_server>;

void serve_tcp(const shared_server& server) {
  for (;;) {
    server->places.acquire();
    auto conn = server->tcp.accept();
    if (!conn) return;
    leat::go([conn = std::move(*conn), server]() mutable {
      if (server->options.raw) {
        echo_bytes(conn);
      } else {
        echo_lines(conn);
      }
      static_cast<void>(conn.close());
      server->places.release();
    });
  }
}

void serve_udp(const shared_server& server) {
  leat::net::udp_socket& socket = server->udp;
  std::vector<std::byte> buffer(prefix.size() + leat::net::udp_datagram_limit);
  std::ranges::copy(std::as_bytes(std::span(prefix)), buffer.begin());
  const std::span<std::byte> content = std::span(buffer).subspan(prefix.size());
  for (;;) {
    const auto got = socket.read_from(content);
    if (!got) {
      if (got.error() == leat::errc::closed) return;
      continue;  // a failure of an earlier datagram, told late
    }
    std::span<const std::byte> reply =
        server->options.raw ? content.first(got->size) : std::span(buffer).first(prefix.size() + got->size);
    reply = reply.first(std::min(reply.size(), most_in_datagram));
    // One that cannot be sent is lost, as datagrams may be.
    static_cast<void>(socket.write_to(reply, got->from));
  }
}

// Both on one port. Where the system chooses it for TCP, that may be taken for UDP: then another is tried.
leat::result<leat::net::endpoint> open_sockets(echo_server& server) {
  const echo_options& options = server.options;
  const auto halves = leat::net::split_host_port(options.address);
  for (int attempt = 1;; ++attempt) {
    if (options.tcp) {
      auto listener = leat::net::listen_tcp(options.address);
      if (!listener) return std::unexpected(listener.error());
      server.tcp = std::move(*listener);
      if (!options.udp) return server.tcp.local_address();
    }
    auto socket = options.tcp ? leat::net::listen_udp(server.tcp.local_address())
                              : leat::net::listen_udp(options.address);
    if (socket) {
      server.udp = std::move(*socket);
      return server.udp.local_address();
    }
    const bool may_move = options.tcp && halves && halves->port == "0";
    const bool taken = socket.error() == std::errc::address_in_use;
    if (!may_move || !taken || attempt == port_attempts) return std::unexpected(socket.error());
  }
}

}  // namespace

int echo(const echo_options& options) {
  const auto server = std::make_shared<echo_server>(options);
  const auto where = open_sockets(*server);
  if (!where) {
    fmt::print(stderr, "leat echo: {}\n", listen_failure(options.address, where.error()));
    return exit_failed;
  }
  const auto stop = leat::notify_signals({SIGINT, SIGTERM});
  const std::string_view protocols = !options.udp ? "tcp" : !options.tcp ? "udp" : "tcp and udp";
  fmt::print("listening on {} ({})\n", where->to_string(), protocols);
  std::fflush(stdout);
  if (options.tcp) leat::go([server] { serve_tcp(server); });
  if (options.udp) leat::go([server] { serve_udp(server); });
  stop.receive();
  return exit_done;
}

}  // namespace cli
