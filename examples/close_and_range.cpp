// Closing a channel: how a receiver learns that there will be no more.
//
// Teaches: what was sent before the close is still received, and after that a receive returns nothing, at
// once and as often as one asks: that is Go's second value, `ok`. A range-for receives until then. Closing
// is the sender's business: to send on a closed channel, or to close it again, is a fault of the program and
// throws. A channel need not be closed at all unless somebody waits for its end.
//
// Try it: ./example_close_and_range
#include <cstdio>
#include <string>

#include <leat/leat.hpp>

leat::chan<std::string> week() {
  leat::chan<std::string> days{7};
  for (const char* day : {"Monday", "Tuesday", "Wednesday"})
    days.send(day);
  days.close();
  return days;
}

int main() {
  return leat::run([] {
    const auto days = week();
    while (const std::optional<std::string> day = days.receive())
      std::printf("received, ok: %s\n", day->c_str());
    std::printf("received, not ok: %s\n", days.receive() ? "a day" : "closed and empty");

    for (const std::string& day : week())
      std::printf("in range: %s\n", day.c_str());

    try {
      days.send("Sunday");
    } catch (const leat::channel_error& fault) {
      std::printf("sending: %s\n", fault.what());
    }
    try {
      days.close();
    } catch (const leat::channel_error& fault) {
      std::printf("closing: %s\n", fault.what());
    }
  });
}
