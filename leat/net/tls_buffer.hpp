// Buffers for ciphertext, borrowed for as long as bytes lie in them: a connection that waits holds none.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

namespace leat::net {

/// The most plaintext that one record carries (RFC 8446, section 5.1).
inline constexpr std::size_t tls_record_bytes = 16384;

/// How many full records a buffer has room for. Four make a system call cost little beside their encryption,
/// and still lie in a processor's near cache.
inline constexpr std::size_t tls_records_per_buffer = 4;

/// Header, nonce, padding and tag of a record, at most, in any version.
inline constexpr std::size_t tls_record_overhead_bytes = 512;

inline constexpr std::size_t tls_buffer_bytes =
    tls_records_per_buffer * (tls_record_bytes + tls_record_overhead_bytes);

class tls_buffer {
 public:
  /// None.
  tls_buffer() noexcept = default;
  tls_buffer(tls_buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  tls_buffer& operator=(tls_buffer&& other) noexcept {
    std::swap(data_, other.data_);
    return *this;
  }
  ~tls_buffer() { give_back(); }

  /// A buffer of tls_buffer_bytes; none if there is no memory.
  static tls_buffer take() noexcept;

  void give_back() noexcept;

  explicit operator bool() const noexcept { return data_ != nullptr; }
  std::span<std::byte> bytes() const noexcept { return {data_, data_ ? tls_buffer_bytes : 0}; }

 private:
  std::byte* data_ = nullptr;
};

/// How many buffers are borrowed now, for tests.
std::size_t tls_buffers_in_use() noexcept;

}  // namespace leat::net
