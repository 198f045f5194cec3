#include <limits>
#include <mutex>
#include <stdexcept>

#include <leat/task_group.hpp>

namespace leat {

task_group::task_group(const context& parent) : cancelable_(with_cancel(parent)) {}

task_group::~task_group() {
  cancel();
  tasks_.wait();
}

void task_group::limit(std::size_t count) {
  if (count == 0) throw std::invalid_argument("leat::task_group: a limit of zero would let no task run");
  if (count > static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max())) {
    throw std::invalid_argument("leat::task_group: the limit is larger than can be counted");
  }
  if (begun_.load(std::memory_order_relaxed)) {
    throw std::logic_error("leat::task_group: limit() after the first task (set it before go())");
  }
  places_ = std::make_unique<semaphore>(static_cast<std::ptrdiff_t>(count));
}

void task_group::enter() {
  begun_.store(true, std::memory_order_relaxed);
  if (places_) places_->acquire();
}

bool task_group::try_enter() {
  begun_.store(true, std::memory_order_relaxed);
  return !places_ || places_->try_acquire();
}

void task_group::leave() noexcept {
  if (places_) places_->release();
}

// Only the first failure counts: those that follow are mostly its echo.
void task_group::fail(std::error_code error, std::exception_ptr exception) noexcept {
  {
    const std::lock_guard guard(lock_);
    if (failed_) return;
    failed_ = true;
    error_ = error;
    exception_ = std::move(exception);
  }
  cancelable_.cancel(error);
}

result<void> task_group::wait() {
  tasks_.wait();
  cancel();
  const std::lock_guard guard(lock_);
  if (exception_) std::rethrow_exception(exception_);
  if (failed_) return std::unexpected(error_);
  return {};
}

}  // namespace leat
