// Waiting for time: after, timer, ticker and timeout.
//
// Teaches: a moment is a channel that delivers once it has come, so it waits in a select beside anything
// else. after() is one that cannot be called off; a timer can, by stop(), and moved, by reset(); a ticker
// comes again and again. A timeout is the case of a select that is chosen when no other was ready by then.
//
// Try it: ./example_timers
#include <chrono>
#include <cstdio>
#include <string>

#include <leat/leat.hpp>

using namespace std::chrono_literals;

void show(const char* what, std::chrono::steady_clock::time_point since) {
  const auto passed = std::chrono::steady_clock::now() - since;
  std::printf("%s: at least %lld ms\n", what, passed / 10ms * 10LL);
}

int main() {
  return leat::run([] {
    auto start = std::chrono::steady_clock::now();
    leat::after(20ms).receive();
    show("after 20 ms", start);

    leat::timer alarm(1h);
    std::printf("a timer is stopped before it fires: %s\n", alarm.stop() ? "yes" : "no");
    start = std::chrono::steady_clock::now();
    alarm.reset(30ms);
    alarm.c().receive();
    show("the same one, reset to 30 ms", start);

    start = std::chrono::steady_clock::now();
    leat::ticker beat(10ms);
    for (int tick = 0; tick < 3; ++tick)
      beat.c().receive();
    show("three ticks of 10 ms", start);

    const leat::chan<std::string> answers;  // that nobody sends on
    leat::select(answers.on_receive([](auto) { std::puts("timeout: an answer?"); }),
                 leat::on_timeout(20ms, [] { std::puts("timeout: no answer in 20 ms"); }));
  });
}
