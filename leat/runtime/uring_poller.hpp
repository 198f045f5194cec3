// The poller that is built on io_uring.
//
// Each descriptor is watched by one multishot poll, from its first wait until it is closed. Such a poll holds
// on to the file: close(2) alone would only take the number away, the connection would stay open and the peer
// would never be told. So a poll is cancelled before its number is closed. The kernel then lets go of the
// file in the thread that started the poll, the worker of this poller as a rule: at once if that is the
// closing thread, else when that worker next passes through the kernel, a clock tick later at most. Until
// then, the number is closed but the connection is not.
//
// Polls may end without having been cancelled: when there is no room for a completion, and when a thread that
// is no worker, and had started one, ends. Whoever sees that starts the poll again; what was ready meanwhile
// is told at once.
//
// A completion names its descriptor by address. Between the start of a poll and its last completion the
// descriptor is kept from being recycled (descriptor::hold()), so no completion ever finds another.
#pragma once

#include <leat/runtime/poller.hpp>
#include <leat/runtime/uring.hpp>

namespace leat::runtime {

class uring_poller final : public poller {
 public:
  /// Throws std::system_error when the kernel refuses.
  explicit uring_poller(unsigned completions = uring::usual_completions);
  ~uring_poller() override;

  int add(int fd, descriptor& entry, bool writes) noexcept override;
  int tell_of_writes(int fd, descriptor& entry, bool wanted) noexcept override;
  void remove(descriptor& entry) noexcept override;
  void interrupt() noexcept override;
  bool start(const io_uring_sqe& request) noexcept override;

 private:
  int poll_until(time_point deadline, bool owner) noexcept override;
  bool handle(const uring_completion& completion, bool owner) noexcept;
  void take_interrupt(const uring_completion& completion, bool owner) noexcept;
  void handle_poll(const uring_completion& completion, descriptor& entry, bool of_writes) noexcept;
  int watch(int fd, std::uint32_t events, std::uint64_t name, bool once = false) noexcept;
  void listen_for_interrupts() noexcept;

  uring ring_;
  int event_fd_;
  std::atomic<bool> listens_{false};      // to event_fd_
  std::atomic<bool> interrupted_{false};  // an interrupt is on its way; one is enough
  std::atomic<std::int64_t> unended_{0};  // polls of descriptors, and requests for files
  bool ending_ = false;
};

}  // namespace leat::runtime
