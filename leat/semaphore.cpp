// Invariant, whenever lock_ is free: the first request that is still wanted asks for more than is available.
#include <limits>
#include <stdexcept>

#include <leat/semaphore.hpp>
#include <leat/wake_chain.hpp>

namespace leat {
namespace {

void require_positive(std::ptrdiff_t permits) {
  if (permits <= 0) throw std::invalid_argument("leat::semaphore: the number of permits must be above zero");
}

}  // namespace

struct semaphore::request : runtime::waiter {
  std::ptrdiff_t permits = 0;
};

semaphore::semaphore(std::ptrdiff_t permits) : available_(permits) {
  if (permits < 0)
    throw std::invalid_argument("leat::semaphore: it cannot start with fewer permits than none");
}

bool semaphore::try_acquire(std::ptrdiff_t permits) {
  require_positive(permits);
  runtime::scheduling_point();
  lock_.lock();
  const bool taken = !first_ && permits <= available_;
  if (taken) available_ -= permits;
  lock_.unlock();
  return taken;
}

bool semaphore::acquire_until(time_point deadline, std::ptrdiff_t permits) {
  require_positive(permits);
  runtime::scheduling_point();
  request self;
  self.permits = permits;
  runtime::select_ticket ticket;

  lock_.lock();
  if (!first_ && permits <= available_) {
    available_ -= permits;
    lock_.unlock();
    return true;
  }
  waiting_.push(self);
  if (!first_) first_ = &self;
  if (deadline == never) {
    runtime::park(self, lock_, runtime::wait_reason::semaphore);
    return true;
  }
  self.ticket = &ticket;
  if (runtime::park_until(self, lock_, runtime::wait_reason::semaphore, deadline)) return true;

  detail::wake_chain chain;
  lock_.lock();
  if (self.queued) unqueue(self);
  grant(chain);  // those behind may want less
  lock_.unlock();
  chain.wake_all();
  return false;
}

void semaphore::release(std::ptrdiff_t permits) {
  require_positive(permits);
  runtime::scheduling_point();
  detail::wake_chain chain;
  lock_.lock();
  if (permits > std::numeric_limits<std::ptrdiff_t>::max() - available_) {
    lock_.unlock();
    throw std::logic_error("leat::semaphore: more permits released than can be counted");
  }
  available_ += permits;
  grant(chain);
  lock_.unlock();
  chain.wake_all();
}

std::ptrdiff_t semaphore::available() const noexcept {
  lock_.lock();
  const std::ptrdiff_t free = available_;
  lock_.unlock();
  return free;
}

void semaphore::unqueue(request& entry) noexcept {
  if (first_ == &entry) first_ = static_cast<request*>(entry.next);
  waiting_.remove(entry);
}

// Serves requests from the front, until one wants more than there is. A request whose deadline has claimed it
// already is passed over: its owner finds out by itself.
void semaphore::grant(detail::wake_chain& chain) noexcept {
  while (request* const entry = first_) {
    if (entry->permits > available_) return;
    unqueue(*entry);
    if (entry->ticket) {
      if (!entry->ticket->claim()) continue;
      entry->ticket->winner = entry;
    }
    available_ -= entry->permits;
    chain.add(*entry);
  }
}

}  // namespace leat
