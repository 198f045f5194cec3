// How much the store may hold, and how much of that is taken. Thread-safe.
//
// Space is taken before bytes are written and given back when they are gone: what is taken is never less than
// what is on the disk, so two uploads cannot both fit into the last gap.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace hub::files {

class quota {
 public:
  explicit quota(std::uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // Takes all of `bytes`, or nothing and returns false.
  bool take(std::uint64_t bytes) {
    auto taken = taken_bytes_.load(std::memory_order_relaxed);
    do {
      if (taken > limit_bytes_ || bytes > limit_bytes_ - taken) return false;
    } while (!taken_bytes_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
    return true;
  }

  // Counts what is there already, whether it fits or not.
  void count(std::uint64_t bytes) { taken_bytes_.fetch_add(bytes, std::memory_order_relaxed); }

  // Someone else may have shortened a file by hand, so the sum stops at zero instead of wrapping.
  void give_back(std::uint64_t bytes) {
    auto taken = taken_bytes_.load(std::memory_order_relaxed);
    while (!taken_bytes_.compare_exchange_weak(taken, taken > bytes ? taken - bytes : 0,
                                               std::memory_order_relaxed)) {}
  }

  std::uint64_t taken_bytes() const { return taken_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t limit_bytes() const { return limit_bytes_; }

 private:
  const std::uint64_t limit_bytes_;
  std::atomic<std::uint64_t> taken_bytes_{0};
};

// Space that one upload has taken; given back when it ends without being kept.
class reservation {
 public:
  explicit reservation(quota& from) : from_(&from) {}
  reservation(reservation&& other) noexcept
      : from_(std::exchange(other.from_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  reservation& operator=(reservation&&) = delete;
  ~reservation() {
    if (from_ != nullptr) from_->give_back(bytes_);
  }

  std::uint64_t bytes() const { return bytes_; }

  // Has at least `bytes` afterwards, or returns false.
  bool grow_to(std::uint64_t bytes) {
    if (bytes <= bytes_) return true;
    if (!from_->take(bytes - bytes_)) return false;
    bytes_ = bytes;
    return true;
  }

  // Takes over what was counted before, for a file that becomes this upload.
  void adopt(std::uint64_t bytes) { bytes_ += bytes; }

  // Leaves `bytes` taken for good, for a file that stays; the rest is given back.
  void keep(std::uint64_t bytes) {
    if (bytes_ > bytes) from_->give_back(bytes_ - bytes);
    bytes_ = 0;
  }

 private:
  quota* from_;
  std::uint64_t bytes_ = 0;
};

}  // namespace hub::files
