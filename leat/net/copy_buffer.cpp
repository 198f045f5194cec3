#include <array>
#include <memory>
#include <mutex>
#include <utility>

#include <leat/net/copy_buffer.hpp>
#include <leat/net/immortal.hpp>
#include <leat/runtime/spinlock.hpp>

namespace leat::net {
namespace {

// What the process keeps of idle buffers, the warmest last: a megabyte.
class buffer_stock {
 public:
  std::unique_ptr<std::byte[]> take() noexcept {
    const std::lock_guard hold(lock_);
    if (count_ == 0) return nullptr;
    return std::move(idle_[--count_]);
  }

  /// Leaves `buffer` to the caller if there are enough already.
  void give(std::unique_ptr<std::byte[]>& buffer) noexcept {
    const std::lock_guard hold(lock_);
    if (count_ < idle_.size()) idle_[count_++] = std::move(buffer);
  }

 private:
  runtime::spinlock lock_;
  std::array<std::unique_ptr<std::byte[]>, 16> idle_;  // the first count_ of them
  std::size_t count_ = 0;
};

constinit immortal<buffer_stock> stock;

}  // namespace

copy_buffer::copy_buffer() : memory_(stock->take()) {
  if (!memory_) memory_ = std::make_unique_for_overwrite<std::byte[]>(size_bytes);
}

copy_buffer::~copy_buffer() {
  stock->give(memory_);
}

}  // namespace leat::net
