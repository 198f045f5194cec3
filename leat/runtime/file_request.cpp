#include <atomic>

#include <leat/runtime/file_request.hpp>
#include <leat/runtime/scheduler.hpp>

namespace leat::runtime {

namespace {

constinit std::atomic<bool> was_any_made{false};

}  // namespace

bool file_request::any_made() noexcept {
  return was_any_made.load(std::memory_order_relaxed);
}

std::int32_t file_request::perform(io_uring_sqe& what) noexcept {
  worker* here = this_worker();
  if (!here) return no_ring;
  scheduler& all = here->owner;
  file_request request;
  what.user_data = reinterpret_cast<std::uintptr_t>(&request) | 1;
  request.guard_.lock();
  all.outside.fetch_add(1, std::memory_order_relaxed);
  if (here->poll->start(what)) {
    if (!any_made()) was_any_made.store(true, std::memory_order_relaxed);
    park(request.self_, request.guard_, wait_reason::file);
  } else {
    request.result_ = no_ring;
  }
  all.outside.fetch_sub(1, std::memory_order_release);
  return request.result_;
}

void file_request::complete(const uring_completion& completion) noexcept {
  auto& request = *reinterpret_cast<file_request*>(completion.name & ~std::uint64_t{1});
  // The caller may go on, and its stack with the request vanish, as soon as it is woken. It holds its lock
  // until it has stopped, so that this cannot come too early.
  request.guard_.lock();
  request.guard_.unlock();
  request.result_ = completion.result;
  wake_in_order(request.self_);
}

}  // namespace leat::runtime
