// The time as messages carry it: the system's, except that it does not go back a little.
//
// Clocks are corrected all the time by some milliseconds, and what is said later must not look older for it.
// A large step back is another matter: the clock was wrong before, as on a machine that starts without one,
// and holding on to that would give everything that is said the same wrong time until the clock has caught
// up.
#pragma once

#include <chrono>

#include <hub/chat/user.hpp>

namespace hub {

class log_clock {
 public:
  static constexpr std::chrono::seconds largest_correction{10};

  // What to call the moment at which the system's clock shows `shown`. For one owner, in the order of events.
  chat::moment moment_at(chat::moment shown) {
    if (shown > last_ || last_ - shown > largest_correction) last_ = shown;
    return last_;
  }

 private:
  chat::moment last_{};
};

}  // namespace hub
