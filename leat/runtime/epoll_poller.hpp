// The poller that is built on epoll.
#pragma once

#include <leat/runtime/poller.hpp>

namespace leat::runtime {

/// epoll, edge-triggered; each descriptor is registered once.
class epoll_poller final : public poller {
 public:
  /// Throws std::system_error when the kernel refuses (out of descriptors).
  epoll_poller();
  ~epoll_poller() override;

  int add(int fd, descriptor& entry, bool writes) noexcept override;
  int tell_of_writes(int fd, descriptor& entry, bool wanted) noexcept override;
  void remove(descriptor&) noexcept override {}  // close(2) does
  void interrupt() noexcept override;

 private:
  int poll_until(time_point deadline, bool owner) noexcept override;
  void take_interrupt(bool owner) noexcept;
  int wait(void* events, int room, time_point deadline) noexcept;

  int epoll_fd_;
  int event_fd_;
  std::atomic<bool> interrupted_{false};  // an interrupt is on its way; one is enough
};

}  // namespace leat::runtime
