// A wait that ends at a deadline, for waiters under locks that timer callbacks take: the timer is armed
// first, then the locks are taken, then the caller parks.
#pragma once

#include <cstddef>

#include <leat/runtime/waiter.hpp>

namespace leat::runtime {

class deadline_wait {
 public:
  /// Arms a timer that claims `self.ticket` at `deadline`. From now on the ticket may be claimed at any
  /// moment: who wants to complete something without parking must claim it first.
  deadline_wait(waiter& self, time_point deadline) noexcept;
  ~deadline_wait();
  deadline_wait(const deadline_wait&) = delete;
  deadline_wait& operator=(const deadline_wait&) = delete;

  /// Parks; `release(argument)` runs once the caller has stopped. True: woken. False: the deadline won the
  /// ticket.
  bool park(void (*release)(void*), void* argument, wait_reason reason) noexcept;

 private:
  waiter& self_;
  const time_point deadline_;
  alignas(16) std::byte storage_[96];
};

}  // namespace leat::runtime
