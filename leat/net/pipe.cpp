// A pipe is two lanes, one for each direction. A lane is a ring of bytes, and two lines of goroutines: those
// who read, and those who write.
//
// Invariants, whenever a lane's mutex is free:
//  - who stands first in a line has its turn, and all others of that line wait for theirs;
//  - the first reader waits only while the ring is empty and the lane goes on;
//  - the first writer waits only while less is free than it wants, and the lane goes on;
//  - whoever changes one of these, or a deadline, has notified those whom it concerns: each waits on the
//    condition variable of its own place, so that nobody is woken in vain.
#include <algorithm>
#include <cstring>
#include <mutex>
#include <stdexcept>

#include <leat/condition_variable.hpp>
#include <leat/mutex.hpp>
#include <leat/net/pipe.hpp>
#include <leat/net/system_error.hpp>

namespace leat::net {
namespace {

using byte_parts = std::span<const std::span<const std::byte>>;

// A buffer of fixed size, whose bytes are taken out in the order in which they were put in.
class byte_ring {
 public:
  explicit byte_ring(std::size_t capacity)
      : bytes_(std::make_unique_for_overwrite<std::byte[]>(capacity)), capacity_(capacity) {}

  std::size_t capacity() const noexcept { return capacity_; }
  std::size_t used() const noexcept { return used_; }
  std::size_t free() const noexcept { return capacity_ - used_; }

  /// Puts in as much of `data` as fits, and returns how much that is.
  std::size_t put(std::span<const std::byte> data) noexcept {
    const std::size_t count = std::min(data.size(), free());
    if (count == 0) return 0;
    const std::size_t to_edge = capacity_ - begin_;
    const std::size_t tail = used_ < to_edge ? begin_ + used_ : used_ - to_edge;
    const std::size_t first = std::min(count, capacity_ - tail);
    std::memcpy(bytes_.get() + tail, data.data(), first);
    if (first < count) std::memcpy(bytes_.get(), data.data() + first, count - first);
    used_ += count;
    return count;
  }

  /// Takes out as much as fits `buffer`, and returns how much that is.
  std::size_t take(std::span<std::byte> buffer) noexcept {
    const std::size_t count = std::min(buffer.size(), used_);
    if (count == 0) return 0;
    const std::size_t first = std::min(count, capacity_ - begin_);
    std::memcpy(buffer.data(), bytes_.get() + begin_, first);
    if (first < count) std::memcpy(buffer.data() + first, bytes_.get(), count - first);
    used_ -= count;
    begin_ = used_ == 0 ? 0 : (begin_ + count) % capacity_;
    return count;
  }

 private:
  const std::unique_ptr<std::byte[]> bytes_;
  const std::size_t capacity_;
  std::size_t begin_ = 0;  // where the next byte to take stands
  std::size_t used_ = 0;
};

// One side of a lane: its readers, or its writers. Guarded by the lane's mutex, as its places are.
class side {
 public:
  // Where an operation stands in its line, from its construction on; on its own stack.
  class place {
   public:
    explicit place(side& line) noexcept : line_(line), previous_(line.last_) {
      (previous_ ? previous_->next_ : line_.first_) = this;
      line_.last_ = this;
    }
    ~place() {
      (previous_ ? previous_->next_ : line_.first_) = next_;
      (next_ ? next_->previous_ : line_.last_) = previous_;
      if (!previous_) line_.wake_first();
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;

    /// Waits until this place is the first of its line and `ready()`. Errors: errc::closed,
    /// errc::deadline_exceeded.
    template <typename Ready>
    result<void> await(std::unique_lock<mutex>& hold, Ready ready) {
      for (;;) {
        if (line_.closed_) return fail(errc::closed);
        if (line_.deadline_ != never && line_.deadline_ <= clock::now()) return fail(errc::deadline_exceeded);
        if (!previous_ && ready()) return {};
        changed_.wait_until(hold, line_.deadline_);
      }
    }

   private:
    friend class side;

    side& line_;
    place* previous_;
    place* next_ = nullptr;
    condition_variable changed_;
  };

  bool closed() const noexcept { return closed_; }

  void close() noexcept {
    closed_ = true;
    wake_all();
  }

  void set_deadline(time_point when) noexcept {
    deadline_ = when;
    wake_all();
  }

  void wake_first() noexcept {
    if (first_) first_->changed_.notify_one();
  }

  void wake_all() noexcept {
    for (place* one = first_; one; one = one->next_)
      one->changed_.notify_one();
  }

 private:
  place* first_ = nullptr;
  place* last_ = nullptr;
  time_point deadline_ = never;
  bool closed_ = false;  // by the end that these operations belong to
};

class lane {
 public:
  explicit lane(std::size_t capacity) : ring_(capacity) {}

  result<std::size_t> read(std::span<std::byte> buffer) {
    std::unique_lock hold(guard_);
    if (buffer.empty()) return nothing_read();
    side::place mine(readers_);
    if (auto turn = mine.await(hold, [this] { return readable(); }); !turn)
      return std::unexpected(turn.error());
    const std::size_t count = ring_.take(buffer);
    if (ring_.free() >= wanted_) writers_.wake_first();
    return count;
  }

  result<void> wait_readable() {
    std::unique_lock hold(guard_);
    side::place mine(readers_);
    return mine.await(hold, [this] { return readable(); });
  }

  result<void> write(byte_parts parts) {
    std::size_t left = 0;
    for (const auto& part : parts)
      left += part.size();
    std::unique_lock hold(guard_);
    if (left == 0) return writers_.closed() ? fail(errc::closed) : result<void>();
    side::place mine(writers_);
    if (auto turn = mine.await(hold, [] { return true; }); !turn) return turn;
    for (const auto& part : parts) {
      if (auto written = write_part(hold, mine, part, left); !written) return written;
    }
    return {};
  }

  /// The writers' end says that no more will come. Errors: errc::closed.
  result<void> end_writing(bool closing) noexcept { return end(writers_, write_ended_, closing); }

  /// The readers' end wants no more. Errors: errc::closed.
  result<void> end_reading(bool closing) noexcept { return end(readers_, read_ended_, closing); }

  result<void> set_read_deadline(time_point when) noexcept { return set_deadline(readers_, when); }
  result<void> set_write_deadline(time_point when) noexcept { return set_deadline(writers_, when); }

 private:
  bool ended() const noexcept { return write_ended_ || read_ended_; }
  bool readable() const noexcept { return ring_.used() > 0 || ended(); }

  result<std::size_t> nothing_read() const noexcept {
    if (readers_.closed()) return fail(errc::closed);
    return 0;
  }

  // `left`: of this part and those that follow it.
  result<void> write_part(std::unique_lock<mutex>& hold, side::place& mine, std::span<const std::byte> part,
                          std::size_t& left) {
    while (!part.empty()) {
      if (ended()) return system_error(EPIPE);
      if (const std::size_t count = ring_.put(part); count > 0) {
        part = part.subspan(count);
        left -= count;
        readers_.wake_first();
        continue;
      }
      // Not for every byte that is read: a reader of small pieces would wake us for each.
      wanted_ = std::min(left, std::max<std::size_t>(ring_.capacity() / 2, 1));
      auto space = mine.await(hold, [this] { return ended() || ring_.free() >= wanted_; });
      if (!space) return space;
    }
    return {};
  }

  result<void> end(side& own, bool& flag, bool closing) noexcept {
    const std::lock_guard hold(guard_);
    if (own.closed()) return fail(errc::closed);
    flag = true;
    if (closing) own.close();
    readers_.wake_all();
    writers_.wake_all();
    return {};
  }

  result<void> set_deadline(side& own, time_point when) noexcept {
    const std::lock_guard hold(guard_);
    if (own.closed()) return fail(errc::closed);
    own.set_deadline(when);
    return {};
  }

  mutex guard_;  // of all that follows
  byte_ring ring_;
  std::size_t wanted_ = 0;  // how much must be free for the first writer to go on, while it waits
  bool write_ended_ = false;
  bool read_ended_ = false;
  side readers_;
  side writers_;
};

}  // namespace

// Kept by both ends, and by every operation that may wait: an end may go away meanwhile.
struct pipe_end::shared {
  explicit shared(std::size_t capacity) : to_first(capacity), to_second(capacity) {}

  lane& incoming(bool first) noexcept { return first ? to_first : to_second; }
  lane& outgoing(bool first) noexcept { return first ? to_second : to_first; }

  lane to_first;
  lane to_second;
};

pipe_end& pipe_end::operator=(pipe_end&& other) noexcept {
  if (this == &other) return *this;
  static_cast<void>(close());
  shared_ = std::move(other.shared_);
  first_ = other.first_;
  return *this;
}

pipe_end::~pipe_end() {
  static_cast<void>(pipe_end::close());
}

result<std::size_t> pipe_end::read(std::span<std::byte> buffer) {
  const auto both = shared_;
  if (!both) return fail(errc::closed);
  return both->incoming(first_).read(buffer);
}

result<void> pipe_end::wait_readable() {
  const auto both = shared_;
  if (!both) return fail(errc::closed);
  return both->incoming(first_).wait_readable();
}

result<void> pipe_end::write(std::span<const std::byte> data) {
  return writev(std::span(&data, 1));
}

result<void> pipe_end::writev(std::span<const std::span<const std::byte>> parts) {
  const auto both = shared_;
  if (!both) return fail(errc::closed);
  return both->outgoing(first_).write(parts);
}

result<void> pipe_end::close_write() {
  if (!shared_) return fail(errc::closed);
  return shared_->outgoing(first_).end_writing(false);
}

result<void> pipe_end::close_read() {
  if (!shared_) return fail(errc::closed);
  return shared_->incoming(first_).end_reading(false);
}

result<void> pipe_end::close() noexcept {
  const auto both = shared_;
  if (!both) return fail(errc::closed);
  const bool first = first_;
  if (auto closed = both->incoming(first).end_reading(true); !closed) return closed;
  return both->outgoing(first).end_writing(true);
}

result<void> pipe_end::set_read_deadline(time_point when) noexcept {
  if (!shared_) return fail(errc::closed);
  return shared_->incoming(first_).set_read_deadline(when);
}

result<void> pipe_end::set_write_deadline(time_point when) noexcept {
  if (!shared_) return fail(errc::closed);
  return shared_->outgoing(first_).set_write_deadline(when);
}

pipe_ends pipe(const pipe_options& options) {
  if (options.buffer_bytes == 0)
    throw std::invalid_argument("leat::net::pipe: buffer_bytes is 0; nothing could ever be written");
  auto both = std::make_shared<pipe_end::shared>(options.buffer_bytes);
  return {.near = pipe_end(both, true), .far = pipe_end(both, false)};
}

}  // namespace leat::net
