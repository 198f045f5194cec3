#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <system_error>

#include <leat/runtime/uring.hpp>

namespace leat::runtime {
namespace {

constexpr unsigned request_room = 256;
constexpr unsigned needed_features =
    IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_POLL_32BITS | IORING_FEAT_EXT_ARG;

// Linux 6.15: a thread that sleeps in its ring does not make its processor look as if it waited for a disk.
constexpr unsigned feature_no_iowait = 1U << 17;
constexpr unsigned enter_no_iowait = 1U << 7;

std::byte* map(int fd, std::uint64_t what, std::size_t bytes) {
  void* place =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, static_cast<off_t>(what));
  if (place == MAP_FAILED)
    throw std::system_error(errno, std::system_category(), "leat: cannot map an io_uring");
  ::madvise(place, bytes, MADV_DONTFORK);  // a child must not use its parent's ring
  return static_cast<std::byte*>(place);
}

__kernel_timespec to_timespec(clock::duration span) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(span - seconds);
  return {.tv_sec = seconds.count(), .tv_nsec = rest.count()};
}

}  // namespace

uring::uring(unsigned completions) {
  io_uring_params wanted{};
  wanted.flags = IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
  wanted.cq_entries = completions;
  const unsigned requests = std::min(request_room, completions);
  fd_ = static_cast<int>(::syscall(SYS_io_uring_setup, requests, &wanted));
  if (fd_ < 0) throw std::system_error(errno, std::system_category(), "leat: cannot create an io_uring");
  if (wanted.features & feature_no_iowait) wait_flags_ = enter_no_iowait;
  try {
    if ((wanted.features & needed_features) != needed_features) {
      throw std::system_error(ENOSYS, std::system_category(), "leat: io_uring needs Linux 6.0");
    }
    map_rings(wanted);
  } catch (...) {
    unmap();
    throw;
  }
}

uring::~uring() {
  unmap();
}

void uring::map_rings(const io_uring_params& made) {
  request_offsets_ = made.sq_off;
  completion_offsets_ = made.cq_off;
  request_room_ = made.sq_entries;
  completion_room_ = made.cq_entries;
  rings_bytes_ = std::max(made.sq_off.array + made.sq_entries * sizeof(std::uint32_t),
                          made.cq_off.cqes + made.cq_entries * sizeof(io_uring_cqe));
  rings_ = map(fd_, IORING_OFF_SQ_RING, rings_bytes_);
  requests_bytes_ = made.sq_entries * sizeof(io_uring_sqe);
  requests_ = reinterpret_cast<io_uring_sqe*>(map(fd_, IORING_OFF_SQES, requests_bytes_));
  // The ring holds numbers of requests. Ours always go round in the same order.
  for (std::uint32_t i = 0; i < request_room_; ++i)
    word(static_cast<std::uint32_t>(request_offsets_.array + i * sizeof(std::uint32_t)))
        .store(i, std::memory_order_relaxed);
}

void uring::unmap() noexcept {
  if (requests_) ::munmap(requests_, requests_bytes_);
  if (rings_) ::munmap(rings_, rings_bytes_);
  ::close(fd_);
}

uring::shared_word uring::word(std::uint32_t offset) const noexcept {
  return shared_word(*reinterpret_cast<std::uint32_t*>(rings_ + offset));
}

std::uint32_t uring::unsubmitted() const noexcept {
  return tail_.load(std::memory_order_relaxed) - word(request_offsets_.head).load(std::memory_order_acquire);
}

long uring::enter(unsigned to_submit, unsigned to_wait_for, unsigned flags, const void* argument,
                  std::size_t argument_bytes) noexcept {
  return ::syscall(SYS_io_uring_enter, fd_, to_submit, to_wait_for, flags, argument, argument_bytes);
}

// Expects the lock held.
int uring::place(const io_uring_sqe& request) noexcept {
  if (unsubmitted() == request_room_) {
    const int error = submit_all();
    if (unsubmitted() == request_room_) return error;
  }
  const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
  requests_[tail & (request_room_ - 1)] = request;
  tail_.store(tail + 1, std::memory_order_relaxed);
  word(request_offsets_.tail).store(tail + 1, std::memory_order_release);
  return 0;
}

// Expects the lock held: nobody else moves the tail, so one that the kernel has not taken can be taken back.
int uring::submit_all() noexcept {
  while (const std::uint32_t count = unsubmitted()) {
    const long taken = enter(count, 0, 0);
    if (taken < 0 && errno != EINTR) return errno;
    if (taken == 0) return EAGAIN;
  }
  return 0;
}

int uring::submit(const io_uring_sqe& request) noexcept {
  const std::lock_guard guard(submit_lock_);
  if (const int error = place(request); error != 0) return error;
  const int error = submit_all();
  if (unsubmitted() == 0) return 0;
  // They are taken in order, so the last one, which is ours, was not.
  const std::uint32_t tail = tail_.load(std::memory_order_relaxed) - 1;
  tail_.store(tail, std::memory_order_relaxed);
  word(request_offsets_.tail).store(tail, std::memory_order_release);
  return error;
}

int uring::push(const io_uring_sqe& request) noexcept {
  const std::lock_guard guard(submit_lock_);
  return place(request);
}

void uring::flush() noexcept {
  if (unsubmitted() != 0) {
    const std::lock_guard guard(submit_lock_);
    submit_all();
  }
  constexpr std::uint32_t put_off = IORING_SQ_CQ_OVERFLOW | IORING_SQ_TASKRUN;
  if ((word(request_offsets_.flags).load(std::memory_order_relaxed) & put_off) != 0)
    enter(0, 0, IORING_ENTER_GETEVENTS);
}

void uring::wait(time_point deadline) noexcept {
  flush();
  if (word(completion_offsets_.tail).load(std::memory_order_acquire) !=
      word(completion_offsets_.head).load(std::memory_order_relaxed)) {
    return;
  }
  if (deadline == time_point::max()) {
    enter(0, 1, IORING_ENTER_GETEVENTS | wait_flags_);
    return;
  }
  const __kernel_timespec timeout = to_timespec(std::max(deadline - clock::now(), clock::duration::zero()));
  io_uring_getevents_arg argument{};
  argument.ts = reinterpret_cast<std::uintptr_t>(&timeout);
  enter(0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG | wait_flags_, &argument, sizeof argument);
}

std::size_t uring::take(std::span<uring_completion> out) noexcept {
  const std::lock_guard guard(take_lock_);
  const std::uint32_t head = word(completion_offsets_.head).load(std::memory_order_relaxed);
  const std::uint32_t tail = word(completion_offsets_.tail).load(std::memory_order_acquire);
  const std::byte* const ring = rings_ + completion_offsets_.cqes;
  const std::size_t count = std::min<std::size_t>(tail - head, out.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = (head + i) & (completion_room_ - 1);
    const auto& one = *reinterpret_cast<const io_uring_cqe*>(ring + place * sizeof(io_uring_cqe));
    out[i] = {.name = one.user_data, .result = one.res, .last = (one.flags & IORING_CQE_F_MORE) == 0};
  }
  if (count != 0) {
    word(completion_offsets_.head).store(head + static_cast<std::uint32_t>(count), std::memory_order_release);
  }
  return count;
}

void uring::cancel(std::uint64_t name) noexcept {
  cancel(name, 0);
}

void uring::cancel_all() noexcept {
  cancel(0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
}

// Finding none is no failure: it has completed, then. The time limit of zero is for requests that have begun.
void uring::cancel(std::uint64_t name, unsigned flags) noexcept {
  io_uring_sync_cancel_reg which{};
  which.addr = name;
  which.fd = -1;
  which.flags = flags;
  ::syscall(SYS_io_uring_register, fd_, IORING_REGISTER_SYNC_CANCEL, &which, 1);
}

namespace {

// Tries all that pollers need: multishot polls, and to cancel them from outside (Linux 6.0).
void try_uring() {
  const int event = ::eventfd(1, EFD_CLOEXEC);
  if (event < 0) throw std::system_error(errno, std::system_category());
  const struct closer {
    int fd;
    ~closer() { ::close(fd); }
  } closes_it{event};
  uring ring(8);
  io_uring_sqe watch{};
  watch.opcode = IORING_OP_POLL_ADD;
  watch.fd = event;
  watch.len = IORING_POLL_ADD_MULTI;
  watch.poll32_events = POLLIN;
  watch.user_data = 1;
  if (const int error = ring.submit(watch); error != 0)
    throw std::system_error(error, std::system_category());
  std::array<uring_completion, 2> done{};
  if (ring.take(done) != 1 || done[0].result != POLLIN || done[0].last)
    throw std::system_error(ENOSYS, std::system_category());
  ring.cancel(1);
  ring.flush();
  if (ring.take(done) != 1 || done[0].result != -ECANCELED)
    throw std::system_error(ENOSYS, std::system_category());
}

}  // namespace

int why_no_uring() noexcept {
  static std::atomic<int> known{-1};
  int reason = known.load(std::memory_order_relaxed);
  if (reason >= 0) return reason;
  try {
    try_uring();
    reason = 0;
  } catch (const std::system_error& error) {
    reason = error.code().value();
  }
  const bool may_pass = reason == EMFILE || reason == ENFILE || reason == ENOMEM;
  if (!may_pass) known.store(reason, std::memory_order_relaxed);
  return reason;
}

}  // namespace leat::runtime
