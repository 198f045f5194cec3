// What the kernel is to do with a file while a goroutine waits: one request to the ring of the worker on
// which the goroutine runs.
//
// It lives on the goroutine's stack. The worker's poller hands it to the kernel when the worker next looks at
// its poller, together with those of other goroutines, and wakes the goroutine when it is done.
#pragma once

#include <linux/io_uring.h>

#include <cstdint>

#include <leat/runtime/uring.hpp>
#include <leat/runtime/waiter.hpp>

namespace leat::runtime {

class file_request {
 public:
  /// Has the kernel do what `what` says, and parks the caller until it is done; nothing else ends the wait.
  /// Returns what the system call of that name would: a count, or a negative errno value. Of `what`,
  /// user_data is set here. Nothing is done when there is no ring: the caller is no worker, or its run must
  /// do without. Then it returns no_ring. -ECANCELED, -EINTR or -EFAULT may also mean that the kernel has
  /// given up, with nothing done, because the thread has ended that handed the request over: one that is no
  /// worker, and waited on a descriptor of the same poller.
  static std::int32_t perform(io_uring_sqe& what) noexcept;

  static constexpr std::int32_t no_ring = INT32_MIN;

  /// Whether any was ever handed to a ring: then the kernel may have started threads for it.
  static bool any_made() noexcept;

  /// For pollers: whether the name of a completion is one of a request, and its end.
  static bool has_name(std::uint64_t name) noexcept { return (name & 1) != 0; }
  static void complete(const uring_completion& completion) noexcept;

 private:
  waiter self_;
  spinlock guard_;  // held until the caller has stopped
  std::int32_t result_ = 0;
};

}  // namespace leat::runtime
