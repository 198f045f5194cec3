// One-way channels as parameters: the signature says who sends and who receives.
//
// Teaches: chan<T> converts to sender<T> and to receiver<T>, and never back. A function that gets a sender
// cannot receive by mistake, one that gets a receiver cannot send, nor close what others send on: such a
// line does not compile, and the reader of a signature knows which way the values flow.
//
// Try it: ./example_one_way            and add `in.send(1);` to print(): what does the compiler say?
#include <cstdio>

#include <leat/leat.hpp>

void count(int last, leat::sender<int> out) {
  for (int i = 1; i <= last; ++i)
    out.send(i);
  out.close();  // whoever sends knows when there is no more
}

void square(leat::receiver<int> in, leat::sender<int> out) {
  for (int value : in)
    out.send(value * value);
  out.close();
}

void print(leat::receiver<int> in) {
  for (int value : in)
    std::printf("%d\n", value);
}

int main() {
  return leat::run([] {
    leat::chan<int> numbers;
    leat::chan<int> squares;
    leat::go([=] { count(5, numbers); });
    leat::go([=] { square(numbers, squares); });
    print(squares);
  });
}
