// A program of somebody else's: adds up what another goroutine sends, and listens on a socket for good
// measure.
#include <cstdio>

#include <leat/leat.hpp>
#include <leat/net/tcp.hpp>

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
    std::printf("%d\n", listener ? sum : -1);
  });
}
