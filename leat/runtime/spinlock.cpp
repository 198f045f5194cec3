#include <sched.h>

#include <leat/runtime/arch.hpp>
#include <leat/runtime/spinlock.hpp>

namespace leat::runtime {

void spinlock::lock_contended() noexcept {
  constexpr int spins_before_yield = 100;
  for (;;) {
    for (int spin = 0; spin < spins_before_yield; ++spin) {
      if (try_lock()) return;
      spin_pause();
    }
    ::sched_yield();
  }
}

}  // namespace leat::runtime
