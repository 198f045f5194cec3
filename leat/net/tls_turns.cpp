#include <utility>

#include <leat/net/tls_turns.hpp>

namespace leat::net {

// Expects the lock held, as all that is private does.
result<void> tls_turns::may_begin() const noexcept {
  if (closed_) return fail(errc::closed);
  if (deadline_ != never && deadline_ <= clock::now()) return fail(errc::deadline_exceeded);
  return {};
}

result<void> tls_turns::begin() noexcept {
  lock_.lock();
  for (;;) {
    if (auto may = may_begin(); !may) {
      lock_.unlock();
      return may;
    }
    if (!busy_) {
      busy_ = true;
      lock_.unlock();
      return {};
    }
    runtime::select_ticket ticket;
    runtime::waiter self;
    self.ticket = &ticket;
    waiting_.push(self);
    const bool woken = runtime::park_until(self, lock_, runtime::wait_reason::descriptor_lock, deadline_);
    lock_.lock();
    if (!woken) waiting_.remove(self);
    if (!self.ok) continue;  // the deadline was moved or has come, or it is closed
    if (auto may = may_begin(); !may) {
      hand_on_and_unlock();
      return may;
    }
    lock_.unlock();
    return {};
  }
}

result<bool> tls_turns::try_begin() noexcept {
  lock_.lock();
  const auto may = may_begin();
  const bool taken = may && !busy_;
  if (taken) busy_ = true;
  lock_.unlock();
  if (!may) return std::unexpected(may.error());
  return taken;
}

bool tls_turns::end() noexcept {
  lock_.lock();
  if (asked_) {
    asked_ = false;
    lock_.unlock();
    return false;
  }
  hand_on_and_unlock();
  return true;
}

void tls_turns::hand_on_and_unlock() noexcept {
  runtime::waiter* next = waiting_.pop();
  if (next) {
    next->ok = true;
  } else {
    busy_ = false;
  }
  lock_.unlock();
  if (next) runtime::wake(*next);
}

bool tls_turns::ask() noexcept {
  lock_.lock();
  const bool first = !asked_ && !busy_;
  asked_ = true;
  lock_.unlock();
  return first;
}

void tls_turns::withdraw() noexcept {
  lock_.lock();
  asked_ = false;
  lock_.unlock();
}

void tls_turns::set_deadline(time_point when) noexcept {
  lock_.lock();
  if (when == deadline_) {
    lock_.unlock();
    return;
  }
  deadline_ = when;
  wake_all_and_unlock();  // each looks at the deadline again
}

bool tls_turns::close() noexcept {
  lock_.lock();
  closed_ = true;
  const bool was_free = !busy_;
  busy_ = true;
  wake_all_and_unlock();
  return was_free;
}

// Wakes outside of the lock. A waiter's links are free to use once it is popped, and until it is woken.
void tls_turns::wake_all_and_unlock() noexcept {
  runtime::waiter* first = nullptr;
  runtime::waiter** last = &first;
  while (runtime::waiter* next = waiting_.pop()) {
    next->next = nullptr;
    *last = next;
    last = &next->next;
  }
  lock_.unlock();
  while (first)
    runtime::wake(*std::exchange(first, first->next));
}

}  // namespace leat::net
