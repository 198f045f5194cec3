// Each direction is a half of its own. What waits does so in ppoll(2), on a thread of the blocking pool, for
// the descriptor and for an event descriptor by which others make it look again: at a deadline that was
// moved, at a direction that was ended or closed.
//
// A half has one user at a time, who has the turn. So the descriptor is closed by whoever has it last: by
// close() if nobody has the turn, else by who gives it back.
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <utility>

#include <leat/blocking.hpp>
#include <leat/condition_variable.hpp>
#include <leat/mutex.hpp>
#include <leat/net/inherited_stream.hpp>

namespace leat::net {
namespace {

std::error_code system_code(int error) noexcept {
  return {error, std::system_category()};
}

// A descriptor of our own, closed at the latest when this goes.
class owned_fd {
 public:
  owned_fd(int fd, const char* what) : fd_(fd) {
    if (fd_ < 0) throw std::system_error(errno, std::system_category(), what);
  }
  ~owned_fd() { close(); }
  owned_fd(const owned_fd&) = delete;
  owned_fd& operator=(const owned_fd&) = delete;

  int get() const noexcept { return fd_; }

  void close() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

// How much can be written at once without blocking to what has said that it can be written to. A pipe that
// has room has room for this much; a file never blocks for long.
std::size_t writable_bytes(int fd) noexcept {
  struct stat about{};
  const bool is_file = ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
  return is_file ? std::size_t{1} << 20 : PIPE_BUF;
}

}  // namespace

// One direction: its descriptor, who has the turn, and what makes those give up who wait.
class inherited_stream::half {
 public:
  enum class direction : std::uint8_t { read, write };

  half(int fd, direction which)
      : which_(which),
        fd_(::fcntl(fd, F_DUPFD_CLOEXEC, 0), "leat::net::inherited_stream: cannot duplicate a descriptor"),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "leat::net::inherited_stream: eventfd"),
        piece_bytes_(writable_bytes(fd)) {}

  std::size_t piece_bytes() const noexcept { return piece_bytes_; }

  /// The turn, and the right to call attempt().
  class turn {
   public:
    explicit turn(half& of) : of_(of), begun_(of.begin()) {}
    ~turn() {
      if (begun_) of_.finish();
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

    const result<void>& begun() const noexcept { return begun_; }

   private:
    half& of_;
    const result<void> begun_;
  };

  /// What `call(fd)` returns, once the descriptor is ready for it; 0 where reading was ended and nothing is
  /// there. Only for who has the turn.
  template <typename Call>
  result<std::size_t> attempt(Call call) {
    for (;;) {
      const auto now = look();
      if (!now) return std::unexpected(now.error());
      struct outcome {
        bool ready = false;
        ssize_t count = 0;
        int error = 0;
      };
      const outcome done = blocking([&]() -> outcome {
        if (!is_ready(*now)) return {};
        const ssize_t count = call(fd_.get());
        return {.ready = true, .count = count, .error = count < 0 ? errno : 0};
      });
      if (done.ready && done.count >= 0) return static_cast<std::size_t>(done.count);
      // EAGAIN: somebody who shares the descriptor was faster.
      if (done.ready && done.error != EINTR && done.error != EAGAIN)
        return std::unexpected(system_code(done.error));
      if (!done.ready && now->has_ended) return 0;
    }
  }

  result<void> set_deadline(time_point when) noexcept {
    const std::lock_guard hold(guard_);
    if (state_ == state::closed) return fail(errc::closed);
    deadline_ = when;
    disturb();
    return {};
  }

  result<void> end() noexcept {
    const std::lock_guard hold(guard_);
    if (state_ == state::closed) return fail(errc::closed);
    state_ = state::ended;
    settle();
    return {};
  }

  result<void> close() noexcept {
    const std::lock_guard hold(guard_);
    if (state_ == state::closed) return fail(errc::closed);
    state_ = state::closed;
    settle();
    return {};
  }

 private:
  enum class state : std::uint8_t { open, ended, closed };

  // What one attempt has to go by.
  struct view {
    time_point deadline;
    bool has_ended;
  };

  // Why nothing can be done any more or yet, under the guard.
  result<void> standing() const noexcept {
    if (state_ == state::closed) return fail(errc::closed);
    if (deadline_ != never && clock::now() >= deadline_) return fail(errc::deadline_exceeded);
    if (state_ == state::ended && which_ == direction::write) return std::unexpected(system_code(EPIPE));
    return {};
  }

  result<void> begin() {
    std::unique_lock hold(guard_);
    for (;;) {
      if (auto stands = standing(); !stands) return stands;
      if (!std::exchange(busy_, true)) return {};
      changed_.wait_until(hold, deadline_);
    }
  }

  void finish() noexcept {
    const std::lock_guard hold(guard_);
    busy_ = false;
    settle();
  }

  result<view> look() const noexcept {
    const std::lock_guard hold(guard_);
    if (const auto stands = standing(); !stands) return std::unexpected(stands.error());
    return view{.deadline = deadline_, .has_ended = state_ == state::ended};
  }

  // Under the guard: closes what nobody needs any more, and makes all look again.
  void settle() noexcept {
    const bool is_over = state_ == state::closed || (state_ == state::ended && which_ == direction::write);
    if (is_over && !busy_) fd_.close();
    disturb();
  }

  void disturb() noexcept {
    changed_.notify_all();
    const std::uint64_t one = 1;
    // It fails only when the counter is full, and then who waits is woken anyway.
    if (busy_) static_cast<void>(!::write(wake_.get(), &one, sizeof one));
  }

  // Blocks the thread until the descriptor is ready, the deadline, or a disturbance.
  bool is_ready(const view& now) noexcept {
    std::array<pollfd, 2> waited{pollfd{.fd = fd_.get(),
                                        .events = which_ == direction::read ? short{POLLIN} : short{POLLOUT},
                                        .revents = 0},
                                 pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    const auto left = now.has_ended ? std::chrono::nanoseconds(0)
                                    : std::max(now.deadline - clock::now(), std::chrono::nanoseconds(0));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec limit{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    if (::ppoll(waited.data(), waited.size(), now.deadline == never && !now.has_ended ? nullptr : &limit,
                nullptr) < 0)
      return false;
    std::uint64_t disturbances = 0;
    if (waited[1].revents != 0) static_cast<void>(!::read(wake_.get(), &disturbances, sizeof disturbances));
    return waited[0].revents != 0;
  }

  const direction which_;
  owned_fd fd_;  // used by who has the turn, closed by settle()
  const owned_fd wake_;
  const std::size_t piece_bytes_;

  mutable mutex guard_;         // of what follows
  condition_variable changed_;  // any of it
  bool busy_ = false;           // somebody has the turn
  state state_ = state::open;
  time_point deadline_ = never;
};

inherited_stream::inherited_stream(int input, int output)
    : input_(std::make_unique<half>(input, half::direction::read)),
      output_(std::make_unique<half>(output, half::direction::write)) {}

inherited_stream::inherited_stream(inherited_stream&&) noexcept = default;
inherited_stream& inherited_stream::operator=(inherited_stream&&) noexcept = default;
inherited_stream::~inherited_stream() = default;

result<std::size_t> inherited_stream::read(std::span<std::byte> buffer) {
  if (!input_) return fail(errc::closed);
  const half::turn own(*input_);
  if (!own.begun()) return std::unexpected(own.begun().error());
  if (buffer.empty()) return 0;
  return input_->attempt([&](int fd) { return ::read(fd, buffer.data(), buffer.size()); });
}

result<void> inherited_stream::wait_readable() {
  if (!input_) return fail(errc::closed);
  const half::turn own(*input_);
  if (!own.begun()) return own.begun();
  const auto ready = input_->attempt([](int) -> ssize_t { return 0; });
  if (!ready) return std::unexpected(ready.error());
  return {};
}

result<void> inherited_stream::write(std::span<const std::byte> data) {
  return writev(std::span(&data, 1));
}

result<void> inherited_stream::writev(std::span<const std::span<const std::byte>> parts) {
  if (!output_) return fail(errc::closed);
  const half::turn own(*output_);
  if (!own.begun()) return own.begun();
  for (std::span<const std::byte> left : parts) {
    while (!left.empty()) {
      const auto piece = left.first(std::min(left.size(), output_->piece_bytes()));
      const auto written = output_->attempt([&](int fd) { return ::write(fd, piece.data(), piece.size()); });
      if (!written) return std::unexpected(written.error());
      left = left.subspan(*written);
    }
  }
  return {};
}

result<void> inherited_stream::close_write() {
  return output_ ? output_->end() : fail(errc::closed);
}

result<void> inherited_stream::close_read() {
  return input_ ? input_->end() : fail(errc::closed);
}

result<void> inherited_stream::close() noexcept {
  if (!input_) return fail(errc::closed);
  static_cast<void>(output_->close());
  return input_->close();
}

result<void> inherited_stream::set_read_deadline(time_point when) noexcept {
  return input_ ? input_->set_deadline(when) : fail(errc::closed);
}

result<void> inherited_stream::set_write_deadline(time_point when) noexcept {
  return output_ ? output_->set_deadline(when) : fail(errc::closed);
}

}  // namespace leat::net
