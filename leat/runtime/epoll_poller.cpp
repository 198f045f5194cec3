#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

#include <leat/runtime/descriptor.hpp>
#include <leat/runtime/epoll_poller.hpp>
#include <leat/runtime/file_request.hpp>
#include <leat/runtime/sanitizer.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;

constexpr int events_per_call = 128;
constexpr unsigned completions_of_files = 512;
constexpr auto end_patience = 1s;

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

epoll_poller::epoll_poller(bool with_ring)
    : epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)),
      event_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      may_have_ring_(with_ring) {
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

// What was asked of files goes on into buffers that may vanish with the run: its end is waited for, if it
// comes soon.
epoll_poller::~epoll_poller() {
  ending_ = true;
  const std::unique_ptr<uring> files(files_.load(std::memory_order_acquire));
  if (files) {
    files->flush();
    files->cancel_all();
  }
  const auto limit = std::chrono::steady_clock::now() + end_patience;
  while (unended_.load(std::memory_order_relaxed) != 0 && std::chrono::steady_clock::now() < limit) {
    files->wait(clock::now() + 1ms);
    take_files();
  }
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

// Null: there is none.
uring* epoll_poller::ring_for_files() noexcept {
  if (uring* made = files_.load(std::memory_order_acquire)) return made;
  if (!may_have_ring_.load(std::memory_order_relaxed)) return nullptr;
  may_have_ring_.store(false, std::memory_order_relaxed);  // whatever goes wrong, goes wrong once
  if (why_no_uring() != 0) return nullptr;
  try {
    auto made = std::make_unique<uring>(completions_of_files);
    epoll_event wanted{};
    wanted.events = EPOLLIN | EPOLLET;
    wanted.data.ptr = this;
    if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, made->number(), &wanted) != 0) return nullptr;
    files_.store(made.get(), std::memory_order_release);
    return made.release();
  } catch (const std::exception&) {  // no descriptors, no memory: the pool serves as well
    return nullptr;
  }
}

bool epoll_poller::start(const io_uring_sqe& request) noexcept {
  uring* const files = ring_for_files();
  if (!files) return false;
  set_used();
  unended_.fetch_add(1, std::memory_order_relaxed);
  if (files->push(request) == 0) return true;
  unended_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

// Hands over what was asked for, and tells of all that has been done: what is left would be no news to epoll.
// Returns how much was done.
int epoll_poller::take_files() noexcept {
  uring* const files = files_.load(std::memory_order_acquire);
  if (!files) return 0;
  files->flush();
  std::array<uring_completion, events_per_call> done;
  int total = 0;
  for (std::size_t count = done.size(); count == done.size();) {
    count = files->take(done);
    for (std::size_t i = 0; i < count; ++i) {
      unended_.fetch_sub(1, std::memory_order_relaxed);
      if (!ending_) file_request::complete(done[i]);
    }
    total += static_cast<int>(count);
  }
  return total;
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
  int told = take_files();
  if (told != 0) deadline = time_point::min();
  std::array<epoll_event, events_per_call> events;
  const int count = wait(events.data(), events_per_call, deadline);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (!event.data.ptr) {
      take_interrupt(owner);
      continue;
    }
    if (event.data.ptr == this) continue;  // the ring: looked at below
    constexpr std::uint32_t ends = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    const bool hang_up = (event.events & ends) != 0;
    static_cast<descriptor*>(event.data.ptr)
        ->notify(hang_up || (event.events & (EPOLLIN | EPOLLPRI)) != 0,
                 (event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0, hang_up);
    ++told;
  }
  // Not only after an event: to finish requests, the kernel ends the sleep of whoever made them.
  return told + take_files();
}

}  // namespace leat::runtime
