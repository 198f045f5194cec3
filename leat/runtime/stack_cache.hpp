// A worker's own free stacks, in two lists: takes and puts go to one of them, and only when that is empty or
// full does the worker turn to the pool, for a whole list at once. So what one worker starts and another ends
// travels back without a look at each stack, of which the other's cache holds the only copy.
// After Bonwick and Adams, "Magazines and Vmem" (USENIX 2001).
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include <leat/runtime/shown.hpp>
#include <leat/runtime/stack.hpp>

namespace leat::runtime {

class stack_cache {
 public:
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

  /// Gives back the pages of those that were used last, as far as they were deep; but not often, since it takes
  /// a system call for each, which other processors are interrupted for. `now_ms` may be coarse.
  void trim(std::int64_t now_ms) noexcept {
    if (!untrimmed_ || now_ms - trimmed_ms_ < trim_period_ms) return;
    untrimmed_ = false;
    trimmed_ms_ = now_ms;
    const goroutine* one = front_.head;
    for (std::uint32_t left = std::min(front_.count, trimmed_most); left > 0; --left, one = one->next)
      trim_stack(*one);
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
  static constexpr std::uint32_t trimmed_most = 64;
  static constexpr std::int64_t trim_period_ms = 100;

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
  std::int64_t trimmed_ms_ = 0;
};

}  // namespace leat::runtime
