#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <thread>

#include <leat/runtime/futex.hpp>
#include <leat/runtime/pause.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;

constexpr auto settle_period = 20us;
constexpr auto drain_time = 5ms;

std::mutex one_at_a_time;

bool register_barrier() noexcept {
  return ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

// Every thread of the process passes a full fence before this returns.
void fence_all_threads() noexcept {
  static const bool registered = register_barrier();
  if (registered && ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0) return;
  std::this_thread::sleep_for(drain_time);
}

}  // namespace

pause::pause(scheduler& all) : all_(all), running_(all.workers.size()) {
  one_at_a_time.lock();
  // The loop of a run with a policy knows no rest, but its only worker does nothing else while it pauses.
  holds_ = !all_.policy || this_worker() != nullptr;
  const sanitizer::hidden_work hidden;
  all_.paused.store(1, std::memory_order_seq_cst);
  all_.summons.fetch_add(1, std::memory_order_seq_cst);
  fence_all_threads();
  for (std::size_t index = 0; holds_ && index < running_.size(); ++index) {
    while (!settle(index)) {
      if (all_.stopping.load(std::memory_order_seq_cst)) {  // the worker may be gone
        holds_ = false;
        break;
      }
      std::this_thread::sleep_for(settle_period);
    }
  }
}

pause::~pause() {
  {
    const sanitizer::hidden_work hidden;
    all_.summons.fetch_sub(1, std::memory_order_seq_cst);
    all_.paused.store(0, std::memory_order_seq_cst);
    futex_wake_all(all_.paused);
  }
  one_at_a_time.unlock();
}

// Whether the worker has settled, and what it runs.
bool pause::settle(std::size_t index) noexcept {
  const worker& one = *all_.workers[index];
  if (one.at_rest.load(std::memory_order_seq_cst) || one.asleep.load(std::memory_order_seq_cst)) return true;
  const bool switching = one.after != aftermath::nothing;
  fence_all_threads();  // what it ran before it ceased to switch is not what it runs now
  running_[index] = one.running;
  return !switching && running_[index];
}

worker* pause::runner_of(const goroutine& one) const noexcept {
  for (std::size_t index = 0; index < running_.size(); ++index) {
    if (running_[index] == &one) return all_.workers[index].get();
  }
  return nullptr;
}

}  // namespace leat::runtime
