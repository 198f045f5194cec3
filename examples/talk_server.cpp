// A server that outlives its clients: it talks with one after the other, and ## ends one conversation only.
//
// Teaches: what ends with a conversation (its connection, and the goroutine that listens to it) and what goes
// on (the listener, the keyboard): each is made where its life begins, so it goes where that ends. A client
// that vanishes, in whatever way, is the end of a loop and nothing else. Who calls meanwhile waits in the
// listener's queue.
//
// Try it: ./example_talk_server 127.0.0.1:9000, then in another terminal, again and again, with ## or ctrl-c
//         at the end: ./example_talk 127.0.0.1:9000
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using line = std::optional<std::string>;  // nothing: there will be no more

void hear(leat::net::tcp_conn& conn, leat::sender<std::string> heard) {
  leat::net::buffered_reader in(conn);
  while (const auto next = in.read_line(1000))
    heard.send(std::string(*next));
  heard.close();
}

void converse(leat::net::tcp_conn conn, leat::receiver<std::string>& typed) {
  const leat::chan<std::string> heard;
  leat::wait_group hearing;
  hearing.go([&] { hear(conn, heard); });
  bool over = false;
  while (!over)
    leat::select(heard.on_receive([&](line said) {
      over = !said || *said == "##";
      if (!over) std::cout << *said << std::endl;
    }),
                 typed.on_receive([&](line said) {
                   if (said)
                     over = !conn.write(*said + "\n") || *said == "##";
                   else
                     typed = nullptr;  // nobody types here any more: from now on it only listens
                 }));
  static_cast<void>(conn.close());
  while (heard.receive()) {}
  hearing.wait();
}

int main(int argc, char** argv) {
  return leat::run([address = argc > 1 ? argv[1] : "127.0.0.1:0"] {
    auto listener = leat::net::listen_tcp(address);
    if (!listener) {
      std::cerr << "cannot listen on " << address << ": " << listener.error().message() << '\n';
      return 1;
    }
    std::cout << "listening on " << listener->local_address() << std::endl;
    auto typed = leat::input_lines();
    while (auto conn = listener->accept()) {
      std::cout << "-- somebody calls" << std::endl;
      converse(std::move(*conn), typed);
      std::cout << "-- the conversation is over; who is next?" << std::endl;
    }
    return 0;
  });
}
