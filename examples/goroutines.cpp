// Goroutines and wait groups: five cooks work at the same time, and dinner is served when the last is done.
//
// Teaches: to start a goroutine takes a moment and waits for nothing, so all of them begin before the first
// has ended, and in which order, nobody promises. When main returns the program ends, whoever is still at
// work: a wait group counts those who are, and wait() parks main until none is left.
//
// Try it: ./example_goroutines         several times: what changes, and what never does?
#include <chrono>
#include <cstdio>

#include <leat/leat.hpp>

using namespace std::chrono_literals;

void cook(int number) {
  std::printf("cook %d begins\n", number);
  leat::sleep_for(10ms);  // parks this goroutine; its thread runs the others meanwhile
  std::printf("cook %d is done\n", number);
}

int main() {
  return leat::run([] {
    leat::wait_group cooks;
    for (int number = 1; number <= 5; ++number)
      cooks.go([=] { cook(number); });
    cooks.wait();
    std::puts("dinner is served");
  });
}
