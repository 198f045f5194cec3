#include <mutex>
#include <new>

#include <leat/net/tls_buffer.hpp>
#include <leat/runtime/spinlock.hpp>

namespace leat::net {
namespace {

// A buffer in nobody's hands: the link to the next lies in its first bytes.
struct free_buffer {
  free_buffer* next;
};

// So many are kept for the next who wants one; the others go back to the heap.
constexpr std::size_t most_kept = 64;

struct pool {
  runtime::spinlock lock;  // guards all
  free_buffer* first = nullptr;
  std::size_t kept = 0;
  std::size_t in_use = 0;
};
constinit pool buffers;

}  // namespace

tls_buffer tls_buffer::take() noexcept {
  tls_buffer taken;
  {
    const std::lock_guard guard(buffers.lock);
    ++buffers.in_use;
    if (free_buffer* first = buffers.first) {
      buffers.first = first->next;
      --buffers.kept;
      taken.data_ = reinterpret_cast<std::byte*>(first);
      return taken;
    }
  }
  taken.data_ = static_cast<std::byte*>(::operator new(tls_buffer_bytes, std::nothrow));
  if (!taken.data_) {
    const std::lock_guard guard(buffers.lock);
    --buffers.in_use;
  }
  return taken;
}

void tls_buffer::give_back() noexcept {
  if (!data_) return;
  std::byte* given = std::exchange(data_, nullptr);
  {
    const std::lock_guard guard(buffers.lock);
    --buffers.in_use;
    if (buffers.kept < most_kept) {
      buffers.first = ::new (given) free_buffer{buffers.first};
      ++buffers.kept;
      return;
    }
  }
  ::operator delete(given);
}

std::size_t tls_buffers_in_use() noexcept {
  const std::lock_guard guard(buffers.lock);
  return buffers.in_use;
}

}  // namespace leat::net
