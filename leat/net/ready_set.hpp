// Waiting for any of several descriptors at once: an epoll(7) instance of its own, which is itself a
// descriptor that the runtime's poller watches. Not for users.
//
// For sockets that are used for a moment only: connections that race each other, questions to name servers.
// Whatever waits here runs in one goroutine and owns its sockets, so giving up is returning: there is nobody
// else to be stopped.
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include <leat/net/wait_limits.hpp>

namespace leat::runtime {
class descriptor;
}

namespace leat::net {

class ready_set {
 public:
  /// An empty set, whose waits `ctx` ends. Errors: those of epoll_create1(2).
  static result<ready_set> open(const context& ctx);

  ready_set(ready_set&&) noexcept = default;
  ready_set& operator=(ready_set&&) noexcept = delete;
  ~ready_set();

  /// Watches `fd` for `events` (EPOLLIN, EPOLLOUT; 0: no more) from now on, level-triggered; `data.fd` tells
  /// of which it was. To be told 0 before it is closed. Errors: those of epoll_ctl(2), and of the context.
  result<void> watch(int fd, std::uint32_t events) noexcept;

  /// Parks the goroutine (outside the runtime: blocks the thread) until one of them is ready. Returns how
  /// many are told of in `events`; 0 when `deadline` has passed. Errors: that of the context.
  result<std::size_t> wait(std::span<epoll_event> events, time_point deadline);

 private:
  ready_set(std::shared_ptr<runtime::descriptor> entry, const context& ctx);

  result<std::size_t> wait_in_thread(std::span<epoll_event> events, time_point deadline);

  std::shared_ptr<runtime::descriptor> entry_;  // shared with what the context runs when it is cancelled
  context ctx_;
  std::optional<stop_handle> cancelled_;
};

}  // namespace leat::net
