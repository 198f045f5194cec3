// Invariants, whenever lock_ is free:
//  - `queued` is set exactly when a waiter stands in a queue, and then somebody holds the lock;
//  - while `queued` is set, the holders shrink only: the last one hands the lock over, under lock_, and never
//  frees it;
//  - so a waiter that is woken already holds the lock.
//
// The memory may be gone as soon as somebody else can take and free the lock. So whoever frees it touches
// nothing afterwards, except while a waiter that was taken out and not yet woken keeps it in use.
#include <stdexcept>

#include <leat/shared_mutex.hpp>
#include <leat/wake_chain.hpp>

namespace leat {

bool shared_mutex::try_lock_shared() noexcept {
  runtime::scheduling_point();
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  while ((state & (writing | queued)) == 0) {
    if (state_.compare_exchange_weak(state, state + one_reader, std::memory_order_acquire,
                                     std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

bool shared_mutex::lock_contended(time_point deadline) noexcept {
  lock_.lock();
  if (announce(~std::uint32_t{0}, writing)) return stand_in(writers_, deadline);
  lock_.unlock();
  return true;
}

bool shared_mutex::lock_shared_contended(time_point deadline) noexcept {
  lock_.lock();
  if (announce(writing | queued, one_reader)) return stand_in(readers_, deadline);
  lock_.unlock();
  return true;
}

// Under lock_. True: something in `blockers` is set, and now `queued` too. False: the lock is taken, by
// adding `gain`.
bool shared_mutex::announce(std::uint32_t blockers, std::uint32_t gain) noexcept {
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    const bool blocked = (state & blockers) != 0;
    const std::uint32_t next = blocked ? state | queued : state + gain;
    if (state_.compare_exchange_weak(state, next, std::memory_order_acquire, std::memory_order_relaxed)) {
      return blocked;
    }
  }
}

// Under lock_, which it releases: waits for the lock to be handed over.
bool shared_mutex::stand_in(runtime::wait_queue& queue, time_point deadline) noexcept {
  runtime::waiter self;
  runtime::select_ticket ticket;
  queue.push(self);
  if (deadline == never) {
    runtime::park(self, lock_, runtime::wait_reason::shared_mutex);
    return true;
  }
  self.ticket = &ticket;
  if (runtime::park_until(self, lock_, runtime::wait_reason::shared_mutex, deadline)) return true;
  give_up(self, queue);
  return false;
}

void shared_mutex::give_up(runtime::waiter& self, runtime::wait_queue& queue) noexcept {
  detail::wake_chain chain;
  lock_.lock();
  queue.remove(self);
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  if ((state & (writing | queued)) == queued && writers_.empty()) {
    // Readers hold the lock, and the last writer that kept others out has just left.
    const std::uint32_t admitted = take_readers(chain);
    while (!state_.compare_exchange_weak(state, (state + admitted) & ~queued, std::memory_order_acq_rel,
                                         std::memory_order_relaxed)) {}
  } else if (queued_now() == 0) {
    state_.fetch_and(~queued, std::memory_order_relaxed);
  }
  lock_.unlock();
  chain.wake_all();
}

void shared_mutex::unlock() {
  for (;;) {
    std::uint32_t state = writing;
    if (state_.compare_exchange_strong(state, 0, std::memory_order_release, std::memory_order_relaxed))
      return;
    if ((state & writing) == 0) {
      throw std::logic_error(
          "leat::shared_mutex: unlock of a lock that no writer holds (unlock_shared() ends lock_shared())");
    }
    if (pass_on_from_writer()) return;
  }
}

void shared_mutex::unlock_shared() {
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    if (state < one_reader) {
      throw std::logic_error(
          "leat::shared_mutex: unlock_shared of a lock that no reader holds (unlock() ends lock())");
    }
    if ((state & queued) != 0 && state < 2 * one_reader) {
      if (pass_on_from_reader()) return;
      state = state_.load(std::memory_order_relaxed);
    } else if (state_.compare_exchange_weak(state, state - one_reader, std::memory_order_release,
                                            std::memory_order_relaxed)) {
      return;
    }
  }
}

// Under lock_: takes all readers out that wait, and returns what they add to the state.
std::uint32_t shared_mutex::take_readers(detail::wake_chain& chain) noexcept {
  std::uint32_t admitted = 0;
  while (runtime::waiter* const entry = readers_.pop()) {
    chain.add(*entry);
    admitted += one_reader;
  }
  return admitted;
}

// Hands the lock from the writer that holds it to all readers that wait, or else to the next writer. False:
// nobody waits, and the lock is still held.
bool shared_mutex::pass_on_from_writer() noexcept {
  detail::wake_chain chain;
  lock_.lock();
  std::uint32_t next = take_readers(chain);
  if (next == 0) {
    if (runtime::waiter* const writer = writers_.pop()) {
      chain.add(*writer);
      next = writing;
    }
  }
  // A writer holds the lock and lock_ is ours: nobody else moves the state.
  state_.store((next == 0 ? writing : next) | queued_now(), std::memory_order_release);
  lock_.unlock();
  chain.wake_all();
  return next != 0;
}

// Hands the lock from the last reader to a writer, or else to the readers that wait. False: as it turns out
// others read too, or nobody waits; the caller's hold stands.
bool shared_mutex::pass_on_from_reader() noexcept {
  detail::wake_chain chain;
  lock_.lock();
  // Acquires what the other readers released: the store below would else hide it from the writer.
  const std::uint32_t state = state_.load(std::memory_order_acquire);
  if (state != (one_reader | queued)) {
    lock_.unlock();
    return false;
  }
  std::uint32_t next = 0;
  if (runtime::waiter* const writer = writers_.pop()) {
    chain.add(*writer);
    next = writing;
  } else {
    next = take_readers(chain);
  }
  // `queued` keeps new readers out of the state, and we are the only old one.
  state_.store((next == 0 ? one_reader : next) | queued_now(), std::memory_order_release);
  lock_.unlock();
  chain.wake_all();
  return next != 0;
}

}  // namespace leat
