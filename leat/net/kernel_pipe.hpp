// Pipes of the system, pipe(2), through which splice(2) moves bytes from one descriptor to another without
// bringing them here. Not for users.
#pragma once

#include <cstddef>
#include <utility>

namespace leat::net {

/// One of them, or none; non-blocking, closed with its owner unless given back first. The process keeps a few
/// that nobody uses.
class kernel_pipe {
 public:
  /// What a pipe is asked to hold: fs.pipe-max-size as it comes. The system may give less.
  static constexpr std::size_t size_bytes = 1 << 20;

  /// None.
  kernel_pipe() noexcept = default;
  kernel_pipe(kernel_pipe&& other) noexcept
      : in_(std::exchange(other.in_, -1)), out_(std::exchange(other.out_, -1)) {}
  kernel_pipe& operator=(kernel_pipe&& other) noexcept {
    std::swap(in_, other.in_);
    std::swap(out_, other.out_);
    return *this;
  }
  ~kernel_pipe();

  /// An empty pipe; none, with the system's reason in errno, if there is none to be had.
  static kernel_pipe take() noexcept;

  explicit operator bool() const noexcept { return in_ >= 0; }
  int in() const noexcept { return in_; }    ///< to be written to
  int out() const noexcept { return out_; }  ///< to be read from

  /// Lets others have it. It must be empty.
  void give_back() noexcept;

 private:
  kernel_pipe(int in, int out) noexcept : in_(in), out_(out) {}

  int in_ = -1;
  int out_ = -1;
};

}  // namespace leat::net
