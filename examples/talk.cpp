// A conversation in which both sides may type at once; a line of ## from either of them ends it.
//
// Teaches: two things can happen next, a line from the keyboard or one from the other side, and nobody knows
// which. So each comes over a channel, and one select waits for both: nothing is shared, nothing is locked,
// and the loop sees at once when the other side has gone.
//
// Try it: ./example_talk listen 127.0.0.1:9000, then in another terminal: ./example_talk 127.0.0.1:9000
#include <chrono>
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;
using line = std::optional<std::string>;  // nothing: there will be no more

leat::result<leat::net::tcp_conn> meet(bool listens, std::string_view address) {
  if (!listens) return leat::net::dial_tcp(address, {.timeout = 10s});
  auto listener = leat::net::listen_tcp(address);
  if (!listener) return std::unexpected(listener.error());
  std::cout << "listening on " << listener->local_address() << std::endl;
  return listener->accept();
}

void hear(leat::net::tcp_conn& conn, leat::sender<std::string> heard) {
  leat::net::buffered_reader in(conn);
  while (const auto next = in.read_line(1000))
    heard.send(std::string(*next));
  heard.close();
}

void converse(leat::net::tcp_conn conn) {
  const auto typed = leat::input_lines();
  const leat::chan<std::string> heard;
  leat::wait_group hearing;
  hearing.go([&] { hear(conn, heard); });
  bool over = false;
  while (!over)
    leat::select(
        typed.on_receive([&](line said) { over = !said || !conn.write(*said + "\n") || *said == "##"; }),
        heard.on_receive([&](line said) {
          over = !said || *said == "##";
          if (!over) std::cout << *said << std::endl;
        }));
  static_cast<void>(conn.close());  // so the other goroutine has heard all that it ever will,
  while (heard.receive()) {}        // and need not wait until somebody takes it,
  hearing.wait();                   // and is done with the connection before that goes away
}

int main(int argc, char** argv) {
  const bool listens = argc == 3 && std::string_view(argv[1]) == "listen";
  if (argc != 2 && !listens) {
    std::cerr << "usage: " << argv[0] << " [listen] HOST:PORT\n";
    return 2;
  }
  return leat::run([listens, address = argv[argc - 1]] {
    auto conn = meet(listens, address);
    if (!conn) {
      std::cerr << "cannot meet at " << address << ": " << conn.error().message() << '\n';
      return 1;
    }
    converse(std::move(*conn));
    std::cout << "the conversation is over\n";
    return 0;
  });
}
