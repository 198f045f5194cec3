// UDP, both sides: a server that echoes datagrams, and a client that asks, waits a little, and asks again.
//
// Teaches: datagrams keep their borders, so there is nothing to frame, but any of them may get lost: whoever
// wants an answer needs a deadline and another try. A server needs no connections, one socket answers all,
// and as many datagrams at a time as have come; a batch remembers who sent each, and to which of the
// machine's addresses, so that the answer comes from where it was asked. A connected socket hears only its
// peer, and is told when nobody listens there.
//
// Try it: ./example_udp_echo 127.0.0.1:9000, then nc -u 127.0.0.1 9000
//     or: ./example_udp_echo 127.0.0.1:9000 first second "and third"
#include <array>
#include <chrono>
#include <iostream>
#include <vector>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;

int serve(std::string_view address) {
  auto socket = leat::net::listen_udp(address, {.packet_info = true});
  if (!socket) {
    std::cerr << "cannot listen on " << address << ": " << socket.error().message() << '\n';
    return 1;
  }
  std::cout << "listening on " << socket->local_address() << std::endl;
  leat::net::udp_batch batch(16, leat::net::udp_datagram_limit);
  while (socket->read_batch(batch)) {
    // An answer that cannot be sent is lost, as any datagram may be.
    static_cast<void>(socket->write_batch(batch));
  }
  return 0;
}

leat::result<std::string> ask(leat::net::udp_socket& socket, std::string_view question) {
  std::array<char, leat::net::udp_datagram_limit> buffer;
  for (int attempt = 1;; ++attempt) {
    if (const auto sent = socket.write(question); !sent) return std::unexpected(sent.error());
    static_cast<void>(socket.set_read_deadline(500ms));
    leat::result<std::size_t> size;
    while ((size = socket.read(std::as_writable_bytes(std::span(buffer))))) {
      const std::string_view answer(buffer.data(), *size);
      if (answer == question) return std::string(answer);  // others are late ones to questions before
    }
    if (size.error() != leat::errc::deadline_exceeded || attempt == 5) return std::unexpected(size.error());
  }
}

int ask_all(std::string_view address, const std::vector<std::string_view>& questions) {
  auto socket = leat::net::dial_udp(address);
  if (!socket) {
    std::cerr << "cannot reach " << address << ": " << socket.error().message() << '\n';
    return 1;
  }
  for (const std::string_view question : questions) {
    const auto answer = ask(*socket, question);
    if (!answer) {
      std::cerr << "no answer from " << address << ": " << answer.error().message() << '\n';
      return 1;
    }
    std::cout << *answer << '\n';
  }
  return 0;
}

int main(int argc, char** argv) {
  const std::string_view address = argc > 1 ? argv[1] : "127.0.0.1:0";
  return leat::run([=] { return argc > 2 ? ask_all(address, {argv + 2, argv + argc}) : serve(address); });
}
