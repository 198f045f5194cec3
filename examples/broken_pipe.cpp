// A broken pipe is survived: the peer has gone, we write on, and nobody dies.
//
// Teaches: the first write after the peer has closed succeeds, since the system has merely taken the bytes;
// the peer's system answers that nobody is there, and then a write fails with EPIPE. In C that comes as the
// signal SIGPIPE, which kills a program that did not expect it; here it is an error value, for the goroutine
// that wrote, and the next client is served as if nothing had happened.
//
// Try it: ./example_broken_pipe
#include <array>
#include <iostream>

#include <leat/leat.hpp>
#include <leat/net/net.hpp>

// Writes until that fails, and returns why it did.
std::error_code write_on(leat::net::tcp_conn& conn) {
  for (int written = 0;; ++written) {
    const auto outcome = conn.write("news\n");
    if (!outcome) return outcome.error();
    if (written == 0) std::cout << "the first write to nobody: no error\n";
  }
}

int main() {
  return leat::run([] {
    auto listener = leat::net::listen_tcp("127.0.0.1:0").value();
    {
      auto client = leat::net::dial_tcp(listener.local_address()).value();
      auto server = listener.accept().value();
      static_cast<void>(client.close());
      const std::error_code why = write_on(server);
      std::cout << "a later one: " << why.message() << '\n';
      std::cout << "is it EPIPE? " << (why == std::errc::broken_pipe ? "yes" : "no") << '\n';
    }
    auto client = leat::net::dial_tcp(listener.local_address()).value();
    auto server = listener.accept().value();
    server.write("still here").value();
    std::array<char, 10> heard{};
    const std::size_t count = client.read(std::as_writable_bytes(std::span(heard))).value();
    std::cout << "the next client hears: " << std::string_view(heard.data(), count) << '\n';
  });
}
