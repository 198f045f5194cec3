#include <stdexcept>

#include <leat/once.hpp>
#include <leat/wake_chain.hpp>

namespace leat {

// True: the caller is to call its function and then finish(). False: a call has completed.
bool once::begin() {
  runtime::goroutine* const self = runtime::current();
  for (;;) {
    lock_.lock();
    const state now = state_.load(std::memory_order_relaxed);
    if (now != state::running) {
      const bool first = now == state::idle;
      if (first) {
        state_.store(state::running, std::memory_order_relaxed);
        caller_ = self;
      }
      lock_.unlock();
      return first;
    }
    if (self && self == caller_) {
      lock_.unlock();
      throw std::logic_error("leat::once: call from inside its own function (it would wait for itself)");
    }
    runtime::waiter entry;
    waiting_.push(entry);
    runtime::park(entry, lock_, runtime::wait_reason::once);
  }
}

void once::finish(state outcome) noexcept {
  detail::wake_chain chain;
  lock_.lock();
  caller_ = nullptr;
  state_.store(outcome, std::memory_order_release);
  while (runtime::waiter* const entry = waiting_.pop())
    chain.add(*entry);
  lock_.unlock();
  chain.wake_all();
}

}  // namespace leat
