#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <new>

#include <leat/runtime/descriptor.hpp>
#include <leat/runtime/scheduler.hpp>

namespace leat::runtime {

// Descriptors that are in nobody's hands. They are never given back to the heap: see descriptor.hpp.
class descriptor_pool {
 public:
  descriptor* take() {
    {
      const std::lock_guard guard(lock_);
      if (descriptor* first = free_) {
        free_ = first->next_free_;
        return first;
      }
    }
    return new descriptor;
  }

  void give(descriptor* entry) noexcept {
    const std::lock_guard guard(lock_);
    entry->next_free_ = free_;
    free_ = entry;
  }

 private:
  spinlock lock_;
  descriptor* free_ = nullptr;
};

namespace {

constinit descriptor_pool pool;

}  // namespace

descriptor_handle adopt_descriptor(int fd, write_events told) {
  descriptor* taken = nullptr;
  try {
    taken = pool.take();
  } catch (...) {
    ::close(fd);
    throw;
  }
  taken->open(fd, told);
  return descriptor_handle(taken);
}

void descriptor_closer::operator()(descriptor* entry) const noexcept {
  static_cast<void>(entry->close());
  entry->give_up();
}

descriptor::descriptor() noexcept {
  for (int which = 0; which < 2; ++which) {
    timers_[which].fire = deadline_fired;
    timers_[which].target = this;
    timers_[which].which = static_cast<direction>(which);
  }
}

void descriptor::open(int fd, write_events told) noexcept {
  const std::lock_guard guard(lock_);
  fd_ = fd;
  write_events_ = told;
  rest_ = {};
  users_ = 1;
  holders_ = 2;
  poll_error_ = 0;
  registered_in_ = 0;
  poller_ = nullptr;
  closed_ = drained_ = hang_up_ = false;
  for (side& one : sides_) {
    one.deadline = one.armed_for = time_point::max();
    one.busy = one.ready = one.expired = one.arming = false;
  }
}

waiter* descriptor::take_waiting(side& own) noexcept {
  waiter* taken = own.waiting;
  own.waiting = nullptr;
  return taken;
}

result<void> descriptor::close() noexcept {
  waiter* woken[2];
  wait_queue turns[2];
  {
    const std::lock_guard guard(lock_);
    if (closed_) return fail(errc::closed);
    closed_ = true;
    for (int which = 0; which < 2; ++which) {
      woken[which] = take_waiting(sides_[which]);
      while (waiter* next = sides_[which].turns.pop())
        turns[which].push(*next);
    }
  }
  for (int which = 0; which < 2; ++which) {
    if (woken[which]) wake(*woken[which]);
    while (waiter* next = turns[which].pop())
      wake(*next);
  }
  release();
  return {};
}

result<void> descriptor::acquire() noexcept {
  const std::lock_guard guard(lock_);
  if (closed_) return fail(errc::closed);
  ++users_;
  return {};
}

void descriptor::release() noexcept {
  lock_.lock();
  release_locked();
}

// Expects the lock held, and releases it.
void descriptor::release_locked() noexcept {
  if (--users_ > 0) return lock_.unlock();
  const int fd = fd_;
  poller* const watcher = poller_;
  const std::uint64_t since = registered_in_;
  fd_ = -1;
  lock_.unlock();
  for (deadline_timer& timer : timers_)
    timer_stop(timer);
  if (watcher) remove_from_poller(*watcher, since, *this);
  if (fd >= 0) ::close(fd);
  give_up();
}

void descriptor::give_up() noexcept {
  lock_.lock();
  const bool last = --holders_ == 0;
  lock_.unlock();
  if (last) pool.give(this);
}

result<void> descriptor::begin(direction which) noexcept {
  lock_.lock();
  if (auto turn = begin_locked(side_of(which)); !turn) return turn;
  lock_.unlock();
  return {};
}

// Expects the lock held. Returns with the lock held when it succeeds, and without it when it fails.
result<void> descriptor::begin_locked(side& own) noexcept {
  if (closed_ || own.expired) {
    const errc why = closed_ ? errc::closed : errc::deadline_exceeded;
    lock_.unlock();
    return fail(why);
  }
  ++users_;
  if (own.busy) return take_turn_locked(own);
  own.busy = true;
  return {};
}

// Waits for its turn; the lock as in begin_locked().
result<void> descriptor::take_turn_locked(side& own) noexcept {
  waiter self;
  own.turns.push(self);
  park(self, lock_, wait_reason::descriptor_lock);
  lock_.lock();
  if (self.ok && !closed_ && !own.expired) return {};
  const errc why = closed_ ? errc::closed : errc::deadline_exceeded;
  if (self.ok) {
    end_locked(own);  // the turn came too late to be used: hand it on
  } else {
    release_locked();
  }
  return fail(why);
}

void descriptor::end(direction which) noexcept {
  lock_.lock();
  end_locked(side_of(which));
}

// Expects the lock held, and releases it.
void descriptor::end_locked(side& own) noexcept {
  waiter* next = own.turns.pop();
  if (next) {
    next->ok = true;  // it takes over `busy`
  } else {
    own.busy = false;
  }
  release_locked();
  if (next) wake(*next);
}

result<void> descriptor::begin_stream_read() noexcept {
  lock_.lock();
  side& own = side_of(direction::read);
  if (auto turn = begin_locked(own); !turn) return turn;
  return wait_if_drained_locked(own);
}

// With a turn to read and the lock held, which is released: waits if a try would find nothing.
result<void> descriptor::wait_if_drained_locked(side& own) noexcept {
  if (!drained_ || hang_up_ || !registered()) {
    lock_.unlock();
    return {};
  }
  drained_ = false;
  if (auto waited = wait_locked(own); !waited) {
    end(direction::read);
    return waited;
  }
  return {};
}

void descriptor::end_stream_read(bool drained) noexcept {
  lock_.lock();
  drained_ = drained;
  end_locked(side_of(direction::read));
}

// Says whether the caller has got the turn; if not, others have it, and the caller may only try.
result<bool> descriptor::begin_shared(direction which) noexcept {
  lock_.lock();
  side& own = side_of(which);
  if (own.busy && !closed_ && !own.expired) {
    ++users_;
    lock_.unlock();
    return false;
  }
  if (auto turn = begin_locked(own); !turn) return std::unexpected(turn.error());
  if (which == direction::read) {
    if (auto waited = wait_if_drained_locked(own); !waited) return std::unexpected(waited.error());
  } else {
    lock_.unlock();
  }
  return true;
}

// For one that is counted already, and now has to wait. What it found on its try may be old news: whoever had
// the turn may have used up the event that came since, so it tries again.
result<void> descriptor::take_turn(direction which) noexcept {
  lock_.lock();
  side& own = side_of(which);
  if (closed_ || own.expired) {
    const errc why = closed_ ? errc::closed : errc::deadline_exceeded;
    release_locked();
    return fail(why);
  }
  if (own.busy) {
    if (auto turn = take_turn_locked(own); !turn) return turn;
  }
  own.busy = true;
  if (which == direction::read) drained_ = false;
  lock_.unlock();
  return {};
}

void descriptor::end_shared(direction which, bool drained) noexcept {
  lock_.lock();
  if (which == direction::read) drained_ = drained;
  end_locked(side_of(which));
}

result<void> descriptor::wait(direction which) noexcept {
  lock_.lock();
  return wait_locked(side_of(which));
}

// Expects the lock held, and releases it.
result<void> descriptor::wait_locked(side& own) noexcept {
  if (!registered()) {
    if (auto done = register_with_poller(); !done) {
      lock_.unlock();
      return done;
    }
  }
  if (auto sensible = why_not_wait(own); !sensible) {
    lock_.unlock();
    return sensible;
  }
  if (own.ready) {
    own.ready = false;
    lock_.unlock();
    return {};
  }
  const bool reads = &own == &side_of(direction::read);
  const bool asks = !reads && write_events_ == write_events::when_waiting;
  if (asks) {
    if (auto asked = tell_of_writes(true); !asked) {
      lock_.unlock();
      return asked;
    }
  }
  waiter self;
  own.waiting = &self;
  count_network_wait(1);
  park(self, lock_, reads ? wait_reason::network_read : wait_reason::network_write);
  count_network_wait(-1);
  if (asks) {
    const std::lock_guard guard(lock_);
    if (registered()) static_cast<void>(tell_of_writes(false));  // at worst there are more events than needed
  }
  if (self.ok) return {};
  const std::lock_guard guard(lock_);
  return why_not_wait(own);  // nothing, if it was nudged
}

// Expects the lock held.
result<void> descriptor::why_not_wait(const side& own) const noexcept {
  if (closed_) return fail(errc::closed);
  if (own.expired) return fail(errc::deadline_exceeded);
  if (poll_error_ != 0) return std::unexpected(std::error_code(poll_error_, std::system_category()));
  return {};
}

bool descriptor::registered() const noexcept {
  return registered_in_ != 0 && registered_in_ == current_generation();
}

// With the lock held: an event that comes at once waits for it. Adding tells of what is ready already.
result<void> descriptor::register_with_poller() noexcept {
  poller* target = poller_of_caller();
  if (!target) return fail(errc::not_running);
  if (const int error = target->add(fd_, *this, write_events_ == write_events::always); error != 0) {
    return std::unexpected(std::error_code(error, std::system_category()));
  }
  registered_in_ = current_generation();
  poller_ = target;
  return {};
}

// With the lock held: room that there is already makes an event, which waits for it.
result<void> descriptor::tell_of_writes(bool wanted) noexcept {
  if (const int error = poller_->tell_of_writes(fd_, *this, wanted); error != 0) {
    return std::unexpected(std::error_code(error, std::system_category()));
  }
  return {};
}

void descriptor::poll_ended(poller* again, int error) noexcept {
  waiter* woken[2] = {nullptr, nullptr};
  lock_.lock();
  if (again && fd_ >= 0) {
    if (error == 0) error = again->add(fd_, *this, write_events_ == write_events::always);
    poll_error_ = error;
    for (int which = 0; which < 2 && error != 0; ++which)
      woken[which] = take_waiting(sides_[which]);
  }
  lock_.unlock();
  for (waiter* one : woken) {
    if (one) wake_in_order(*one);
  }
  give_up();
}

result<void> descriptor::wait_readable() noexcept {
  if (auto turn = begin(direction::read); !turn) return turn;
  lock_.lock();
  side& own = side_of(direction::read);
  result<void> outcome;
  if (drained_ && !hang_up_ && registered()) {
    outcome = wait_locked(own);
    if (outcome) drained_ = false;
  } else {
    drained_ = false;  // the look may use up the event that the next read would wait for
    lock_.unlock();
    // A receive that only peeks would not do: it takes the socket's error, once and for all, and the read
    // after it would find the end of the stream where the connection was reset.
    auto look = [](int fd) -> ssize_t {
      pollfd one{.fd = fd, .events = POLLIN, .revents = 0};
      const int ready = ::poll(&one, 1, 0);
      if (ready == 0) errno = EAGAIN;
      return ready > 0 ? ready : -1;
    };
    if (auto got = attempt_until_done(direction::read, look);
        !got && got.error().category() == error_category()) {
      outcome = std::unexpected(got.error());
    }
  }
  end(direction::read);
  return outcome;
}

void descriptor::nudge(direction which) noexcept {
  lock_.lock();
  waiter* woken = take_waiting(side_of(which));
  lock_.unlock();
  if (woken) wake(*woken);
}

void descriptor::notify(bool readable, bool writable, bool hang_up) noexcept {
  lock_.lock();
  if (hang_up) hang_up_ = true;
  waiter* woken[2] = {nullptr, nullptr};
  const bool happened[2] = {readable, writable};
  for (int which = 0; which < 2; ++which) {
    if (!happened[which]) continue;
    woken[which] = take_waiting(sides_[which]);
    if (woken[which]) {
      woken[which]->ok = true;
    } else {
      sides_[which].ready = true;
    }
  }
  lock_.unlock();
  for (waiter* one : woken) {
    if (one) wake_in_order(*one);
  }
}

result<void> descriptor::set_deadline(direction which, time_point deadline) noexcept {
  side& own = side_of(which);
  waiter* woken = nullptr;
  wait_queue turns;
  const bool passed = deadline != time_point::max() && deadline <= clock::now();
  lock_.lock();
  if (closed_) {
    lock_.unlock();
    return fail(errc::closed);
  }
  own.deadline = deadline;
  own.expired = passed;
  if (passed) {
    woken = take_waiting(own);
    while (waiter* next = own.turns.pop())
      turns.push(*next);
  }
  const bool arm = !passed && deadline != time_point::max() && !own.arming;
  if (arm) {
    own.arming = true;
    ++users_;  // the object must not be recycled while its timer is moved
  }
  lock_.unlock();
  if (woken) wake(*woken);
  while (waiter* next = turns.pop())
    wake(*next);
  if (arm) arm_deadline(own, timers_[static_cast<int>(which)]);
  return {};
}

// Brings the timer to the deadline or before it. Only one caller at a time does; the others leave it their
// deadline.
void descriptor::arm_deadline(side& own, timer_node& timer) noexcept {
  lock_.lock();
  while (!closed_ && own.deadline < own.armed_for) {
    own.armed_for = own.deadline;
    const time_point wanted = own.deadline;
    lock_.unlock();
    timer_stop(timer);  // without our lock: a timer that fires takes it under its heap's
    timer_start(timer, wanted);
    lock_.lock();
  }
  own.arming = false;
  release_locked();
}

time_point descriptor::deadline_fired(timer_node& node) noexcept {
  auto& timer = static_cast<deadline_timer&>(node);
  descriptor& self = *timer.target;
  side& own = self.side_of(timer.which);
  waiter* woken = nullptr;
  wait_queue turns;
  self.lock_.lock();
  own.armed_for = time_point::max();
  if (!self.closed_ && own.deadline != time_point::max()) {
    if (own.deadline <= node.when) {
      own.expired = true;
      woken = take_waiting(own);
      while (waiter* next = own.turns.pop())
        turns.push(*next);
    } else {
      own.armed_for = own.deadline;
    }
  }
  const time_point again = own.armed_for;
  self.lock_.unlock();
  if (woken) wake_in_order(*woken);
  while (waiter* next = turns.pop())
    wake_in_order(*next);
  return again;
}

}  // namespace leat::runtime
