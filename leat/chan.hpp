// Channels: typed queues through which goroutines (and threads) hand values to each other.
//
//   leat::chan<int> eggs{8};                    // buffered; chan<int> c; is unbuffered
//   leat::go([=] { eggs.send(1); eggs.close(); });
//   for (int egg : eggs) eat(egg);              // ends when closed and drained
//
// A channel without a buffer hands over: send() returns when a receiver has taken the value. With a buffer,
// send() waits only while it is full. Values arrive in the order in which they were sent, waiting senders and
// receivers are served in the order in which they came.
//
// Handles are small, cheap to copy, and share the channel, which lives as long as any of them. `chan<T>`
// converts to `sender<T>` and `receiver<T>`, never back. `chan<T>(nullptr)` is the nil channel: sending to
// and receiving from it wait for ever, and in a select it is never ready.
//
// What was sent happens before it is received; the close happens before a receive that tells of it; and a
// receive from an unbuffered channel happens before its send returns.
#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <leat/runtime/chan_core.hpp>

namespace leat {

/// Misuse of a channel: sending on, or closing, one that is closed; closing the nil channel.
class channel_error : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// The value of channels that carry only the fact that something happened.
struct unit {
  friend constexpr bool operator==(unit, unit) noexcept = default;
};

template <typename T>
class chan;
template <typename T>
class sender;
template <typename T>
class receiver;

namespace runtime {

// What travels through a channel of T: T itself where moving it cannot throw, else a box that holds it, so
// that a hand-over under the lock never fails half-way.
template <typename T>
using parcel = std::conditional_t<std::is_nothrow_move_constructible_v<T>, T, std::unique_ptr<T>>;

template <typename T, typename... Arguments>
parcel<T> wrap(Arguments&&... arguments) {
  if constexpr (std::is_same_v<parcel<T>, T>) {
    return T(std::forward<Arguments>(arguments)...);
  } else {
    return std::make_unique<T>(std::forward<Arguments>(arguments)...);
  }
}

template <typename T>
std::optional<T> unwrap(std::optional<parcel<T>>&& wrapped) {
  if constexpr (std::is_same_v<parcel<T>, T>) {
    return std::move(wrapped);
  } else {
    if (!wrapped) return std::nullopt;
    const std::unique_ptr<T> box = *std::move(wrapped);  // it goes also when moving out of it fails
    return std::optional<T>(std::move(*box));
  }
}

/// What an attempt that must not wait came to.
enum class attempt : std::uint8_t {
  done,
  would_wait,
  closed,
};

template <typename T>
class channel final : public chan_core {
 public:
  using value = parcel<T>;

  static constexpr std::size_t alignment = alignof(value) > 64 ? alignof(value) : 64;

  static channel* make(std::size_t capacity) { return make_behind(0, capacity); }

  /// With `room` bytes in front of it, as aligned as itself, which last as long as the channel does.
  static channel* make_behind(std::size_t room, std::size_t capacity) {
    // The ring follows the header in one allocation. It is aligned by hand, because the C library's aligned
    // allocations take four times as long, and twice the memory of a small channel.
    if (capacity > (std::size_t{1} << 40) / sizeof(value))
      throw std::length_error("leat: channel capacity too large");
    const std::size_t slack = alignment - __STDCPP_DEFAULT_NEW_ALIGNMENT__;
    void* memory = ::operator new(slack + room + ring_offset() + capacity * sizeof(value));
    const auto start = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t aligned = (start + slack) / alignment * alignment;
    const std::size_t offset = aligned - start + room;
    return ::new (static_cast<std::byte*>(memory) + offset)
        channel(capacity, static_cast<std::uint32_t>(offset));
  }

  void retain() noexcept { references.fetch_add(1, std::memory_order_relaxed); }

  void release() noexcept {
    if (references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    while (count.load(std::memory_order_relaxed) > 0)
      take_from_ring();
    std::byte* memory = reinterpret_cast<std::byte*>(this) - memory_offset;
    this->~channel();
    ::operator delete(memory);
  }

  // Under the lock. When `done`, `woken` is the waiter to wake once the lock is free, or null.
  attempt try_send_locked(value& from, waiter*& woken) noexcept {
    if (closed.load(std::memory_order_relaxed)) return attempt::closed;
    if (waiter* peer = receivers.pop()) {
      static_cast<std::optional<value>*>(peer->slot)->emplace(std::move(from));
      peer->ok = true;
      woken = peer;
      return attempt::done;
    }
    if (count.load(std::memory_order_relaxed) == capacity) return attempt::would_wait;
    ::new (static_cast<void*>(slot(tail()))) value(std::move(from));
    grow(1);
    return attempt::done;
  }

  attempt try_receive_locked(std::optional<value>& into, waiter*& woken) noexcept {
    if (count.load(std::memory_order_relaxed) > 0) {
      into.emplace(take_from_ring());
      if (waiter* peer = senders.pop()) {
        ::new (static_cast<void*>(slot(tail()))) value(std::move(*static_cast<value*>(peer->slot)));
        grow(1);
        peer->ok = true;
        woken = peer;
      }
      return attempt::done;
    }
    if (waiter* peer = senders.pop()) {
      into.emplace(std::move(*static_cast<value*>(peer->slot)));
      peer->ok = true;
      woken = peer;
      return attempt::done;
    }
    return closed.load(std::memory_order_relaxed) ? attempt::closed : attempt::would_wait;
  }

  LEAT_INLINE void send(value& from) {
    lock.lock();
    waiter* woken = nullptr;
    const attempt outcome = try_send_locked(from, woken);
    if (outcome == attempt::would_wait) {
      if (!wait_to_send(static_cast<void*>(&from))) throw_send_on_closed();
      return;
    }
    lock.unlock();
    if (outcome == attempt::closed) throw_send_on_closed();
    if (woken) wake(*woken);
  }

  bool try_send(value& from) {
    if (!may_send()) return false;
    lock.lock();
    waiter* woken = nullptr;
    const attempt outcome = try_send_locked(from, woken);
    lock.unlock();
    if (outcome == attempt::closed) throw_send_on_closed();
    if (woken) wake(*woken);
    return outcome == attempt::done;
  }

  LEAT_INLINE void receive(std::optional<value>& into) noexcept {
    lock.lock();
    waiter* woken = nullptr;
    if (try_receive_locked(into, woken) == attempt::would_wait) {
      wait_to_receive(&into);
      return;
    }
    lock.unlock();
    if (woken) wake(*woken);
  }

  attempt try_receive(std::optional<value>& into) noexcept {
    if (!may_receive()) return attempt::would_wait;
    lock.lock();
    waiter* woken = nullptr;
    const attempt outcome = try_receive_locked(into, woken);
    lock.unlock();
    if (woken) wake(*woken);
    return outcome;
  }

 private:
  channel(std::size_t capacity_, std::uint32_t offset) noexcept : chan_core(capacity_, offset) {}
  ~channel() = default;

  static constexpr std::size_t ring_offset() {
    return (sizeof(channel) + alignof(value) - 1) / alignof(value) * alignof(value);
  }

  value* slot(std::size_t place) noexcept {
    return std::launder(reinterpret_cast<value*>(reinterpret_cast<std::byte*>(this) + ring_offset())) + place;
  }

  value take_from_ring() noexcept {
    value* place = slot(head);
    value taken(std::move(*place));
    std::destroy_at(place);
    advance_head();
    shrink();
    return taken;
  }
};

// A shared reference to a channel, or to none: the nil channel.
template <typename T>
class channel_handle {
 public:
  channel_handle() noexcept = default;
  explicit channel_handle(channel<T>* owned) noexcept : target_(owned) {}
  channel_handle(const channel_handle& other) noexcept : target_(other.target_) {
    if (target_) target_->retain();
  }
  channel_handle(channel_handle&& other) noexcept : target_(std::exchange(other.target_, nullptr)) {}
  channel_handle& operator=(channel_handle other) noexcept {
    std::swap(target_, other.target_);
    return *this;
  }
  ~channel_handle() {
    if (target_) target_->release();
  }

  channel<T>* get() const noexcept { return target_; }

 private:
  channel<T>* target_ = nullptr;
};

// For those who make a channel of their own and give its ends away.
template <typename T>
receiver<T> receiver_of(channel<T>& source) noexcept;

template <typename T, typename F>
class receive_case;
template <typename T, typename F>
class send_case;

// What every handle can do.
template <typename T>
class handle_base {
 public:
  /// Values in the buffer now; 0 for an unbuffered channel.
  std::size_t size() const noexcept {
    const auto* target = handle_.get();
    return target ? target->count.load(std::memory_order_relaxed) : 0;
  }

  /// How many values the buffer holds.
  std::size_t capacity() const noexcept {
    const auto* target = handle_.get();
    return target ? target->capacity : 0;
  }

  /// Whether this is a channel, as opposed to the nil channel.
  explicit operator bool() const noexcept { return handle_.get() != nullptr; }

  /// Whether both are handles of one channel.
  friend bool operator==(const handle_base& a, const handle_base& b) noexcept {
    return a.handle_.get() == b.handle_.get();
  }

 protected:
  handle_base() noexcept = default;
  explicit handle_base(channel_handle<T> handle) noexcept : handle_(std::move(handle)) {}
  ~handle_base() = default;
  handle_base(const handle_base&) = default;
  handle_base(handle_base&&) noexcept = default;
  handle_base& operator=(const handle_base&) = default;
  handle_base& operator=(handle_base&&) noexcept = default;

  channel_handle<T> handle_;
};

// The sending half of the interface.
template <typename T, typename Base>
class sending : public Base {
 public:
  /// Sends; waits until a receiver takes the value or the buffer has room. Unblocked by close(), which makes
  /// it throw. Throws channel_error on a closed channel, and what T's constructor throws. On the nil channel
  /// it waits for ever.
  LEAT_INLINE void send(T value) const {
    scheduling_point();
    if constexpr (std::is_same_v<parcel<T>, T>) {
      target().send(value);
    } else {
      auto wrapped = wrap<T>(std::move(value));
      target().send(wrapped);
    }
  }

  /// Sends if that needs no waiting, and says whether it did; `value` is moved from only then (or when moving
  /// T may throw). Throws channel_error on a closed channel.
  bool try_send(T&& value) const {
    scheduling_point();
    if (!this->handle_.get()) return false;
    if constexpr (std::is_same_v<parcel<T>, T>) {
      return this->handle_.get()->try_send(value);
    } else {
      auto wrapped = wrap<T>(std::move(value));
      return this->handle_.get()->try_send(wrapped);
    }
  }
  bool try_send(const T& value) const
    requires std::copy_constructible<T>
  {
    return try_send(T(value));
  }

  /// Says that no more values will come: waiting receivers get what is buffered, then nothing; waiting
  /// senders throw. Throws channel_error on a channel that is closed already, and on the nil channel.
  void close() const {
    if (!this->handle_.get()) throw_close_of_nil();
    this->handle_.get()->close();
  }

  /// A case for select(): sends `value`, then calls `then()`. See select.hpp. As with send() itself, this
  /// handle must live until the select has returned.
  template <typename F>
  send_case<T, std::decay_t<F>> on_send(T value, F&& then) const&;
  template <typename F>
  send_case<T, std::decay_t<F>> on_send(T value, F&& then) &&;
  send_case<T, void (*)()> on_send(T value) const&;
  send_case<T, void (*)()> on_send(T value) &&;

 protected:
  using Base::Base;

 private:
  channel<T>& target() const {
    if (!this->handle_.get()) park_forever(wait_reason::nil_chan);
    return *this->handle_.get();
  }
};

// The receiving half of the interface.
template <typename T, typename Base>
class receiving : public Base {
 public:
  /// Receives; waits until there is a value. Nothing: the channel is closed and drained. Unblocked by
  /// close(). On the nil channel it waits for ever. Throws what moving T throws; the value is lost then.
  LEAT_INLINE std::optional<T> receive() const {
    scheduling_point();
    std::optional<parcel<T>> taken;
    receive_into(taken);
    return unwrap<T>(std::move(taken));
  }

  /// Receives if that needs no waiting. Nothing: there is no value now; is_drained() tells whether one may
  /// still come.
  std::optional<T> try_receive() const {
    scheduling_point();
    std::optional<parcel<T>> taken;
    if (this->handle_.get()) this->handle_.get()->try_receive(taken);
    return unwrap<T>(std::move(taken));
  }

  /// Whether the channel is closed and holds nothing: every receive from now on returns nothing at once.
  bool is_drained() const noexcept {
    const auto* target = this->handle_.get();
    return target && target->closed.load(std::memory_order_acquire) &&
           target->count.load(std::memory_order_relaxed) == 0;
  }

  /// A case for select(): receives, then calls `then(std::optional<T>)`, with nothing when closed. See
  /// select.hpp. As with receive() itself, this handle must live until the select has returned.
  template <typename F>
  receive_case<T, std::decay_t<F>> on_receive(F&& then) const&;
  template <typename F>
  receive_case<T, std::decay_t<F>> on_receive(F&& then) &&;

  class iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    iterator() noexcept = default;
    explicit iterator(const receiving* source) : source_(source) { source_->receive_into(value_); }

    T& operator*() const noexcept {
      if constexpr (std::is_same_v<parcel<T>, T>) {
        return *value_;
      } else {
        return **value_;
      }
    }
    iterator& operator++() {
      value_.reset();
      source_->receive_into(value_);
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& it, std::default_sentinel_t) noexcept { return !it.value_; }

   private:
    const receiving* source_ = nullptr;
    mutable std::optional<parcel<T>> value_;  // as it came: taking it out of its box might fail
  };

  /// `for (T value : channel)` receives until the channel is closed and drained.
  iterator begin() const { return iterator(this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 protected:
  using Base::Base;

 private:
  void receive_into(std::optional<parcel<T>>& taken) const noexcept {
    if (!this->handle_.get()) park_forever(wait_reason::nil_chan);
    this->handle_.get()->receive(taken);
  }
};

}  // namespace runtime

/// The end of a channel that can only send. A default-made one is the nil channel.
template <typename T>
class sender : public runtime::sending<T, runtime::handle_base<T>> {
 public:
  sender() noexcept = default;
  template <std::same_as<std::nullptr_t> Nil>
  sender(Nil) noexcept {}

 private:
  friend class chan<T>;
  explicit sender(runtime::channel_handle<T> handle) noexcept { this->handle_ = std::move(handle); }
};

/// The end of a channel that can only receive. A default-made one is the nil channel.
template <typename T>
class receiver : public runtime::receiving<T, runtime::handle_base<T>> {
 public:
  receiver() noexcept = default;
  template <std::same_as<std::nullptr_t> Nil>
  receiver(Nil) noexcept {}

 private:
  friend class chan<T>;
  friend receiver runtime::receiver_of<T>(runtime::channel<T>& source) noexcept;
  explicit receiver(runtime::channel_handle<T> handle) noexcept { this->handle_ = std::move(handle); }
};

template <typename T>
receiver<T> runtime::receiver_of(channel<T>& source) noexcept {
  source.retain();
  return receiver<T>(channel_handle<T>(&source));
}

/// A channel of T, which must be movable: moving a value in and out is all that a channel does with it.
template <typename T>
class chan : public runtime::receiving<T, runtime::sending<T, runtime::handle_base<T>>> {
  static_assert(std::is_object_v<T> && std::same_as<T, std::remove_cv_t<T>> && std::move_constructible<T>,
                "leat::chan: T must be an object that can be moved, and not const");

 public:
  using value_type = T;

  /// A channel without a buffer.
  chan() : chan(std::size_t{0}) {}

  /// A channel that buffers up to `capacity` values. Throws std::length_error, std::bad_alloc.
  explicit chan(std::size_t capacity) {
    this->handle_ = runtime::channel_handle<T>(runtime::channel<T>::make(capacity));
  }

  /// The nil channel.
  template <std::same_as<std::nullptr_t> Nil>
  chan(Nil) noexcept {}

  operator sender<T>() const noexcept { return sender<T>(this->handle_); }
  operator receiver<T>() const noexcept { return receiver<T>(this->handle_); }
};

}  // namespace leat

#include <leat/select.hpp>
