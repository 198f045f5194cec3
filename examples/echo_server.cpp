// A TCP server that sends back whatever it gets, to any number of clients at once.
//
// Teaches: listen, accept, and a goroutine for each connection, which reads and writes in straight blocking
// code; that a stream has no messages, only bytes, and a read of zero bytes is its end; and that a peer who
// vanishes is an error value for one goroutine, and nothing for the others.
//
// Try it: ./example_echo_server 127.0.0.1:9000, then in other terminals: nc 127.0.0.1 9000
#include <array>
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

void echo(leat::net::tcp_conn conn) {
  std::array<std::byte, 4096> buffer;
  for (;;) {
    const auto count = conn.read(buffer);
    if (!count || *count == 0) return;  // an error, or the end: the destructor closes the connection
    if (!conn.write(std::span(buffer).first(*count))) return;
  }
}

int main(int argc, char** argv) {
  const std::string_view address = argc > 1 ? argv[1] : "127.0.0.1:0";
  return leat::run([=] {
    auto listener = leat::net::listen_tcp(address);
    if (!listener) {
      std::cerr << "cannot listen on " << address << ": " << listener.error().message() << '\n';
      return 1;
    }
    std::cout << "listening on " << listener->local_address() << std::endl;
    while (auto conn = listener->accept())
      leat::go([conn = std::move(*conn)]() mutable { echo(std::move(conn)); });
    return 0;
  });
}
