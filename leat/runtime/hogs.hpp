// Goroutines that hog a worker: that compute, or sit in a call that blocks, for more than 10 ms without
// parking. Others wait behind them meanwhile. A debug build warns, once for each chain of calls.
#pragma once

#include <chrono>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include <leat/runtime/scheduler.hpp>

#if !defined(NDEBUG) && !defined(LEAT_ASAN) && !defined(LEAT_TSAN)
#define LEAT_CHECKS_HOGS 1
#endif

namespace leat::runtime {

#if defined(LEAT_CHECKS_HOGS)
/// The monitor's memory of what each worker did.
class hog_watch {
 public:
  explicit hog_watch(const scheduler& all);

  /// To be called every few milliseconds. Warns on standard error.
  void look() noexcept;

 private:
  struct sighting {
    std::uint64_t tick = 0;
    const goroutine* running = nullptr;
    std::chrono::steady_clock::time_point since;
    std::chrono::nanoseconds computed_before{0};
    bool told = false;
  };

  void look_at(const worker& one, sighting& seen);
  void warn(const worker& one, const sighting& seen, bool computes);

  const scheduler& all_;
  std::vector<sighting> seen_;
  std::unordered_set<std::size_t> told_;  // hashes of the chains of calls that were warned of
};
#else
class hog_watch {
 public:
  explicit hog_watch(const scheduler&) noexcept {}
  void look() noexcept {}
};
#endif

}  // namespace leat::runtime
