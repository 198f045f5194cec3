// Producers and consumers around one belt: 1-1, 1-N, N-1 and N-N are the same program with other numbers.
//
// Teaches: a buffered channel between goroutines that know nothing of each other; who closes it (not a
// producer, for others may still be sending, but whoever knows that all of them have ended); and that every
// value is taken exactly once, however many take.
//
// Try it: ./example_producer_consumer
#include <cstdio>

#include <leat/leat.hpp>

constexpr int items_each = 100;

struct tally {
  int items = 0;
  int sum = 0;
};

void produce(int first, leat::sender<int> belt) {
  for (int i = 0; i < items_each; ++i)
    belt.send(first + i);  // waits while the belt is full
}

tally consume(leat::receiver<int> belt) {
  tally mine;
  for (int value : belt) {  // until the belt is closed and empty
    ++mine.items;
    mine.sum += value;
  }
  return mine;
}

tally work(int producers, int consumers) {
  leat::chan<int> belt(4);
  leat::wait_group producing;
  for (int p = 0; p < producers; ++p)
    producing.go([=] { produce(p * items_each, belt); });
  leat::go([=] {
    producing.wait();
    belt.close();
  });

  leat::chan<tally> tallies;
  for (int c = 0; c < consumers; ++c)
    leat::go([=] { tallies.send(consume(belt)); });
  tally all;
  for (int c = 0; c < consumers; ++c) {
    const tally one = *tallies.receive();
    all.items += one.items;
    all.sum += one.sum;
  }
  return all;
}

int main() {
  return leat::run([] {
    for (const auto& [producers, consumers] : {std::pair(1, 1), {1, 3}, {3, 1}, {3, 3}}) {
      const tally all = work(producers, consumers);
      std::printf("%d to %d: %d items, sum %d\n", producers, consumers, all.items, all.sum);
    }
  });
}
