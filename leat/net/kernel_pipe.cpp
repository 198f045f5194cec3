#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <mutex>

#include <leat/net/immortal.hpp>
#include <leat/net/kernel_pipe.hpp>
#include <leat/runtime/spinlock.hpp>

namespace leat::net {
namespace {

// What the process keeps of idle pipes, two descriptors each.
class pipe_stock {
 public:
  kernel_pipe take() noexcept {
    const std::lock_guard hold(lock_);
    if (count_ == 0) return {};
    return std::move(idle_[--count_]);
  }

  /// Leaves `idle` to the caller if there are enough already.
  void give(kernel_pipe& idle) noexcept {
    const std::lock_guard hold(lock_);
    if (count_ < idle_.size()) idle_[count_++] = std::move(idle);
  }

 private:
  runtime::spinlock lock_;
  std::array<kernel_pipe, 8> idle_;  // the first count_ of them
  std::size_t count_ = 0;
};

constinit immortal<pipe_stock> stock;

}  // namespace

kernel_pipe kernel_pipe::take() noexcept {
  if (kernel_pipe idle = stock->take()) return idle;
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) return {};
  // Refused to those who have many already; then it holds 64 KiB, or a page.
  static_cast<void>(::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(size_bytes)));
  return {ends[1], ends[0]};
}

kernel_pipe::~kernel_pipe() {
  if (in_ < 0) return;
  ::close(in_);
  ::close(out_);
}

void kernel_pipe::give_back() noexcept {
  if (!*this) return;
  kernel_pipe idle = std::move(*this);
  stock->give(idle);
}

}  // namespace leat::net
