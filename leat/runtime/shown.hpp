#pragma once

#include <atomic>

namespace leat::runtime {

/// A variable that one thread writes and others may glance at. Their glance may be late, but never torn; on
/// the writer's side it costs what a plain variable does.
template <typename T>
class shown {
 public:
  shown() noexcept = default;
  explicit shown(T value) noexcept : value_(value) {}
  shown& operator=(T value) noexcept {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }
  operator T() const noexcept { return value_.load(std::memory_order_relaxed); }
  T operator->() const noexcept { return *this; }

 private:
  std::atomic<T> value_{};
};

}  // namespace leat::runtime
