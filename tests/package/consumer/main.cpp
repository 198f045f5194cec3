// A program of somebody else's: adds up what another goroutine sends, and listens on a socket and makes a
// certificate for good measure.
#include <cstdio>

#include <leat/leat.hpp>
#include <leat/net/tcp.hpp>
#include <leat/net/tls.hpp>

int main() {
  return leat::run([] {
    leat::chan<int> numbers{8};
    leat::go([=]() mutable {
      for (int number = 0; number < 100; ++number)
        numbers.send(number);
      numbers.close();
    });
    int sum = 0;
    for (int number : numbers)
      sum += number;
    auto listener = leat::net::listen_tcp("127.0.0.1:0");
    auto certificate = leat::net::tls_identity::self_signed();
    std::printf("%d\n", listener && certificate ? sum : -1);
  });
}
