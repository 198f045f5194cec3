// A TCP echo server in straight blocking code: a goroutine a connection, which reads and writes.
// Prints "listening on HOST:PORT" once it is ready.
#include <array>
#include <cstddef>
#include <cstdio>
#include <span>
#include <utility>

#include <leat/leat.hpp>
#include <leat/net/tcp.hpp>

namespace {

void echo(leat::net::tcp_conn conn) {
  std::array<std::byte, 16384> buffer;
  while (auto count = conn.read(buffer)) {
    if (*count == 0 || !conn.write(std::span(buffer).first(*count))) break;
  }
}

}  // namespace

int main() {
  return leat::run([] {
    auto listener = leat::net::listen_tcp("127.0.0.1:0");
    if (!listener) {
      std::fprintf(stderr, "cannot listen on 127.0.0.1: %s\n", listener.error().message().c_str());
      return 1;
    }
    std::printf("listening on %s\n", listener->local_address().to_string().c_str());
    std::fflush(stdout);
    while (auto conn = listener->accept())
      leat::go([c = std::move(*conn)]() mutable { echo(std::move(c)); });
    return 1;
  });
}
