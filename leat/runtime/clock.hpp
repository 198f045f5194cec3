// The one place where leat reads the time.
#pragma once

#include <chrono>

#include <leat/runtime/interleave.hpp>

namespace leat::runtime {

/// See leat/clock.hpp.
struct clock {
  using duration = std::chrono::steady_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr bool is_steady = true;

  static time_point now() noexcept {
    if (in_bubble()) [[unlikely]]
      return bubble_time();
    return std::chrono::steady_clock::now();
  }
};

using time_point = clock::time_point;

}  // namespace leat::runtime
