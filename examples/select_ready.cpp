// Select with many cases ready: whose turn is it?
//
// Teaches: when several cases could go on, select takes one of them at random, each as likely as the others,
// so no channel is left out however busy the rest are, and the order in which the cases are written means
// nothing. Who wants one served first must say so, by looking there first.
//
// Try it: ./example_select_ready
#include <array>
#include <cstdio>

#include <leat/leat.hpp>

constexpr int rounds = 3000;

leat::receiver<int> full_channel() {
  leat::chan<int> filled{rounds};
  for (int i = 0; i < rounds; ++i)
    filled.send(i);
  return filled;
}

int main() {
  return leat::run([] {
    const auto apples = full_channel(), pears = full_channel(), plums = full_channel();
    std::array<int, 3> taken{};
    for (int i = 0; i < rounds; ++i) {
      const std::size_t chosen = leat::select(apples.on_receive([](auto) {}), pears.on_receive([](auto) {}),
                                              plums.on_receive([](auto) {}));
      ++taken[chosen];
    }
    std::printf("of %d: %d apples, %d pears, %d plums\n", rounds, taken[0], taken[1], taken[2]);

    const auto urgent = full_channel(), usual = full_channel();
    int urgent_first = 0;
    for (int i = 0; i < rounds; ++i) {
      if (urgent.try_receive())
        ++urgent_first;
      else
        leat::select(urgent.on_receive([](auto) {}), usual.on_receive([](auto) {}));
    }
    std::printf("of %d: %d urgent ones, which were looked for first\n", rounds, urgent_first);
  });
}
