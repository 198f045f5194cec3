#include <algorithm>
#include <chrono>

#include <leat/go.hpp>
#include <leat/net/ready_set.hpp>
#include <leat/net/system_socket.hpp>

namespace leat::net {
namespace {

using namespace std::chrono_literals;
using runtime::direction;

// How long a thread that is not a worker's sleeps before it looks at its context: nobody can wake it.
constexpr std::chrono::milliseconds thread_nap = 20ms;

// What epoll_wait(2) is to wait until `deadline`, in milliseconds, rounded up; -1: for ever.
int milliseconds_until(time_point deadline) noexcept {
  if (deadline == never) return -1;
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(rest.count(), 0, 1'000'000'000));
}

}  // namespace

result<ready_set> ready_set::open(const context& ctx) {
  if (auto cancelled = ctx.error()) return std::unexpected(cancelled);
  raw_socket epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (epoll.fd() < 0) return last_system_error();
  return ready_set(epoll.adopt(), ctx);
}

ready_set::ready_set(std::shared_ptr<runtime::descriptor> entry, const context& ctx)
    : entry_(std::move(entry)), ctx_(ctx) {
  if (!ctx.node()) return;
  cancelled_.emplace(after_func(ctx, [entry = entry_] { static_cast<void>(entry->close()); }));
}

ready_set::~ready_set() {
  if (entry_) static_cast<void>(entry_->close());
}

result<void> ready_set::watch(int fd, std::uint32_t events) noexcept {
  auto watched = entry_->with_fd([=](int epoll) -> result<void> {
    epoll_event wanted{.events = events, .data = {.fd = fd}};
    if (events == 0) {
      ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
      return {};
    }
    if (::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &wanted) == 0) return {};
    if (errno == ENOENT && ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted) == 0) return {};
    return last_system_error();
  });
  if (!watched && watched.error() == errc::closed) return std::unexpected(ctx_.error());
  return watched;
}

result<std::size_t> ready_set::wait(std::span<epoll_event> events, time_point deadline) {
  if (auto cancelled = ctx_.error()) return std::unexpected(cancelled);
  if (goroutine_id() == 0) return wait_in_thread(events, deadline);
  if (auto set = entry_->set_deadline(direction::read, deadline); !set) return std::unexpected(ctx_.error());
  const auto count = entry_->perform(direction::read, [events](int epoll) {
    const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 0);
    if (ready == 0) errno = EAGAIN;
    return ready == 0 ? -1 : ready;
  });
  if (count) return count;
  if (count.error() == errc::deadline_exceeded) return 0;
  if (count.error() == errc::closed) return std::unexpected(ctx_.error());
  return count;
}

result<std::size_t> ready_set::wait_in_thread(std::span<epoll_event> events, time_point deadline) {
  for (;;) {
    const time_point until = ctx_.node() ? std::min(deadline, deadline_after(thread_nap)) : deadline;
    const auto count = entry_->with_fd([=](int epoll) -> result<std::size_t> {
      const int ready =
          ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), milliseconds_until(until));
      if (ready >= 0) return static_cast<std::size_t>(ready);
      if (errno == EINTR) return 0;
      return last_system_error();
    });
    if (auto cancelled = ctx_.error()) return std::unexpected(cancelled);
    if (!count || *count > 0 || deadline <= clock::now()) return count;
  }
}

}  // namespace leat::net
