// Sticky packets: why five messages arrive as one, and one as several.
//
// Teaches: TCP carries a stream of bytes. Where one write ended and the next began is nowhere in it, so reads
// return what happens to be there: several short writes at once, or a part of a long one. Pauses between the
// writes seem to help, and do until the network is busy: they are slow, and no promise. What cures it is to
// put the borders into the bytes: example_framing shows three ways.
//
// Try it: ./example_sticky_packets
#include <array>
#include <chrono>
#include <cstdio>
#include <string>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

using namespace std::chrono_literals;

// Reads to the end and shows what each read returned, and how many there were.
void read_all(leat::net::tcp_conn& conn, const char* what) {
  std::array<char, 4096> buffer;
  int reads = 0;
  std::size_t bytes = 0;
  while (const std::size_t count = conn.read(std::as_writable_bytes(std::span(buffer))).value()) {
    ++reads;
    bytes += count;
    if (count < 100) std::printf("%s: a read returns \"%.*s\"\n", what, int(count), buffer.data());
  }
  std::printf("%s: %zu bytes in %s\n", what, bytes, reads == 1 ? "one read" : "several reads");
}

int main() {
  return leat::run([] {
    auto listener = leat::net::listen_tcp("127.0.0.1:0").value();
    const auto send = [&](const char* what, std::initializer_list<std::string> messages,
                          std::chrono::milliseconds pause) {
      auto sender = leat::net::dial_tcp(listener.local_address()).value();
      auto receiver = listener.accept().value();
      leat::wait_group reading;
      if (pause > 0ms) reading.go([&] { read_all(receiver, what); });
      for (const std::string& message : messages) {
        sender.write(message).value();
        leat::sleep_for(pause);
      }
      sender.close_write().value();
      if (pause == 0ms) read_all(receiver, what);  // who comes to read a little later finds all of it
      reading.wait();
    };
    send("five short writes", {"one", "two", "three", "four", "five"}, 0ms);
    send("a long write", {std::string(100'000, 'x')}, 0ms);
    send("two with a pause", {"one", "two"}, 50ms);
  });
}
