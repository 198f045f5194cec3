// An echo that answers: each line comes back as "ECHO: ..." to whoever sent it.
//
// Teaches: a stream carries bytes, and a conversation consists of lines, so somebody must cut the one into
// the other. A buffered reader does: it reads what has come, hands over line by line, and keeps the rest for
// the next call, or waits for the rest of a line that has not come whole. It needs to be told how long a
// line may be, or a client who never ends one would fill the memory.
//
// Try it: ./example_echo_lines 127.0.0.1:9000, then in another terminal: nc 127.0.0.1 9000
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

void answer(leat::net::tcp_conn conn) {
  leat::net::buffered_reader in(conn);
  while (const auto line = in.read_line(1000)) {
    if (!conn.write("ECHO: " + std::string(*line) + "\n")) return;
  }
}

int main(int argc, char** argv) {
  return leat::run([address = argc > 1 ? argv[1] : "127.0.0.1:0"] {
    auto listener = leat::net::listen_tcp(address);
    if (!listener) {
      std::cerr << "cannot listen on " << address << ": " << listener.error().message() << '\n';
      return 1;
    }
    std::cout << "listening on " << listener->local_address() << std::endl;
    while (auto conn = listener->accept())
      leat::go([conn = std::move(*conn)]() mutable { answer(std::move(conn)); });
    return 0;
  });
}
