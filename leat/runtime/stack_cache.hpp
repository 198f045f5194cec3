// A worker's own free stacks, in two lists: takes and puts go to one of them, and only when that is empty or
// full does the worker turn to the pool, for a whole list at once. So what one worker starts and another ends
// travels back without a look at each stack, of which the other's cache holds the only copy.
// After Bonwick and Adams, "Magazines and Vmem" (USENIX 2001).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include <leat/runtime/shown.hpp>
#include <leat/runtime/stack.hpp>

namespace leat::runtime {

class stack_cache {
 public:
  static constexpr std::chrono::milliseconds trim_period{100};

  /// Null when memory is out.
  goroutine* take() noexcept {
    if (front_.count == 0) {
      std::swap(front_, back_);
      if (front_.count == 0) fetch();
      if (front_.count == 0) return nullptr;
    }
    goroutine* taken = front_.head;
    front_.head = taken->next;
    --front_.count;
    size_ = size_ - 1;
    return taken;
  }

  void put(goroutine* free) noexcept {
    if (front_.count == list_most) {
      std::swap(front_, back_);
      give(front_);
    }
    free->next = front_.head;
    front_.head = free;
    ++front_.count;
    size_ = size_ + 1;
    untrimmed_ = true;
  }

  /// Gives back the pages of some that may have been deep, first of its own, then of the pool's. Not often,
  /// and not of many at a time: each takes a system call. `now_ms` may be coarse. Returns whether some are
  /// left, for which to call again after `trim_period`.
  bool trim(std::int64_t now_ms) noexcept {
    if (!untrimmed_ && !has_untrimmed_stack_list()) return false;
    if (now_ms - trimmed_ms_ < trim_period.count()) return true;
    trimmed_ms_ = now_ms;
    if (!untrimmed_) {
      trim_stack_list();
    } else {
      const std::uint32_t begin = trimmed_;
      trimmed_ += trimmed_most;
      trim_part(front_, begin, trimmed_);
      if (trimmed_ > front_.count) {
        trim_part(back_, begin > front_.count ? begin - front_.count : 0, trimmed_ - front_.count);
      }
      untrimmed_ = trimmed_ < front_.count + back_.count;
      if (!untrimmed_) trimmed_ = 0;
    }
    return untrimmed_ || has_untrimmed_stack_list();
  }

  /// Gives everything to the pool.
  void clear() noexcept {
    give(front_);
    give(back_);
  }

  /// Any thread: how many there were a moment ago.
  std::uint32_t size() const noexcept { return size_; }

 private:
  static constexpr std::uint32_t list_most = 512;
  static constexpr std::uint32_t trimmed_most = 128;

  static void trim_part(const stack_list& list, std::uint32_t begin, std::uint32_t end) noexcept {
    const goroutine* one = list.head;
    for (std::uint32_t i = 0; i < std::min(end, list.count); ++i, one = one->next) {
      if (i >= begin) trim_stack(*one);
    }
  }

  void fetch() noexcept {
    front_ = take_stack_list();
    size_ = front_.count;
  }

  void give(stack_list& list) noexcept {
    if (list.count == 0) return;
    size_ = size_ - list.count;
    give_stack_list(std::exchange(list, {}));
  }

  stack_list front_;
  stack_list back_;
  shown<std::uint32_t> size_;
  bool untrimmed_ = false;
  std::uint32_t trimmed_ = 0;  // so many from the front, in this round
  std::int64_t trimmed_ms_ = 0;
};

}  // namespace leat::runtime
