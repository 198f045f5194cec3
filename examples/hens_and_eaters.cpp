// Hens and eaters around one basket: 1-1, 1-N, N-1 and N-N are the same program with other numbers.
//
// Teaches: producers and consumers that know nothing of each other, only the basket; who closes it (no hen,
// for others may still be laying, but whoever knows that all of them are done); and that every egg is eaten
// exactly once, however many eat.
//
// Try it: ./example_hens_and_eaters
#include <cstdio>

#include <leat/leat.hpp>

constexpr int eggs_each = 100;

struct meal {
  int eggs = 0;
  int sum = 0;  // of their numbers: one eaten twice, or by nobody, would show
};

void lay(int first, leat::sender<int> basket) {
  for (int i = 0; i < eggs_each; ++i)
    basket.send(first + i);  // waits while the basket is full
}

meal eat(leat::receiver<int> basket) {
  meal mine;
  for (int egg : basket) {  // until the basket is closed and empty
    ++mine.eggs;
    mine.sum += egg;
  }
  return mine;
}

meal day(int hens, int eaters) {
  leat::chan<int> basket{4};
  leat::wait_group laying;
  for (int hen = 0; hen < hens; ++hen)
    laying.go([=] { lay(hen * eggs_each, basket); });
  leat::go([=] {
    laying.wait();
    basket.close();
  });

  leat::chan<meal> meals;
  for (int eater = 0; eater < eaters; ++eater)
    leat::go([=] { meals.send(eat(basket)); });
  meal all;
  for (int eater = 0; eater < eaters; ++eater) {
    const meal one = *meals.receive();
    all.eggs += one.eggs;
    all.sum += one.sum;
  }
  return all;
}

int main() {
  return leat::run([] {
    for (const auto& [hens, eaters] : {std::pair(1, 1), {1, 3}, {3, 1}, {3, 3}}) {
      const meal all = day(hens, eaters);
      std::printf("hens %d, eaters %d: %d eggs eaten, sum %d\n", hens, eaters, all.eggs, all.sum);
    }
  });
}
