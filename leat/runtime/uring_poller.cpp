#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

#include <leat/runtime/descriptor.hpp>
#include <leat/runtime/file_request.hpp>
#include <leat/runtime/sanitizer.hpp>
#include <leat/runtime/uring_poller.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t completions_per_call = 128;
constexpr auto end_patience = 1s;  // for polls that end in threads which do not come by
constexpr auto deaf_sleep = 1ms;   // when the kernel has no memory for the poll that interrupts need
constexpr std::uint64_t of_writes_mark = 2;  // in the name of a poll for room to write
constexpr std::uint64_t event_name = 0;      // of the poll of event_fd_; no descriptor is there

std::uint64_t name_of(const descriptor& entry) noexcept {
  return reinterpret_cast<std::uintptr_t>(&entry);
}

}  // namespace

uring_poller::uring_poller(unsigned completions)
    : ring_(completions), event_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (event_fd_ < 0) throw std::system_error(errno, std::system_category(), "leat: cannot create a poller");
}

// Polls end here that nobody has ended, so that their descriptors, which may outlive the run, are let go.
uring_poller::~uring_poller() {
  ending_ = true;
  ring_.flush();  // what was not handed over could not be cancelled, and would be begun below
  ring_.cancel_all();
  const auto limit = std::chrono::steady_clock::now() + end_patience;
  while (unended_.load(std::memory_order_relaxed) != 0 && std::chrono::steady_clock::now() < limit)
    poll_until(clock::now() + 1ms, true);
  ::close(event_fd_);
}

// Starts a poll, and returns 0 or an errno value.
int uring_poller::watch(int fd, std::uint32_t events, std::uint64_t name, bool once) noexcept {
  io_uring_sqe request{};
  request.opcode = IORING_OP_POLL_ADD;
  request.fd = fd;
  request.len = once ? 0 : IORING_POLL_ADD_MULTI;
  request.poll32_events = events;
  request.user_data = name;
  return ring_.submit(request);
}

int uring_poller::add(int fd, descriptor& entry, bool writes) noexcept {
  set_used();
  const std::uint32_t always = EPOLLIN | EPOLLRDHUP;
  if (const int error = watch(fd, writes ? always | EPOLLOUT : always, name_of(entry)); error != 0)
    return error;
  unended_.fetch_add(1, std::memory_order_relaxed);
  entry.hold();
  return 0;
}

int uring_poller::tell_of_writes(int fd, descriptor& entry, bool wanted) noexcept {
  const std::uint64_t name = name_of(entry) | of_writes_mark;
  if (!wanted) {
    ring_.cancel(name);
    return 0;
  }
  if (const int error = watch(fd, EPOLLOUT, name, true); error != 0) return error;
  unended_.fetch_add(1, std::memory_order_relaxed);
  entry.hold();
  return 0;
}

// Polls for room to write have ended by then: they last no longer than a wait, and nobody waits any more.
void uring_poller::remove(descriptor& entry) noexcept {
  ring_.cancel(name_of(entry));
}

bool uring_poller::start(const io_uring_sqe& request) noexcept {
  set_used();
  unended_.fetch_add(1, std::memory_order_relaxed);
  if (ring_.push(request) == 0) return true;
  unended_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void uring_poller::interrupt() noexcept {
  const sanitizer::hidden_work hidden;
  if (interrupted_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_fd_, &one, sizeof one);  // fails only when already full
}

// The worker's own thread starts this poll, so that the kernel can end that thread's sleep by it. Nobody
// reads the count: each write is told of.
void uring_poller::listen_for_interrupts() noexcept {
  listens_.store(watch(event_fd_, EPOLLIN, event_name) == 0, std::memory_order_relaxed);
}

int uring_poller::poll_until(time_point deadline, bool owner) noexcept {
  if (owner && !ending_ && !listens_.load(std::memory_order_relaxed)) {
    listen_for_interrupts();
    if (!listens_.load(std::memory_order_relaxed)) deadline = std::min(deadline, clock::now() + deaf_sleep);
  }
  if (deadline == time_point::min()) {
    ring_.flush();
  } else {
    ring_.wait(deadline);
  }
  std::array<uring_completion, completions_per_call> completions;
  const std::size_t count = ring_.take(completions);
  int told = 0;
  for (std::size_t i = 0; i < count; ++i)
    told += handle(completions[i], owner) ? 1 : 0;
  return told;
}

void uring_poller::take_interrupt(const uring_completion& completion, bool owner) noexcept {
  if (ending_) return;
  if (completion.last) listen_for_interrupts();
  // An exchange: whoever finds it set leaves the interrupt to us, and we have to see why it came.
  interrupted_.exchange(false, std::memory_order_acq_rel);
  if (!owner)
    interrupt();  // it was meant for the owner, which may have gone to sleep meanwhile: say it again
}

// Whether it told a descriptor or a request of something.
bool uring_poller::handle(const uring_completion& completion, bool owner) noexcept {
  if (completion.name == event_name) {
    take_interrupt(completion, owner);
    return false;
  }
  if (file_request::has_name(completion.name)) {
    unended_.fetch_sub(1, std::memory_order_relaxed);
    if (!ending_) file_request::complete(completion);
    return true;
  }
  const bool of_writes = (completion.name & of_writes_mark) != 0;
  handle_poll(completion, *reinterpret_cast<descriptor*>(completion.name & ~of_writes_mark), of_writes);
  return completion.result > 0;
}

void uring_poller::handle_poll(const uring_completion& completion, descriptor& entry,
                               bool of_writes) noexcept {
  if (completion.result > 0) {
    const auto events = static_cast<std::uint32_t>(completion.result);
    const bool hang_up = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    entry.notify(hang_up || (events & (EPOLLIN | EPOLLPRI)) != 0,
                 (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0, hang_up);
  }
  if (!completion.last) return;
  unended_.fetch_sub(1, std::memory_order_relaxed);
  const bool failed = completion.result < 0 && completion.result != -ECANCELED;
  const bool goes_on = !ending_ && (failed || !of_writes);
  entry.poll_ended(goes_on ? this : nullptr, failed ? -completion.result : 0);
}

}  // namespace leat::runtime
