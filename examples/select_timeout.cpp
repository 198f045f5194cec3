// Waiting for several things at once, and not for ever.
//
// Teaches: select does exactly one of its cases, at random among those that are ready; a timeout is a case
// like any other; otherwise() makes it a look without waiting; and a nil channel is never ready, so setting a
// channel to nullptr takes its case out of a loop.
//
// Try it: ./example_select_timeout
#include <chrono>
#include <cstdio>
#include <string>

#include <leat/leat.hpp>

using namespace std::chrono_literals;

void ask(leat::receiver<std::string> answers, std::chrono::milliseconds patience) {
  const auto show = [](std::optional<std::string> text) {
    std::printf("ask: %s\n", text ? text->c_str() : "nobody will answer any more");
  };
  const auto give_up = [] { std::puts("ask: no answer in time"); };
  leat::select(answers.on_receive(show), leat::on_timeout(patience, give_up));
}

void look(leat::receiver<std::string> answers) {
  const auto show = [](std::optional<std::string> text) { std::printf("look: %s\n", text.value().c_str()); };
  const auto go_on = [] { std::puts("look: nothing yet"); };
  leat::select(answers.on_receive(show), leat::otherwise(go_on));
}

// Adds up what two channels send, whichever is ready first, until both are closed.
int sum_of(leat::receiver<int> left, leat::receiver<int> right) {
  int sum = 0;
  const auto add = [&](leat::receiver<int>& from) {
    return [&](std::optional<int> value) {
      if (value)
        sum += *value;
      else
        from = nullptr;  // closed: without this, its case would be ready in every round
    };
  };
  while (left || right)
    leat::select(left.on_receive(add(left)), right.on_receive(add(right)));
  return sum;
}

int main() {
  return leat::run([] {
    leat::chan<std::string> answers(1);
    look(answers);       // nobody has sent anything
    ask(answers, 20ms);  // and nobody does
    answers.send("forty-two");
    look(answers);
    leat::go([=] {
      leat::sleep_for(20ms);
      answers.send("late, but in time");
      answers.close();
    });
    ask(answers, 60s);
    ask(answers, 60s);  // a closed channel is always ready

    leat::chan<int> left, right;
    const auto send_all = [](leat::sender<int> to, int first, int last) {
      for (int i = first; i <= last; ++i)
        to.send(i);
      to.close();
    };
    leat::go([=] { send_all(left, 1, 10); });
    leat::go([=] { send_all(right, 11, 20); });
    std::printf("sum of both: %d\n", sum_of(left, right));
  });
}
