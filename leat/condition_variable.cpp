#include <stdexcept>

#include <leat/condition_variable.hpp>
#include <leat/wake_chain.hpp>

namespace leat {

// The waiter queues before it frees the mutex, and stays unreachable until it has parked, because lock_ is
// held: so whoever changes what is waited for, under the mutex, and then notifies, finds it.
std::cv_status condition_variable::wait_until_notified(std::unique_lock<mutex>& hold, time_point deadline) {
  if (!hold.owns_lock()) {
    throw std::logic_error(
        "leat::condition_variable: wait without holding the mutex (lock the unique_lock first)");
  }
  runtime::scheduling_point();
  runtime::waiter self;
  runtime::select_ticket ticket;
  if (deadline != never) self.ticket = &ticket;

  lock_.lock();
  waiting_.push(self);
  try {
    hold.unlock();
  } catch (...) {  // the mutex was unlocked behind the unique_lock's back
    waiting_.remove(self);
    lock_.unlock();
    throw;
  }
  bool notified = true;
  if (deadline == never) {
    runtime::park(self, lock_, runtime::wait_reason::condition);
  } else if (!runtime::park_until(self, lock_, runtime::wait_reason::condition, deadline)) {
    notified = false;
    lock_.lock();
    waiting_.remove(self);
    lock_.unlock();
  }
  hold.lock();
  return notified ? std::cv_status::no_timeout : std::cv_status::timeout;
}

void condition_variable::notify_one() noexcept {
  runtime::scheduling_point();
  if (waiting_.empty()) return;
  lock_.lock();
  runtime::waiter* const first = waiting_.pop();
  lock_.unlock();
  if (first) runtime::wake(*first);
}

void condition_variable::notify_all() noexcept {
  runtime::scheduling_point();
  if (waiting_.empty()) return;
  detail::wake_chain chain;
  lock_.lock();
  while (runtime::waiter* const entry = waiting_.pop())
    chain.add(*entry);
  lock_.unlock();
  chain.wake_all();
}

}  // namespace leat
