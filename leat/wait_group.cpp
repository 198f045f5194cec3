// The counter lives as long as a handle refers to it, or anything is still to be done. Whoever sees, under
// the lock, that neither is so any more deletes it once the lock is free: nobody else can come to it.
#include <mutex>
#include <stdexcept>

#include <leat/runtime/spinlock.hpp>
#include <leat/wait_group.hpp>
#include <leat/wake_chain.hpp>

namespace leat {
namespace {

constexpr std::ptrdiff_t count_limit = 2'000'000'000;

}  // namespace

struct wait_group::counter {
  runtime::spinlock lock;  // guards what follows
  std::ptrdiff_t references = 1;
  std::ptrdiff_t pending = 0;
  runtime::wait_queue waiting;  // empty while pending is zero
};

wait_group::wait_group() : shared_(std::make_unique<counter>().release()) {}

wait_group::wait_group(const wait_group& other) noexcept : shared_(other.shared_) {
  const std::lock_guard guard(shared_->lock);
  ++shared_->references;
}

wait_group& wait_group::operator=(const wait_group& other) noexcept {
  wait_group copy(other);
  std::swap(shared_, copy.shared_);
  return *this;
}

wait_group::~wait_group() {
  release(*shared_);
}

void wait_group::release(counter& shared) noexcept {
  shared.lock.lock();
  const bool last = --shared.references == 0 && shared.pending == 0;
  shared.lock.unlock();
  if (last) const std::unique_ptr<counter> doomed(&shared);
}

void wait_group::add(std::ptrdiff_t count) {
  change(*shared_, count);
}

void wait_group::change(counter& shared, std::ptrdiff_t count) {
  runtime::scheduling_point();
  detail::wake_chain chain;
  shared.lock.lock();
  const std::ptrdiff_t before = shared.pending;
  if (count < -before || count > count_limit - before) {
    shared.lock.unlock();
    throw std::logic_error(
        count < 0 ? "leat::wait_group: more done() than add() (call add() before the work starts)"
                  : "leat::wait_group: the count would pass two thousand million");
  }
  shared.pending = before + count;
  const bool last = shared.pending == 0 && shared.references == 0;
  if (shared.pending == 0) {
    while (runtime::waiter* const entry = shared.waiting.pop())
      chain.add(*entry);
  }
  shared.lock.unlock();
  chain.wake_all();
  if (last) const std::unique_ptr<counter> doomed(&shared);
}

void wait_group::wait() const noexcept {
  wait_limited(never);
}

bool wait_group::wait_limited(time_point deadline) const noexcept {
  runtime::scheduling_point();
  counter& shared = *shared_;
  runtime::waiter self;
  runtime::select_ticket ticket;

  shared.lock.lock();
  if (shared.pending == 0) {
    shared.lock.unlock();
    return true;
  }
  shared.waiting.push(self);
  if (deadline == never) {
    runtime::park(self, shared.lock, runtime::wait_reason::wait_group);
    return true;
  }
  self.ticket = &ticket;
  if (runtime::park_until(self, shared.lock, runtime::wait_reason::wait_group, deadline)) return true;
  shared.lock.lock();
  shared.waiting.remove(self);
  const bool ended = shared.pending == 0;
  shared.lock.unlock();
  return ended;
}

}  // namespace leat
