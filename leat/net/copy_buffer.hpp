// Buffers for copies, lent and given back. Not for users.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace leat::net {

/// One of them, from its construction to its destruction. The process keeps a few that nobody uses.
class copy_buffer {
 public:
  /// Large enough that calls cost little beside the bytes, small enough to stay in a core's second cache.
  static constexpr std::size_t size_bytes = 65536;

  /// Throws std::bad_alloc.
  copy_buffer();
  ~copy_buffer();
  copy_buffer(const copy_buffer&) = delete;
  copy_buffer& operator=(const copy_buffer&) = delete;

  std::span<std::byte> bytes() const noexcept { return {memory_.get(), size_bytes}; }

 private:
  std::unique_ptr<std::byte[]> memory_;
};

}  // namespace leat::net
