// A TCP echo server in straight blocking code: a goroutine a connection.
// Prints "listening on HOST:PORT" once it is ready.
//
//   echo_server          copies from the connection to itself, as examples/echo_server.cpp does
//   echo_server read     reads and writes, with a buffer of 16 KiB on each goroutine's stack
//   echo_server small    with one of 4 KiB
#include <array>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string_view>
#include <utility>

#include <leat/leat.hpp>
#include <leat/net/copy.hpp>
#include <leat/net/tcp.hpp>

namespace {

using leat::net::tcp_conn;

void echo(tcp_conn conn) {
  static_cast<void>(leat::net::copy(conn, conn));
}

template <std::size_t BufferBytes>
void read_and_write(tcp_conn conn) {
  std::array<std::byte, BufferBytes> buffer;
  while (auto count = conn.read(buffer)) {
    if (*count == 0 || !conn.write(std::span(buffer).first(*count))) break;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view way = argc > 1 ? argv[1] : "";
  const auto serve = way == "read" ? read_and_write<16384> : way == "small" ? read_and_write<4096> : echo;
  return leat::run([=] {
    auto listener = leat::net::listen_tcp("127.0.0.1:0");
    if (!listener) {
      std::fprintf(stderr, "cannot listen on 127.0.0.1: %s\n", listener.error().message().c_str());
      return 1;
    }
    std::printf("listening on %s\n", listener->local_address().to_string().c_str());
    std::fflush(stdout);
    while (auto conn = listener->accept())
      leat::go([=, c = std::move(*conn)]() mutable { serve(std::move(c)); });
    return 1;
  });
}
