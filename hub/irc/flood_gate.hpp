// How fast one client may speak: two token buckets, of lines and of bytes.
//
// Nothing is thrown away: what comes too fast waits in front of the gate, the sockets' buffers fill, and the
// client's own system slows it down. Pure: the caller tells the time.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace hub::irc {

struct flood_limits {
  double burst_lines = 30;      // at once, after a silence
  double lines_per_second = 5;  // 0: no limit on lines
  double burst_bytes = 8192;
  double bytes_per_second = 2048;  // 0: no limit on bytes
};

class flood_gate {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  flood_gate(const flood_limits& limits, time_point now);

  // How many bytes of the front may pass now, and counts them as passed: whole lines, and a line's beginning
  // only if no line end is there. 0 if none may: then wait() says how long that lasts. A line that may begin
  // passes whole, so that the gate never waits for more budget than a bucket can hold.
  std::size_t admit(std::string_view bytes, time_point now);

  // How long after the last admit() the next byte may pass.
  std::chrono::nanoseconds wait() const;

 private:
  class bucket {
   public:
    bucket(double burst, double per_second) : burst_(burst), per_second_(per_second), level_(burst) {}

    bool is_open() const { return per_second_ <= 0 || level_ > 0; }
    void refill(std::chrono::duration<double> passed);
    void take(double amount) { level_ -= amount; }
    std::chrono::duration<double> until_open() const;

   private:
    double burst_;
    double per_second_;
    double level_;  // below zero: a debt, since what begins passes whole
  };

  bucket lines_;
  bucket bytes_;
  time_point refilled_at_;
};

}  // namespace hub::irc
