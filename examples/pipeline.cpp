// A pipeline: numbers flow through stages that all run at once, each a goroutine between two channels.
//
// Teaches: a stage is a function that takes a receiver and returns a receiver, so stages plug together like
// pipes in a shell; each closes what it alone sends on, and so the end travels down the line by itself.
// A sender cannot receive and a receiver cannot send: the compiler keeps the directions.
//
// Try it: ./example_pipeline
#include <cstdio>

#include <leat/leat.hpp>

leat::receiver<int> count_to(int last) {
  leat::chan<int> out;
  leat::go([=] {
    for (int i = 1; i <= last; ++i)
      out.send(i);
    out.close();
  });
  return out;
}

template <typename Change>
leat::receiver<int> each(leat::receiver<int> in, Change change) {
  leat::chan<int> out;
  leat::go([=] {
    for (int value : in)
      out.send(change(value));
    out.close();
  });
  return out;
}

template <typename Wanted>
leat::receiver<int> only(leat::receiver<int> in, Wanted wanted) {
  leat::chan<int> out;
  leat::go([=] {
    for (int value : in) {
      if (wanted(value)) out.send(value);
    }
    out.close();
  });
  return out;
}

int main() {
  return leat::run([] {
    const auto numbers = count_to(10);
    const auto squares = each(numbers, [](int n) { return n * n; });
    const auto odd = only(squares, [](int n) { return n % 2 == 1; });
    for (int value : odd)
      std::printf("%d\n", value);
  });
}
