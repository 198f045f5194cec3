// A TCP client: sends its standard input, prints what comes back, and knows when it has all of it.
//
// Teaches: dialling; reading and writing one connection in two goroutines, so that neither direction waits
// for the other; half-close, by which the client says that it has nothing more to say and still hears the
// rest; and leat::blocking for calls that would block the thread, such as reading a terminal.
//
// Try it against ./example_echo_server 127.0.0.1:9000 (or nc -l 127.0.0.1 9000):
//   ./example_echo_client 127.0.0.1:9000            and type, then ctrl-d
//   seq 100000 | ./example_echo_client 127.0.0.1:9000 | tail -n 1
#include <unistd.h>

#include <array>
#include <chrono>
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;

void send_input(leat::net::tcp_conn& conn) {
  std::array<char, 4096> buffer;
  for (;;) {
    const auto count = leat::blocking([&] { return ::read(STDIN_FILENO, buffer.data(), buffer.size()); });
    if (count <= 0) break;
    if (!conn.write(std::string_view(buffer.data(), static_cast<std::size_t>(count)))) return;
  }
  static_cast<void>(conn.close_write());
}

int print_replies(leat::net::tcp_conn& conn) {
  std::array<char, 4096> buffer;
  for (;;) {
    const auto count = conn.read(std::as_writable_bytes(std::span(buffer)));
    if (!count) {
      std::cerr << "connection lost: " << count.error().message() << '\n';
      return 1;
    }
    if (*count == 0) return 0;
    std::cout << std::string_view(buffer.data(), *count) << std::flush;
  }
}

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
    // Main must not wait for the sender, which may sit in a read of the terminal for ever: they share the
    // connection, and the program ends with the server's last word.
    const auto shared = std::make_shared<leat::net::tcp_conn>(std::move(*conn));
    leat::go([=] { send_input(*shared); });
    return print_replies(*shared);
  });
}
