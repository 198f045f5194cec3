// The concurrent prime sieve: a chain of goroutines, one for each prime, that grows by itself.
//
// Each goroutine lets through what its prime does not divide, so what comes out at the end of the chain is
// the next prime, and gets a goroutine of its own (after Hoare's "Communicating Sequential Processes").
//
// Teaches: goroutines and channels are cheap enough to be made by the thousand; and the program ends when
// its main goroutine returns, whatever the others still wait for.
//
// Try it: ./example_prime_sieve 1000          (default: 10 primes)
#include <cstdio>
#include <cstdlib>

#include <leat/leat.hpp>

void count_from_two(leat::sender<int> out) {
  for (int i = 2;; ++i)
    out.send(i);
}

void sift(leat::receiver<int> in, leat::sender<int> out, int prime) {
  for (int number : in) {
    if (number % prime != 0) out.send(number);
  }
}

int main(int argc, char** argv) {
  const int wanted = argc > 1 ? std::atoi(argv[1]) : 10;
  if (wanted < 1 || wanted > 5000) {
    std::fprintf(stderr, "usage: %s [HOW_MANY]     1 to 5000 primes\n", argv[0]);
    return 2;
  }
  return leat::run([=] {
    leat::chan<int> candidates;
    leat::go([=] { count_from_two(candidates); });
    for (int found = 0; found < wanted; ++found) {
      const int prime = *candidates.receive();
      std::printf("%d\n", prime);
      leat::chan<int> sifted;
      leat::go([=] { sift(candidates, sifted, prime); });
      candidates = sifted;
    }
  });
}
