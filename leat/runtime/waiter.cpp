#include <memory>
#include <new>

#include <leat/runtime/deadline_wait.hpp>
#include <leat/runtime/futex.hpp>
#include <leat/runtime/held_mutexes.hpp>
#include <leat/runtime/scheduler.hpp>
#include <leat/runtime/waiter.hpp>

namespace leat::runtime {
namespace {

void block_thread(waiter& self) noexcept {
  while (self.signal.load(std::memory_order_acquire) == 0)
    futex_wait(self.signal, 0);
}

// False: the deadline won the ticket.
bool block_thread_until(waiter& self, time_point deadline) noexcept {
  while (self.signal.load(std::memory_order_acquire) == 0) {
    const auto left = deadline - clock::now();
    if (left <= clock::duration::zero() && self.ticket->claim()) return false;
    // When somebody else has claimed the ticket, the signal is about to come.
    futex_wait(self.signal, 0, std::max<std::chrono::nanoseconds>(left, std::chrono::milliseconds(1)));
  }
  return true;
}

// A wait with a deadline. The timer may fire before the waiter has stopped, and then must not make it
// runnable yet.
//
// stage     who sets it                          means
// leaving   the waiter                           on its way to stop; a timer that fires leaves the wake to it
// stopped   whoever runs after the waiter        the timer makes it runnable
// expired   the timer, when it claims the ticket while the waiter is leaving
//
// Both move the stage by an exchange, acquire and release: exactly one of them comes second and makes the
// goroutine runnable, and it sees all that the first did before: the timer that the context is saved, the
// worker that the ticket is claimed.
enum class stage : std::uint32_t { leaving, stopped, expired };

struct timed_wait : timer_node {
  waiter* self = nullptr;
  std::atomic<stage> progress{stage::leaving};
  void (*release)(void*) = nullptr;
  void* argument = nullptr;
};

time_point timed_wait_fired(timer_node& node) noexcept {
  auto& wait = static_cast<timed_wait&>(node);
  if (!wait.self->ticket->claim()) return time_point::max();
  goroutine* owner = wait.self->owner;
  // One that has not stopped yet may find that it need not wait, and leave: it must find the node still in
  // its heap, whose lock then keeps the node alive until this callback has returned.
  if (wait.progress.exchange(stage::expired, std::memory_order_acq_rel) != stage::stopped)
    return time_point::max();
  node.heap.store(nullptr, std::memory_order_relaxed);
  sanitizer::give(owner);
  make_runnable_last(owner);  // it may run at once, and its stack with this node may be gone
  return timer_gone;
}

// Runs once the waiter has stopped. The stage moves on before the locks are released: as long as they are
// held, only the timer can end the wait.
void timed_wait_stopped(void* argument) noexcept {
  auto& wait = *static_cast<timed_wait*>(argument);
  goroutine* owner = wait.self->owner;
  void (*release)(void*) = wait.release;
  void* release_argument = wait.argument;
  const bool expired = wait.progress.exchange(stage::stopped, std::memory_order_acq_rel) == stage::expired;
  release(release_argument);
  if (expired) make_runnable_last(owner);
}

void unlock_spinlock(void* lock) noexcept {
  static_cast<spinlock*>(lock)->unlock_for_parked();
}

void stop_running(goroutine* self, wait_reason reason, aftermath after, void* what,
                  void (*release)(void*) = nullptr) noexcept {
  worker* here = this_worker();
  self->reason = reason;
  self->parked_ms = here->owner.coarse_ms.load(std::memory_order_relaxed);
  check_no_mutex_is_held(*self, "parks");
  self->state.store(goroutine_state::parked, std::memory_order_relaxed);
  switch_away(here, self, after, what, release);
}

}  // namespace

goroutine* current() noexcept {
  const sanitizer::hidden_work hidden;
  const worker* here = this_worker();
  if (!here) return nullptr;
  return here->running;
}

void park(waiter& self, spinlock& lock, wait_reason reason) noexcept {
  if (!self.owner) {
    lock.unlock();
    return block_thread(self);
  }
  lock.leave_held();
  stop_running(self.owner, reason, aftermath::unlock, &lock);
}

bool park_until(waiter& self, spinlock& lock, wait_reason reason, time_point deadline) noexcept {
  if (deadline == time_point::max()) {
    park(self, lock, reason);
    return true;
  }
  if (!self.owner) {
    lock.unlock();
    return block_thread_until(self, deadline);
  }
  lock.leave_held();
  return deadline_wait(self, deadline).park(unlock_spinlock, &lock, reason);
}

void park_releasing(waiter& self, void (*release)(void*), void* argument, wait_reason reason) noexcept {
  if (!self.owner) {
    release(argument);
    return block_thread(self);
  }
  stop_running(self.owner, reason, aftermath::call, argument, release);
}

deadline_wait::deadline_wait(waiter& self, time_point deadline) noexcept : self_(self), deadline_(deadline) {
  static_assert(sizeof(timed_wait) <= sizeof storage_ && alignof(timed_wait) <= alignof(deadline_wait));
  auto* wait = ::new (storage_) timed_wait;
  wait->self = &self;
  wait->fire = timed_wait_fired;
  if (self.owner) timer_start(*wait, deadline);
}

deadline_wait::~deadline_wait() {
  auto* wait = std::launder(reinterpret_cast<timed_wait*>(storage_));
  if (wait->heap.load(std::memory_order_acquire)) timer_stop(*wait);
  std::destroy_at(wait);
}

bool deadline_wait::park(void (*release)(void*), void* argument, wait_reason reason) noexcept {
  if (!self_.owner) {
    release(argument);
    return block_thread_until(self_, deadline_);
  }
  auto* wait = std::launder(reinterpret_cast<timed_wait*>(storage_));
  wait->release = release;
  wait->argument = argument;
  stop_running(self_.owner, reason, aftermath::call, wait, timed_wait_stopped);
  return self_.ticket->winner != nullptr;
}

void wake(waiter& entry) noexcept {
  if (goroutine* owner = entry.owner) {
    sanitizer::give(owner);
    return make_runnable(owner);
  }
  // After the store the thread may go on, and the waiter with its futex word may be gone: the wake is then a
  // stray.
  std::atomic<std::uint32_t>& signal = entry.whole->signal;
  signal.store(1, std::memory_order_release);
  futex_wake(signal);
}

void park_forever(wait_reason reason) noexcept {
  spinlock lock;
  lock.lock();
  waiter self;
  for (;;)
    park(self, lock, reason);
}

bool timer_start(timer_node& node, time_point when) noexcept {
  if (worker* here = this_worker()) {
    here->timers.start(node, when);
    return true;
  }
  return timer_start_outside(node, when);
}

bool timer_stop(timer_node& node) noexcept {
  timer_heap* heap = node.heap.load(std::memory_order_acquire);
  return heap && heap->stop(node);
}

bool timer_move(timer_node& node, time_point when) noexcept {
  worker* here = this_worker();
  return here && here->timers.move(node, when);
}

}  // namespace leat::runtime
