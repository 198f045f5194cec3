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

#include <leat/runtime/clock.hpp>

namespace leat {

/// Meets the standard's Clock requirements. Its moments are those of std::chrono::steady_clock.
using clock = runtime::clock;

/// A moment of the monotonic clock that everything in leat waits by.
using time_point = clock::time_point;

}  // namespace leat
