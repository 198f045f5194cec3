// Unbuffered and buffered channels: handing over in person, and leaving it in the letter box.
//
// Teaches: a send on an unbuffered channel returns when somebody has taken the value, so the two meet, and
// both know it. A buffered channel of two holds two values for whoever comes later: sends wait only while it
// is full, and receives only while it is empty. Values come out in the order in which they went in.
//
// Try it: ./example_channels
#include <chrono>
#include <cstdio>
#include <string>

#include <leat/leat.hpp>

using namespace std::chrono_literals;

void hand_over() {
  leat::chan<std::string> hand;
  std::printf("in person: with nobody there, %s\n", hand.try_send("bread") ? "sent" : "a send would wait");
  leat::go([=] {
    leat::sleep_for(20ms);
    std::puts("in person: the receiver comes");
    hand.receive();
  });
  hand.send("bread");  // parks until the receiver has come
  std::puts("in person: the sender knows that it was taken");
}

void leave_in_box() {
  leat::chan<std::string> box{2};
  box.send("letter");
  box.send("card");  // neither has waited, though nobody has received
  std::printf("letter box: %zu of %zu in it, %s\n", box.size(), box.capacity(),
              box.try_send("parcel") ? "and one more" : "another send would wait");
  leat::go([=] { box.send("parcel"); });  // waits until there is room
  for (int i = 0; i < 3; ++i)
    std::printf("letter box: out comes the %s\n", box.receive()->c_str());
}

int main() {
  return leat::run([] {
    hand_over();
    leave_in_box();
  });
}
