// A TCP server that sends back whatever it gets, to any number of clients at once.
//
// Teaches: listen, accept, and a goroutine for each connection, which copies until its client has said all;
// that a stream has no messages, only bytes, and an end; and that a peer who vanishes is an error value for
// one goroutine, and nothing for the others. While a client is silent its goroutine holds no buffer.
//
// Try it: ./example_echo_server 127.0.0.1:9000, then in other terminals: nc 127.0.0.1 9000
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

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
      leat::go([conn = std::move(*conn)]() mutable {
        const auto echoed = leat::net::copy(conn, conn);  // and then the destructor closes the connection
        if (!echoed) std::cerr << "after " << echoed.bytes << " bytes: " << echoed.error.message() << '\n';
      });
    return 0;
  });
}
