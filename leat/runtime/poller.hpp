// A worker's view of the kernel: which descriptors became ready, and where the worker sleeps when it has
// nothing to do.
//
// There are two, behind one interface: epoll_poller.hpp and uring_poller.hpp. Both are edge-triggered, and
// watch each descriptor in both directions from its first wait until it is closed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <leat/runtime/waiter.hpp>

struct io_uring_sqe;

namespace leat {
enum class poller_kind : std::uint8_t;
}

namespace leat::runtime {

class descriptor;

class poller {
 public:
  virtual ~poller() = default;
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  /// Starts to tell `entry` of events on `fd`, of room to write only with `writes`, also of what is ready
  /// already. Returns 0 or an errno value. Any thread, which holds the lock of `entry`.
  virtual int add(int fd, descriptor& entry, bool writes) noexcept = 0;

  /// Starts or ends telling `entry`, which was added here without `writes`, of room to write; what there is
  /// already is told at once. Returns 0 or an errno value. Any thread, which holds the lock of `entry`.
  virtual int tell_of_writes(int fd, descriptor& entry, bool wanted) noexcept = 0;

  /// Ends what add() started. Called before the number is closed. Any thread, without the lock.
  virtual void remove(descriptor& entry) noexcept = 0;

  /// Tells the descriptors of what has happened, without waiting. Returns the number of events. Owner only.
  int poll() noexcept { return poll_until(time_point::min(), true); }

  /// The same, for an owner that has been busy for too long. Any worker.
  int poll_for_owner() noexcept { return poll_until(time_point::min(), false); }

  /// As poll(), but sleeps until something happens, interrupt() is called or `deadline` passes. Owner only.
  int sleep(time_point deadline) noexcept { return poll_until(deadline, true); }

  /// Ends the owner's sleep, or the one that it is about to begin. Any thread.
  virtual void interrupt() noexcept = 0;

  /// Hands a request for a file to the ring of this poller, at its next look at the kernel, and completes it
  /// by file_request::complete(). False: there is no ring, and nothing has been done. Owner only.
  virtual bool start(const io_uring_sqe& request) noexcept = 0;

  /// Whether there was ever anything to ask the kernel for.
  bool used() const noexcept { return used_.load(std::memory_order_relaxed); }

 protected:
  poller() = default;

  virtual int poll_until(time_point deadline, bool owner) noexcept = 0;

  void set_used() noexcept { used_.store(true, std::memory_order_relaxed); }

 private:
  std::atomic<bool> used_{false};
};

/// What a run uses: never by_environment. automatic: epoll, and io_uring for files where it can be had.
/// Throws std::invalid_argument when LEAT_POLLER names none, and std::system_error when io_uring is asked for
/// by name and cannot be had.
poller_kind choose_poller(poller_kind wanted);

/// A poller of the kind that choose_poller() returned. Throws std::system_error when the kernel refuses (out
/// of descriptors or memory).
std::unique_ptr<poller> make_poller(poller_kind kind);

}  // namespace leat::runtime
