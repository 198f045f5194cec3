// How fast a client may send: so much in a row, and then so much in a second.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include <leat/time.hpp>

namespace hub::http {

class pace {
 public:
  pace(std::size_t burst_bytes, std::size_t bytes_per_second)
      : burst_(static_cast<double>(burst_bytes)), per_second_(static_cast<double>(bytes_per_second)) {}

  // Counts what has come, and says how long not to read any more.
  std::chrono::nanoseconds charge(std::size_t bytes) {
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double> gone = now - counted_at_;
    counted_at_ = now;
    owed_ = std::max(0.0, owed_ - gone.count() * per_second_) + static_cast<double>(bytes);
    const std::chrono::duration<double> pause(std::max(0.0, owed_ - burst_) / per_second_);
    return std::chrono::duration_cast<std::chrono::nanoseconds>(pause);
  }

 private:
  const double burst_;
  const double per_second_;
  double owed_ = 0;
  leat::time_point counted_at_ = std::chrono::steady_clock::now();
};

}  // namespace hub::http
