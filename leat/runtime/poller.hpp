// A worker's view of the kernel: which descriptors became ready, and where the worker sleeps when it has
// nothing to do.
#pragma once

#include <atomic>
#include <cstdint>
#include <system_error>

#include <leat/runtime/waiter.hpp>

namespace leat::runtime {

class descriptor;

/// epoll, edge-triggered; each descriptor is registered once, for both directions.
class poller {
 public:
  /// Throws std::system_error when the kernel refuses (out of descriptors).
  poller();
  ~poller();
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  /// Starts to tell `entry` of events on `fd`, of room to write only with `writes`. Returns 0 or an errno
  /// value. Any thread.
  int add(int fd, descriptor& entry, bool writes) noexcept;

  /// Starts or ends telling `entry`, which was added here, of room to write. What it is told of and is ready
  /// now is told again. Returns 0 or an errno value. Any thread.
  int tell_of_writes(int fd, descriptor& entry, bool wanted) noexcept;

  /// Tells the descriptors of what has happened, without waiting. Returns the number of events. Owner only.
  int poll() noexcept { return poll_until(time_point::min(), true); }

  /// The same, for an owner that has been busy for too long. Any thread.
  int poll_for_owner() noexcept { return poll_until(time_point::min(), false); }

  /// As poll(), but sleeps until something happens, interrupt() is called or `deadline` passes. Owner only.
  int sleep(time_point deadline) noexcept { return poll_until(deadline, true); }

  /// Ends the owner's sleep, or the one that it is about to begin. Any thread.
  void interrupt() noexcept;

  /// Whether any descriptor was ever added: if none was, there is nothing to ask the kernel.
  bool used() const noexcept { return used_.load(std::memory_order_relaxed); }

 private:
  int poll_until(time_point deadline, bool owner) noexcept;
  void take_interrupt(bool owner) noexcept;
  int wait(void* events, int room, time_point deadline) noexcept;

  int epoll_fd_;
  int event_fd_;
  std::atomic<bool> used_{false};
  std::atomic<bool> interrupted_{false};  // an interrupt is on its way; one is enough
};

}  // namespace leat::runtime
