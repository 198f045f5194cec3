// One io_uring instance: requests go to the kernel, completions come back, both through memory that is shared
// with it. See io_uring(7), io_uring_setup(2), io_uring_enter(2) and io_uring_register(2).
//
// By raw system calls, and not by liburing: any thread may submit and any may take completions, so both ends
// need locks of ours around them; little else of liburing would be left, and every program that links leat's
// archive would have to link it too.
//
// What a completion costs depends on who submitted the request: the kernel runs its last part in the thread
// that did, when that thread next passes through the kernel or, if it computes, at the next tick of its
// processor's clock (IORING_SETUP_COOP_TASKRUN). When the thread has ended, the request is given up
// instead: -ECANCELED, or -EFAULT for a read.
//
// Rejected: IORING_SETUP_SINGLE_ISSUER with IORING_SETUP_DEFER_TASKRUN. It is the cheapest setting of the
// kernel, but completions then come only to the thread that made the ring, and only while it asks for them:
// nobody could help a worker that is stuck behind a goroutine, or take out what another worker's ring
// watches.
#pragma once

#include <linux/io_uring.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include <leat/runtime/clock.hpp>
#include <leat/runtime/spinlock.hpp>

namespace leat::runtime {

/// What the kernel says of a request.
struct uring_completion {
  std::uint64_t name;   // the request's user_data
  std::int32_t result;  // negative: an errno value
  bool last;            // the request completes no more
};

class uring {
 public:
  static constexpr unsigned usual_completions = 4096;

  /// `completions`: how many may wait to be taken, rounded up to a power of two. More wait in the kernel, and
  /// end requests that complete more than once. Throws std::system_error when the kernel refuses, or is older
  /// than 6.0.
  explicit uring(unsigned completions = usual_completions);
  ~uring();
  uring(const uring&) = delete;
  uring& operator=(const uring&) = delete;

  /// Hands a request to the kernel, and those that were pushed before it. Returns 0 or an errno value; then
  /// the kernel has not got it. Any thread.
  int submit(const io_uring_sqe& request) noexcept;

  /// Leaves a request to the next submit(), flush() or wait(). Returns 0 or an errno value. Any thread.
  int push(const io_uring_sqe& request) noexcept;

  /// Hands over what was pushed, and has the kernel finish what it put off until the caller comes by. No
  /// system call where there is neither. Any worker.
  void flush() noexcept;

  /// As flush(), but then sleeps until a completion can be taken, a signal comes or `deadline` passes.
  void wait(time_point deadline) noexcept;

  /// Takes as many completions as there are and `out` holds. Any thread.
  std::size_t take(std::span<uring_completion> out) noexcept;

  /// Readable for epoll whenever a completion can be taken.
  int number() const noexcept { return fd_; }

  /// Cancels the request, or all of them; each still completes, with -ECANCELED if it was in time. Does not
  /// wait for that. Any thread.
  void cancel(std::uint64_t name) noexcept;
  void cancel_all() noexcept;

 private:
  using shared_word = std::atomic_ref<std::uint32_t>;

  void map_rings(const io_uring_params& made);
  void unmap() noexcept;
  shared_word word(std::uint32_t offset) const noexcept;
  std::uint32_t unsubmitted() const noexcept;
  int place(const io_uring_sqe& request) noexcept;
  int submit_all() noexcept;
  long enter(unsigned to_submit, unsigned to_wait_for, unsigned flags, const void* argument = nullptr,
             std::size_t argument_bytes = 0) noexcept;
  void cancel(std::uint64_t name, unsigned flags) noexcept;

  int fd_ = -1;
  unsigned wait_flags_ = 0;
  std::byte* rings_ = nullptr;
  std::size_t rings_bytes_ = 0;
  io_uring_sqe* requests_ = nullptr;
  std::size_t requests_bytes_ = 0;
  io_sqring_offsets request_offsets_{};
  io_cqring_offsets completion_offsets_{};
  std::uint32_t request_room_ = 0;
  std::uint32_t completion_room_ = 0;

  spinlock submit_lock_;                // guards the requests, and is held while the kernel takes them
  std::atomic<std::uint32_t> tail_{0};  // of the requests; written under submit_lock_
  spinlock take_lock_;                  // guards the completions
};

/// Why io_uring cannot be had, as an errno value, or 0 when it can. Asks the kernel until that has
/// said yes or no.
int why_no_uring() noexcept;

}  // namespace leat::runtime
