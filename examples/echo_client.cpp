// A TCP client: sends its standard input, prints what comes back, and knows when it has all of it.
//
// Teaches: dialling; both directions of one connection in two goroutines, so that neither waits for the
// other; and half-close, by which the client says that it has nothing more to say and still hears the rest.
// The terminal is a stream like the connection. Whoever waits for a stream is woken by closing it.
//
// Try it against ./example_echo_server 127.0.0.1:9000 (or nc -l 127.0.0.1 9000):
//   ./example_echo_client 127.0.0.1:9000            and type, then ctrl-d
//   seq 100000 | ./example_echo_client 127.0.0.1:9000 | tail -n 1
#include <chrono>
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: " << argv[0] << " HOST:PORT\n";
    return 2;
  }
  return leat::run([address = argv[1]] {
    auto conn = leat::net::dial_tcp(address, {.timeout = 10s});
    if (!conn) {
      std::cerr << "cannot connect to " << address << ": " << conn.error().message() << '\n';
      return 1;
    }
    leat::net::inherited_stream terminal;
    leat::wait_group sending;
    sending.go([&] {
      if (leat::net::copy(*conn, terminal)) static_cast<void>(conn->close_write());
    });
    const auto shown = leat::net::copy(terminal, *conn);
    if (!shown) std::cerr << "connection lost: " << shown.error.message() << '\n';
    static_cast<void>(terminal.close());  // the sender may still wait for the keyboard,
    static_cast<void>(conn->close());     // or for a server that does not read any more
    sending.wait();
    return shown ? 0 : 1;
  });
}
