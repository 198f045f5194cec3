// An open file descriptor that goroutines may wait on: the ground of every socket type.
//
// Reads exclude each other, writes exclude each other, a read and a write run at once, and close() may come
// from anywhere at any time: it wakes whoever waits, and the number is given back to the kernel only after
// the last operation has let go of it, so no operation can ever hit a recycled descriptor number.
//
// Every operation tries its system call first and waits only after EAGAIN. The descriptor joins the poller of
// the worker on which it first has to wait, once, edge-triggered.
//
// Whoever holds a turn may wait; calls that the kernel keeps apart by itself (datagrams) also run without
// one, but never wait, and never touch what belongs to the turns: `waiting`, `ready` and `drained_`.
//
// The objects are never destroyed but recycled: an event that the kernel told before a close and that is
// looked at after it finds a descriptor, if another one. Such a stray event makes one wait return early, and
// every wait is followed by another try, so it is harmless.
//
// Invariants, whenever the lock is free:
//  - `users_` counts the calls that may use the number, and one until close(); the last of them closes it;
//  - `holders_` counts the handle, one until the number is closed, and one for each hold() of a poller;
//    the last of them recycles the object;
//  - `side.busy` says that an operation of that direction is under way; others stand in `side.turns`;
//  - `side.waiting` is the one waiter that wants readiness; `side.ready` remembers an event that came while
//    nobody waited, so that the next wait returns at once;
//  - `drained_` says that the last read found the end of what there was, and that no event has been used up
//    since: whoever reads next may wait before it tries.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <leat/error.hpp>
#include <leat/runtime/timer_node.hpp>

namespace leat::runtime {

enum class direction : std::uint8_t { read = 0, write = 1 };

class descriptor;
class poller;

/// What reads of a stream know of what they leave behind. Belongs to whoever has the turn to read.
struct stream_rest {
  enum class telling : std::uint8_t { not_asked, told, not_told };

  bool filled = false;     // the last read filled its buffer: there may be more
  bool none_left = false;  // for attempts to say: it filled its buffer, and yet took all that there was
  telling socket = telling::not_asked;  // for attempts to keep: whether the socket tells what it still holds
};

/// Closes the descriptor and gives up its handle; operations under way return errc::closed and are safe.
struct descriptor_closer {
  void operator()(descriptor* entry) const noexcept;
};
using descriptor_handle = std::unique_ptr<descriptor, descriptor_closer>;

/// When the kernel is asked to tell of room to write.
enum class write_events : std::uint8_t {
  always,        ///< from the first wait on
  when_waiting,  ///< only while a write waits, which costs that write two more system calls
};

/// Takes ownership of `fd`, which must be non-blocking and close-on-exec. `when_waiting` is for sockets whose
/// peers' every read is an event of room to write (datagrams, Unix sockets): each would wake the worker.
descriptor_handle adopt_descriptor(int fd, write_events told = write_events::always);

class descriptor {
 public:
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  /// Closes for every user, now: all who wait return errc::closed, and so does every later call. A second
  /// close returns errc::closed.
  result<void> close() noexcept;

  /// Operations in that direction fail with errc::deadline_exceeded from `deadline` on, also those that wait
  /// now. time_point::max(): never (the default). A moment in the past: at once. Errors: errc::closed.
  result<void> set_deadline(direction which, time_point deadline) noexcept;

  /// Runs `attempt(fd)`, a system call that returns -1 with errno on failure, until it does not say EAGAIN.
  /// EINTR is repeated. Blocks the goroutine; unblocked by readiness, deadline or close().
  /// Errors: errc::closed, errc::deadline_exceeded, or the system's.
  template <typename Attempt>
  result<std::size_t> perform(direction which, Attempt&& attempt) {
    if (auto turn = begin(which); !turn) return std::unexpected(turn.error());
    auto outcome = attempt_until_done(which, attempt);
    end(which);
    return outcome;
  }

  /// As perform(), for a stream read of at most `wanted` > 0 bytes: after a read that did not fill its buffer
  /// the next one waits before it tries, which saves the system call that would only say EAGAIN.
  template <typename Attempt>
  result<std::size_t> perform_stream_read(std::size_t wanted, Attempt&& attempt) {
    return perform_stream_read_knowing(wanted, [&attempt](int fd, stream_rest&) { return attempt(fd); });
  }

  /// The same, for attempts that take a stream_rest beside the number, and may know more.
  template <typename Attempt>
  result<std::size_t> perform_stream_read_knowing(std::size_t wanted, Attempt&& attempt) {
    if (auto turn = begin_stream_read(); !turn) return std::unexpected(turn.error());
    rest_.none_left = false;
    auto with_rest = [this, &attempt](int fd) { return attempt(fd, rest_); };
    auto outcome = attempt_until_done(direction::read, with_rest);
    rest_.filled = outcome.value_or(0) >= wanted;
    end_stream_read(outcome.value_or(wanted) < wanted || rest_.none_left);
    return outcome;
  }

  /// As perform(), for calls that the kernel keeps apart by itself, as it does those of datagrams: they run
  /// at once, and only those that have to wait take turns. A read that asks for `wanted` > 0 things and gets
  /// fewer has left nothing behind, so that the next one waits before it tries.
  template <typename Attempt>
  result<std::size_t> perform_shared(direction which, Attempt&& attempt, std::size_t wanted = 0) {
    auto has_turn = begin_shared(which);
    if (!has_turn) return std::unexpected(has_turn.error());
    if (!*has_turn) {
      const std::ptrdiff_t count = try_once(fd_, attempt);
      if (count != -EAGAIN && count != -EINTR) {
        release();
        return to_result(count);
      }
      if (auto turn = take_turn(which); !turn) return std::unexpected(turn.error());
    }
    auto outcome = attempt_until_done(which, attempt);
    end_shared(which, outcome.value_or(wanted) < wanted);
    return outcome;
  }

  /// Several system calls in one turn, exclusive in its direction: finish_turn() after each begin_turn() that
  /// succeeded; between the two, attempt() runs one call until it does not say EAGAIN.
  result<void> begin_turn(direction which) noexcept { return begin(which); }
  void finish_turn(direction which) noexcept { end(which); }
  template <typename Attempt>
  result<std::size_t> attempt(direction which, Attempt&& call) {
    return attempt_until_done(which, call);
  }

  /// Returns once a read would not block (data, end of stream, or an error to be read). Holds no buffer
  /// meanwhile. Errors: errc::closed, errc::deadline_exceeded.
  result<void> wait_readable() noexcept;

  /// Calls `use(fd)`, which returns a result<...>, while the number is sure to stay ours; for setsockopt and
  /// the like. Errors: errc::closed, or what `use` returns.
  template <typename Use>
  auto with_fd(Use&& use) -> decltype(use(0)) {
    if (auto held = acquire(); !held) return std::unexpected(held.error());
    auto outcome = use(fd_);
    release();
    return outcome;
  }

  /// Makes the operation of that direction that waits now try again, as is needed after shutdown(2).
  void nudge(direction which) noexcept;

  /// The number, for printing only; with_fd() is the way to act on it. -1 after close.
  int number() const noexcept { return fd_; }

  /// For pollers: an event came. `hang_up`: it told of an end or an error, which will not be told again.
  void notify(bool readable, bool writable, bool hang_up) noexcept;

  /// For pollers that are still to be told of what they watch after it was closed: each hold(), with the lock
  /// held, keeps the object from being recycled until one poll_ended().
  void hold() noexcept { ++holders_; }

  /// That watch is over. `again`: start another one in that poller, unless this one ended because the number
  /// is closed. With an error, which is an errno value, nothing watches it any more, and every wait fails
  /// with it.
  void poll_ended(poller* again, int error) noexcept;

 private:
  friend struct descriptor_closer;
  friend class descriptor_pool;
  friend descriptor_handle adopt_descriptor(int fd, write_events told);

  struct side {
    wait_queue turns;           // operations that wait for their turn
    waiter* waiting = nullptr;  // the operation that waits for readiness
    time_point deadline = time_point::max();
    time_point armed_for = time_point::max();  // when the timer fires, at the latest; max(): not armed
    bool busy = false;
    bool ready = false;
    bool expired = false;  // the deadline has passed
    bool arming = false;   // somebody is moving the timer, and will look at `deadline` again
  };

  struct deadline_timer : timer_node {
    descriptor* target = nullptr;
    direction which = direction::read;
  };

  descriptor() noexcept;
  ~descriptor() = default;

  // One try, kept out of line: nothing that the compiler derives from errno's address survives a park.
  template <typename Attempt>
  [[gnu::noinline]] static std::ptrdiff_t try_once(int fd, Attempt& attempt) {
    const std::ptrdiff_t count = attempt(fd);
    return count >= 0 ? count : -static_cast<std::ptrdiff_t>(errno);
  }

  static result<std::size_t> to_result(std::ptrdiff_t count) noexcept {
    if (count >= 0) [[likely]]
      return static_cast<std::size_t>(count);
    return std::unexpected(std::error_code(static_cast<int>(-count), std::system_category()));
  }

  template <typename Attempt>
  result<std::size_t> attempt_until_done(direction which, Attempt& attempt) {
    for (;;) {
      const std::ptrdiff_t count = try_once(fd_, attempt);
      if (count == -EINTR) continue;
      if (count != -EAGAIN) [[likely]]
        return to_result(count);
      if (auto waited = wait(which); !waited) return std::unexpected(waited.error());
    }
  }

  void open(int fd, write_events told) noexcept;
  result<void> begin(direction which) noexcept;
  result<void> begin_locked(side& own) noexcept;
  result<void> take_turn_locked(side& own) noexcept;
  void end(direction which) noexcept;
  result<void> begin_stream_read() noexcept;
  void end_stream_read(bool drained) noexcept;
  void end_locked(side& own) noexcept;
  result<bool> begin_shared(direction which) noexcept;
  result<void> take_turn(direction which) noexcept;
  void end_shared(direction which, bool drained) noexcept;
  result<void> wait_if_drained_locked(side& own) noexcept;
  result<void> wait(direction which) noexcept;
  result<void> wait_locked(side& own) noexcept;
  result<void> why_not_wait(const side& own) const noexcept;
  bool registered() const noexcept;
  result<void> register_with_poller() noexcept;
  result<void> tell_of_writes(bool wanted) noexcept;
  result<void> acquire() noexcept;
  void release() noexcept;
  void release_locked() noexcept;
  void give_up() noexcept;
  static waiter* take_waiting(side& own) noexcept;
  static time_point deadline_fired(timer_node& node) noexcept;
  void arm_deadline(side& own, timer_node& timer) noexcept;
  side& side_of(direction which) noexcept { return sides_[static_cast<int>(which)]; }

  spinlock lock_;  // guards all that follows
  bool closed_ = true;
  bool drained_ = false;  // the last read left nothing behind
  bool hang_up_ = false;  // an event carried RDHUP, HUP or ERR
  write_events write_events_ = write_events::always;
  stream_rest rest_;  // guarded by the turn to read, not by the lock
  int fd_ = -1;
  std::uint32_t users_ = 0;
  std::uint32_t holders_ = 0;
  int poll_error_ = 0;               // an errno value: why nothing watches the number any more
  std::uint64_t registered_in_ = 0;  // the run of the runtime in which it joined a poller; 0: none
  poller* poller_ = nullptr;         // the one that it joined, which is gone when that run is over
  side sides_[2];
  deadline_timer
      timers_[2];  // pending at or before the side's deadline: moved lazily, since it is reset often
  descriptor* next_free_ = nullptr;
};

}  // namespace leat::runtime
