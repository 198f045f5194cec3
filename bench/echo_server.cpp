// A TCP echo server in straight blocking code: a goroutine a connection, which reads and writes.
// Prints "listening on HOST:PORT" once it is ready.
//
//   echo_server            with a buffer of 16 KiB on each goroutine's stack
//   echo_server small      of 4 KiB
//   echo_server waiting    without one while it waits for something to read
#include <array>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <leat/leat.hpp>
#include <leat/net/tcp.hpp>

namespace {

using leat::net::tcp_conn;

template <std::size_t BufferBytes>
void echo(tcp_conn conn) {
  std::array<std::byte, BufferBytes> buffer;
  while (auto count = conn.read(buffer)) {
    if (*count == 0 || !conn.write(std::span(buffer).first(*count))) break;
  }
}

// The buffer is the one that another goroutine has just given back, and still in the cache. False at the end
// of the stream.
bool echo_once(tcp_conn& conn) {
  constexpr std::size_t buffer_bytes = 16384;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(buffer_bytes);
  const auto count = conn.read(std::span(buffer.get(), buffer_bytes));
  return count && *count > 0 && conn.write(std::span(buffer.get(), *count));
}

void echo_waiting(tcp_conn conn) {
  while (conn.wait_readable() && echo_once(conn))
    continue;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view way = argc > 1 ? argv[1] : "";
  const auto serve = way == "small" ? echo<4096> : way == "waiting" ? echo_waiting : echo<16384>;
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
