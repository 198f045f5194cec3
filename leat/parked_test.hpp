// For tests that must know that others have come to a stop, without waiting for a while and hoping.
#pragma once

#include <cstddef>

#include <leat/go.hpp>
#include <leat/runtime/stack.hpp>

namespace leat::testing {

// Sanitizers slow everything down, and ThreadSanitizer allows about 8000 goroutines at a time.
#if defined(LEAT_TSAN)
inline constexpr int sanitizer_cost = 10;
#elif defined(LEAT_ASAN)
inline constexpr int sanitizer_cost = 4;
#else
inline constexpr int sanitizer_cost = 1;
#endif

/// How many goroutines are parked. One that waits on a channel counts once it stands in the channel's queue:
/// whatever the caller does to that channel afterwards finds it there.
inline std::size_t parked_count() {
  std::size_t count = 0;
  runtime::for_each_goroutine(
      [](runtime::goroutine& one, void* total) {
        if (one.state.load(std::memory_order_acquire) == runtime::goroutine_state::parked)
          ++*static_cast<std::size_t*>(total);
      },
      &count);
  return count;
}

/// Lets others run until exactly `count` goroutines are parked. The caller, which runs, is none of them.
inline void await_parked(std::size_t count) {
  while (parked_count() != count)
    leat::yield();
}

/// Gives others ample opportunity to do what they must not.
inline void let_others_run() {
  for (int turn = 0; turn < 200; ++turn)
    leat::yield();
}

}  // namespace leat::testing
