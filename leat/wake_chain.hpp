// Waiters that were taken out of their queues under a lock, to be woken after it has been released. Not a
// part of the public interface.
#pragma once

#include <leat/runtime/waiter.hpp>

namespace leat::detail {

class wake_chain {
 public:
  /// Adds a waiter that pop() gave, or whose ticket the caller has claimed.
  void add(runtime::waiter& popped) noexcept {
    popped.next = nullptr;
    (last_ ? last_->next : first_) = &popped;
    last_ = &popped;
  }

  /// Makes them runnable in the order in which they were added; one alone runs next. None may be touched once
  /// woken: it is gone with its stack.
  void wake_all() noexcept;

 private:
  runtime::waiter* first_ = nullptr;
  runtime::waiter* last_ = nullptr;
};

}  // namespace leat::detail
