#include <algorithm>
#include <mutex>
#include <thread>

#include <leat/go.hpp>
#include <leat/runtime/held_mutexes.hpp>
#include <leat/runtime/scheduler.hpp>

namespace leat {

using runtime::this_worker;

LEAT_UNCHECKED void yield() noexcept {
  runtime::worker* here = this_worker();
  if (!here) return std::this_thread::yield();
  runtime::check_no_mutex_is_held(*here->running, "yields");
  runtime::switch_away(here, here->running, runtime::aftermath::enqueue, here->running);
}

std::uint64_t goroutine_id() noexcept {
  const runtime::goroutine* self = runtime::current();
  return self ? self->id : 0;
}

std::size_t goroutine_count() noexcept {
  const std::lock_guard guard(runtime::lifetime);
  const runtime::scheduler* all = runtime::active_scheduler();
  if (!all) return 0;
  std::int64_t count = all->created_outside.load(std::memory_order_relaxed);
  for (const auto& one : all->workers) {
    count += one->created.load(std::memory_order_relaxed) - one->ended.load(std::memory_order_relaxed);
  }
  return static_cast<std::size_t>(std::max<std::int64_t>(count, 0));
}

unsigned worker_count() noexcept {
  const std::lock_guard guard(runtime::lifetime);
  const runtime::scheduler* all = runtime::active_scheduler();
  return all ? static_cast<unsigned>(all->workers.size()) : 0;
}

pinned::pinned() noexcept : outermost_(false) {
  runtime::worker* here = this_worker();
  if (!here || here->running->pinned_to) return;
  here->running->pinned_to = here;
  outermost_ = true;
}

pinned::~pinned() {
  if (outermost_) this_worker()->running->pinned_to = nullptr;
}

}  // namespace leat
