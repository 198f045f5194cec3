// The clock that everything in leat waits by: the machine's monotonic one, or, for the goroutines of a
// leat::testing::bubble, that bubble's own.
//
//   const auto begin = leat::clock::now();
//   work();
//   log(leat::clock::now() - begin);
//
// Code that measures and compares moments by it, and not by std::chrono::steady_clock, can be tested in a
// bubble without waiting.
#pragma once

#include <chrono>

#include <leat/runtime/interleave.hpp>

namespace leat {

/// A moment of the monotonic clock that everything in leat waits by.
using time_point = std::chrono::steady_clock::time_point;

/// Meets the standard's Clock requirements. Its moments are those of std::chrono::steady_clock.
struct clock {
  using duration = std::chrono::steady_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr bool is_steady = true;

  static time_point now() noexcept {
    if (runtime::in_bubble()) [[unlikely]]
      return runtime::bubble_time();
    return std::chrono::steady_clock::now();
  }
};

}  // namespace leat
