// A conversation by turns: one side types while the other listens, and a line of ## ends it.
//
// Teaches: the simplest protocol between two people: the caller begins, then it is the other's turn. Both
// sides run the same loop, begun at opposite ends. Its price: whoever's turn it is not cannot say a word, and
// whoever is typing does not hear that the other has gone. example_talk does better. The keyboard comes as a
// channel, so to wait for it takes no thread either.
//
// Try it: ./example_talk_by_turns listen 127.0.0.1:9000, then in another terminal, as the one who begins:
//         ./example_talk_by_turns 127.0.0.1:9000
#include <chrono>
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;

leat::result<leat::net::tcp_conn> meet(bool listens, std::string_view address) {
  if (!listens) return leat::net::dial_tcp(address, {.timeout = 10s});
  auto listener = leat::net::listen_tcp(address);
  if (!listener) return std::unexpected(listener.error());
  std::cout << "listening on " << listener->local_address() << std::endl;
  return listener->accept();
}

void converse(leat::net::tcp_conn& conn, bool my_turn) {
  const auto typed = leat::input_lines();
  leat::net::buffered_reader in(conn);
  for (;; my_turn = !my_turn) {
    if (my_turn) {
      std::cout << "you: " << std::flush;
      const auto line = typed.receive();
      if (!line || !conn.write(*line + "\n") || *line == "##") return;
    } else {
      const auto line = in.read_line(1000);
      if (!line || *line == "##") return;
      std::cout << "they: " << *line << std::endl;
    }
  }
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
    converse(*conn, !listens);
    std::cout << "the conversation is over\n";
    return 0;
  });
}
