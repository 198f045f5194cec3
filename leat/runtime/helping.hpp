// What a worker does that has nothing of its own to run: it looks after the others.
//
// To run what another worker has made runnable costs hundreds of nanoseconds, since its stack is in the
// other's cache. So whoever has nothing to do watches another for a microsecond, and leaves to it what it
// will have done in a few more at its pace: goroutines that talk to each other stay together, whatever the
// number of workers, and those that compute are spread. A goroutine that runs on, and makes no others
// runnable, is not waited for.
#pragma once

#include <leat/runtime/scheduler.hpp>

namespace leat::runtime {

class helping {
 public:
  helping(scheduler& all, worker& here) noexcept : all_(all), here_(here) {}

  /// Watches the others for some microseconds. Returns a goroutine for this worker, which may have got more
  /// of them into its queue; null if none needs help.
  goroutine* look_elsewhere() noexcept;

  /// Whether more waits now than was left to the others at the end of the last look, in vain; or anything, if
  /// all others sleep: each of two might have left it to the other. After that look, on the way to sleep, and
  /// idle already.
  bool has_more_come() const noexcept;

 private:
  // A look at what another worker has not come to.
  struct sighting {
    worker* of = nullptr;
    std::uint64_t tick = 0;
    std::size_t waiting = 0;  // for it, or for anybody
    time_point since;
  };

  goroutine* search(clock::duration patience) noexcept;
  sighting look_around(std::size_t turn, time_point now) const noexcept;
  goroutine* help(sighting& seen, time_point now) noexcept;
  goroutine* relieve_others() noexcept;
  goroutine* take_what_is_nobodys() noexcept;
  goroutine* steal_some(worker& other) noexcept;
  goroutine* steal_run_next(worker& other) noexcept;
  std::size_t waiting_for(const worker& other) const noexcept;
  std::size_t waiting_elsewhere() const noexcept;

  scheduler& all_;
  worker& here_;
  std::size_t left_global_ = 0;  // what waited there, and with others, at the end of the last search
  std::size_t left_elsewhere_ = 0;
};

/// Calls what is due in `timers`. The callbacks act for those who set them, so ThreadSanitizer is to see
/// them, in the midst of hidden work.
inline void fire_due_timers(timer_heap& timers, time_point now) noexcept {
  sanitizer::show();
  timers.fire_due(now);
  sanitizer::hide();
}

}  // namespace leat::runtime
