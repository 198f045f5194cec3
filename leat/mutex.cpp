// Invariants, whenever lock_ is free:
//  - `queued` is set exactly when a waiter stands in a queue;
//  - whoever frees the lock while `queued` is set and `woken` is not has taken a waiter out, and wakes it.
//
// The lock's memory may be gone as soon as somebody else can take and free it. So, whoever frees it touches
// nothing afterwards, except while a waiter that it has taken out, and not yet woken, keeps the mutex in use.
//
// Orderings: whatever takes the lock acquires, whatever frees it releases, so that what one holder wrote the
// next one sees. A hand-over has no second taking: what the last holder wrote reaches the new one as all that
// is handed to a waiter does (runtime/waiter.hpp). Changes of `queued` and `woken` alone are relaxed. They
// say whether to look at the queues, which lock_ orders; and since all are changes of one word, nobody can
// queue after the lock was freed without noticing. runtime/mutex_model_test.cpp goes through all
// interleavings.
#include <stdexcept>

#include <leat/mutex.hpp>
#include <leat/runtime/arch.hpp>
#include <leat/runtime/scheduler.hpp>

namespace leat {
namespace {

// From here on a waiter is not beaten by newcomers any more. As in Go.
constexpr auto starvation_limit = std::chrono::milliseconds(1);

// About a microsecond: less than a waiter and its waker pay for two switches.
constexpr int spin_rounds = 40;

}  // namespace

struct mutex::contender : runtime::waiter {
  clock::time_point since;  // when it began to wait for the lock, over all its turns in the queues
};

bool mutex::try_lock() noexcept {
  runtime::scheduling_point();
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  while ((state & held) == 0) {
    if (state_.compare_exchange_weak(state, state | held, std::memory_order_acquire,
                                     std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

bool mutex::lock_contended(time_point deadline) noexcept {
  spin();
  if (take_as(false)) return true;
  const clock::time_point since = clock::now();
  bool was_woken = false;
  do {
    switch (wait_in_line(since, deadline, was_woken)) {
      case verdict::owner:
        return true;
      case verdict::expired:
        return false;
      case verdict::woken:
        was_woken = true;
        break;
      case verdict::free:
        break;
    }
  } while (!take_as(was_woken));
  return true;
}

// Takes the lock if it is free; the waiter that was woken for it also clears the mark that says so.
bool mutex::take_as(bool was_woken) noexcept {
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  while ((state & held) == 0) {
    const std::uint32_t next = (was_woken ? state & ~woken : state) | held;
    if (state_.compare_exchange_weak(state, next, std::memory_order_acquire, std::memory_order_relaxed))
      return true;
  }
  return false;
}

// Worth it only if the holder can run meanwhile, and nobody has waited for longer.
void mutex::spin() const noexcept {
  const runtime::worker* const here = runtime::this_worker();
  if (here && here->owner.workers.size() < 2) return;
  for (int round = 0; round < spin_rounds; ++round) {
    if (state_.load(std::memory_order_relaxed) != held) return;
    runtime::spin_pause();
  }
}

// Under lock_: sets `queued`, so that whoever frees the lock looks at the queues. False: it is free, don't
// queue.
bool mutex::announce(bool was_woken) noexcept {
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  while ((state & held) != 0) {
    const std::uint32_t next = (was_woken ? state & ~woken : state) | queued;
    if (state_.compare_exchange_weak(state, next, std::memory_order_relaxed)) return true;
  }
  return false;
}

mutex::verdict mutex::wait_in_line(clock::time_point since, time_point deadline, bool was_woken) noexcept {
  contender self;
  self.since = since;

  lock_.lock();
  if (!announce(was_woken)) {
    lock_.unlock();
    return verdict::free;
  }
  runtime::wait_queue& line = was_woken ? returning_ : waiting_;
  line.push(self);

  if (deadline == never) {
    runtime::park(self, lock_, runtime::wait_reason::mutex);
    return self.ok ? verdict::owner : verdict::woken;
  }
  runtime::select_ticket ticket;
  self.ticket = &ticket;
  if (runtime::park_until(self, lock_, runtime::wait_reason::mutex, deadline)) {
    return self.ok ? verdict::owner : verdict::woken;
  }
  lock_.lock();
  line.remove(self);
  if (queues_empty()) state_.fetch_and(~queued, std::memory_order_relaxed);
  lock_.unlock();
  return verdict::expired;
}

void mutex::unlock_contended() {
  for (;;) {
    std::uint32_t state = state_.load(std::memory_order_relaxed);
    if ((state & held) == 0) {
      throw std::logic_error("leat::mutex: unlock of a mutex that is not locked (unlock once for each lock)");
    }
    if ((state & queued) == 0 || (state & woken) != 0) {
      if (state_.compare_exchange_weak(state, state & ~held, std::memory_order_release,
                                       std::memory_order_relaxed)) {
        return;
      }
    } else if (pass_on()) {
      return;
    }
  }
}

// Frees the lock and wakes the first waiter, or hands the lock over to it. False: nobody waits any more, and
// the lock is still held.
bool mutex::pass_on() noexcept {
  lock_.lock();
  if ((state_.load(std::memory_order_relaxed) & queued) == 0) {
    lock_.unlock();
    return false;
  }
  runtime::waiter* first = returning_.pop();
  if (!first) first = waiting_.pop();
  const std::uint32_t left = queues_empty() ? 0 : queued;
  if (!first) {  // those who stood there have given up
    state_.fetch_and(~queued, std::memory_order_relaxed);
    lock_.unlock();
    return false;
  }
  // Nobody else moves the state now: it is held, by us, queueing needs lock_, and whoever tries to take it
  // only sets the bit that is set.
  first->ok = clock::now() - static_cast<contender*>(first)->since >= starvation_limit;
  state_.store((first->ok ? held : woken) | left, std::memory_order_release);
  lock_.unlock();
  runtime::wake(*first);
  return true;
}

}  // namespace leat
