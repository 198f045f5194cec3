// Three hens lay a hundred eggs each into a basket that holds eight, and somebody eats them all.
#include <cstdio>

#include <leat/leat.hpp>

int main() {
  return leat::run([] {         // the main goroutine: when it returns, the program ends
    leat::chan<int> basket{8};  // holds eight; `chan<int> c;` would hand each value over in person
    leat::wait_group hens;
    for (int hen = 0; hen < 3; ++hen) {
      hens.go([=]() mutable {  // a goroutine each
        for (int egg = 0; egg < 100; ++egg)
          basket.send(egg);  // waits while the basket is full
      });
    }
    leat::go([=]() mutable {
      hens.wait();
      basket.close();
    });
    int eaten = 0;
    for (int egg : basket)  // until the basket is closed and empty
      eaten += egg >= 0 ? 1 : 0;
    std::printf("%d eggs eaten\n", eaten);
  });
}
