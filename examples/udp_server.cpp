// A UDP server that reads, works and writes apart, so that a slow answer holds up nobody else's.
//
// Teaches: one socket serves everybody, so concurrency is not a matter of connections here: one goroutine
// only reads, four work, and one only writes, with channels between them. What comes in faster than they work
// waits in the channel; when that is full, datagrams are dropped, here, where they can be counted, and not
// somewhere in the system. Answers may overtake each other: each goes to the address that asked.
//
// Try it: ./example_udp_server 127.0.0.1:9000, then nc -u 127.0.0.1 9000, and type numbers: each is answered
//         after so many milliseconds
#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

struct letter {
  std::string text;
  leat::net::endpoint peer;  // who has sent it, or is to get it
};

void read_all(leat::net::udp_socket& socket, leat::sender<letter> questions) {
  std::array<std::byte, leat::net::udp_datagram_limit> buffer;
  for (std::uint64_t dropped = 0;;) {
    const auto got = socket.read_from(buffer);
    if (!got) return;
    const std::string text(leat::net::as_text(std::span(buffer).first(got->size)));
    if (!questions.try_send({text, got->from})) std::cerr << "too busy: " << ++dropped << " dropped\n";
  }
}

void work(leat::receiver<letter> questions, leat::sender<letter> answers) {
  for (const letter& question : questions) {
    const int asked_ms = std::atoi(question.text.c_str());
    const std::chrono::milliseconds pause(std::min(std::max(asked_ms, 0), 10'000));
    leat::sleep_for(pause);  // in place of what takes time: a database, another server
    answers.send({"waited " + std::to_string(pause.count()) + " ms\n", question.peer});
  }
}

void write_all(leat::net::udp_socket& socket, leat::receiver<letter> answers) {
  for (const letter& answer : answers)  // one that cannot be sent is lost, as any datagram may be
    static_cast<void>(socket.write_to(answer.text, answer.peer));
}

int main(int argc, char** argv) {
  return leat::run([address = argc > 1 ? argv[1] : "127.0.0.1:0"] {
    auto socket = leat::net::listen_udp(address);
    if (!socket) {
      std::cerr << "cannot listen on " << address << ": " << socket.error().message() << '\n';
      return 1;
    }
    std::cout << "listening on " << socket->local_address() << std::endl;
    const leat::chan<letter> questions{64};
    const leat::chan<letter> answers{64};
    for (int worker = 0; worker < 4; ++worker)
      leat::go([=] { work(questions, answers); });
    leat::wait_group writing;
    writing.go([=, &socket] { write_all(*socket, answers); });
    read_all(*socket, questions);
    writing.wait();
    return 0;
  });
}
