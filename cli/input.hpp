// Reading standard input, or any inherited descriptor, without holding up a worker.
//
// The descriptor is shared with whoever started the program (a shell, another process of a pipeline), so it
// must not be made non-blocking. It is waited for on a thread of the blocking pool instead.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <leat/error.hpp>

namespace cli {

class input {
 public:
  /// Reads from `fd`, which stays the caller's. Throws std::system_error when the system has no descriptor
  /// left to wake a waiting read by.
  explicit input(int fd);
  ~input();
  input(const input&) = delete;
  input& operator=(const input&) = delete;

  /// At least one byte; 0 at the end. Blocks the goroutine; unblocked by input and cancel().
  /// Errors: errc::canceled after cancel(); those of read(2).
  leat::result<std::size_t> read(std::span<std::byte> buffer);

  /// Ends the read that waits and all later ones. Callable from anywhere, at any time.
  void cancel() noexcept;

 private:
  int fd_;
  int wake_fd_;
};

/// Cuts what is read into lines that end in LF or CRLF. A line of more than `limit_bytes` is handed over in
/// pieces of that size, so that endless lines take no endless memory.
class line_cutter {
 public:
  explicit line_cutter(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// Calls `take(line)` for every line that is complete with these bytes.
  template <typename Take>
  void feed(std::string_view bytes, Take&& take) {
    for (const char byte : bytes) {
      if (byte == '\n') {
        if (line_.ends_with('\r')) line_.pop_back();
        take(std::exchange(line_, {}));
        continue;
      }
      if (line_.size() == limit_bytes_) take(std::exchange(line_, {}));
      line_ += byte;
    }
  }

  /// What came after the last line end; then begins anew.
  std::string rest() { return std::exchange(line_, {}); }

 private:
  std::string line_;
  std::size_t limit_bytes_;
};

/// Writes all of `bytes` to a descriptor that may block, on the blocking pool. Errors: those of write(2).
leat::result<void> write_all(int fd, std::string_view bytes);

}  // namespace cli
