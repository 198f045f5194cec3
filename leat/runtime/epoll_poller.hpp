// The poller that is built on epoll.
#pragma once

#include <leat/runtime/poller.hpp>
#include <leat/runtime/uring.hpp>

namespace leat::runtime {

/// epoll, edge-triggered; each descriptor is registered once.
class epoll_poller final : public poller {
 public:
  /// `with_ring`: files may use io_uring, if the kernel has it. Throws std::system_error when the kernel
  /// refuses (out of descriptors).
  explicit epoll_poller(bool with_ring);
  ~epoll_poller() override;

  int add(int fd, descriptor& entry, bool writes) noexcept override;
  int tell_of_writes(int fd, descriptor& entry, bool wanted) noexcept override;
  void remove(descriptor&) noexcept override {}  // close(2) does
  void interrupt() noexcept override;
  bool start(const io_uring_sqe& request) noexcept override;

 private:
  int poll_until(time_point deadline, bool owner) noexcept override;
  void take_interrupt(bool owner) noexcept;
  uring* ring_for_files() noexcept;
  int take_files() noexcept;
  int wait(void* events, int room, time_point deadline) noexcept;

  int epoll_fd_;
  int event_fd_;
  std::atomic<bool> may_have_ring_;       // so far; only the owner asks
  std::atomic<uring*> files_{nullptr};    // made by the owner, and kept
  std::atomic<std::int64_t> unended_{0};  // requests for files
  bool ending_ = false;
  std::atomic<bool> interrupted_{false};  // an interrupt is on its way; one is enough
};

}  // namespace leat::runtime
