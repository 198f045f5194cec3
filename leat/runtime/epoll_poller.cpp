#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <system_error>
#include <utility>

#include <leat/runtime/descriptor.hpp>
#include <leat/runtime/epoll_poller.hpp>
#include <leat/runtime/sanitizer.hpp>

namespace leat::runtime {
namespace {

constexpr int events_per_call = 128;

// The kernel may lack epoll_pwait2 (before 5.11); then waits are rounded up to milliseconds.
std::atomic<bool> has_precise_wait{true};

timespec to_timespec(clock::duration span) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(span - seconds);
  return {static_cast<time_t>(seconds.count()), static_cast<long>(rest.count())};
}

epoll_event interest_in(descriptor& entry, bool writes) noexcept {
  epoll_event wanted{};
  wanted.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  if (writes) wanted.events |= EPOLLOUT;
  wanted.data.ptr = &entry;
  return wanted;
}

}  // namespace

epoll_poller::epoll_poller()
    : epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)), event_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  epoll_event wanted{};
  wanted.events = EPOLLIN | EPOLLET;
  wanted.data.ptr = nullptr;
  if (epoll_fd_ < 0 || event_fd_ < 0 || ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, event_fd_, &wanted) != 0) {
    const int error = errno;
    if (epoll_fd_ >= 0) ::close(epoll_fd_);
    if (event_fd_ >= 0) ::close(event_fd_);
    throw std::system_error(error, std::system_category(), "leat: cannot create a poller");
  }
}

epoll_poller::~epoll_poller() {
  ::close(event_fd_);
  ::close(epoll_fd_);
}

int epoll_poller::add(int fd, descriptor& entry, bool writes) noexcept {
  set_used();
  epoll_event wanted = interest_in(entry, writes);
  return ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &wanted) == 0 ? 0 : errno;
}

int epoll_poller::tell_of_writes(int fd, descriptor& entry, bool wanted) noexcept {
  epoll_event changed = interest_in(entry, wanted);
  return ::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &changed) == 0 ? 0 : errno;
}

void epoll_poller::interrupt() noexcept {
  const sanitizer::hidden_work hidden;
  if (interrupted_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_fd_, &one, sizeof one);  // fails only when already full
}

int epoll_poller::wait(void* events, int room, time_point deadline) noexcept {
  auto* list = static_cast<epoll_event*>(events);
  if (deadline == time_point::min()) return ::epoll_wait(epoll_fd_, list, room, 0);
  if (deadline == time_point::max()) return ::epoll_wait(epoll_fd_, list, room, -1);
  const auto left = std::max(deadline - clock::now(), clock::duration::zero());
  if (has_precise_wait.load(std::memory_order_relaxed)) {
    const timespec timeout = to_timespec(left);
    const int count = ::epoll_pwait2(epoll_fd_, list, room, &timeout, nullptr);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    has_precise_wait.store(false, std::memory_order_relaxed);
  }
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return ::epoll_wait(epoll_fd_, list, room, static_cast<int>(std::min<std::int64_t>(ms, INT_MAX)));
}

void epoll_poller::take_interrupt(bool owner) noexcept {
  std::uint64_t ignored;
  [[maybe_unused]] const auto taken = ::read(event_fd_, &ignored, sizeof ignored);
  // An exchange: whoever finds it set leaves the interrupt to us, and we have to see why it came.
  interrupted_.exchange(false, std::memory_order_acq_rel);
  if (!owner)
    interrupt();  // it was meant for the owner, which may have gone to sleep meanwhile: say it again
}

int epoll_poller::poll_until(time_point deadline, bool owner) noexcept {
  std::array<epoll_event, events_per_call> events;
  const int count = wait(events.data(), events_per_call, deadline);
  int told = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (!event.data.ptr) {
      take_interrupt(owner);
      continue;
    }
    constexpr std::uint32_t ends = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    const bool hang_up = (event.events & ends) != 0;
    static_cast<descriptor*>(event.data.ptr)
        ->notify(hang_up || (event.events & (EPOLLIN | EPOLLPRI)) != 0,
                 (event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0, hang_up);
    ++told;
  }
  return told;
}

}  // namespace leat::runtime
