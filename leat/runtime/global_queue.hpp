// The queue that all workers share: goroutines linked by their `next`, first in, first out.
//
// Nobody follows the links under the lock, because each costs a cache miss: whoever takes some takes the
// whole list, for a moment, and puts the rest back in front. Others find nothing meanwhile, though size()
// tells that there is something.
//
// Orderings: the links and both ends are only touched under the lock, or by the one that has taken the list
// out; the lock orders what was written before push(). `size_` is written under the lock and read without it.
// It is sequentially consistent because a worker that falls asleep and a thread that makes something runnable
// must not miss each other (see scheduler.hpp): the one pushes and then looks at `searching`, the other gives
// up `searching` and then looks here. While some are being taken out it still counts them.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>

#include <leat/runtime/goroutine.hpp>

namespace leat::runtime {

class global_queue {
 public:
  /// What it was at some moment.
  std::size_t size() const noexcept { return size_.load(std::memory_order_seq_cst); }

  /// Appends `count` goroutines that are linked from `head` to `tail`.
  void push(goroutine* head, goroutine* tail, std::size_t count) noexcept {
    tail->next = nullptr;
    const std::lock_guard guard(lock_);
    (tail_ ? tail_->next : head_) = head;
    tail_ = tail;
    size_.store(size_.load(std::memory_order_relaxed) + count, std::memory_order_seq_cst);
  }

  /// Calls `visit` for the first ones, `most` of them if there are so many, and takes them out.
  template <typename Visit>
  void take(std::size_t most, Visit&& visit) noexcept {
    if (most == 0 || size_.load(std::memory_order_relaxed) == 0) return;
    lock_.lock();
    goroutine* rest = std::exchange(head_, nullptr);
    goroutine* const last = std::exchange(tail_, nullptr);
    lock_.unlock();
    std::size_t taken = 0;
    for (; rest && taken < most; ++taken) {
      goroutine* const next = rest->next;  // before it is visible to others, who may run it
      visit(rest);
      rest = next;
    }
    if (taken == 0) return;
    const std::lock_guard guard(lock_);
    size_.store(size_.load(std::memory_order_relaxed) - taken, std::memory_order_seq_cst);
    if (!rest) return;
    last->next = head_;
    if (!tail_) tail_ = last;
    head_ = rest;
  }

 private:
  spinlock lock_;  // guards what follows
  goroutine* head_ = nullptr;
  goroutine* tail_ = nullptr;
  std::atomic<std::size_t> size_{0};  // may be read without it
};

}  // namespace leat::runtime
