// Turns at one direction of a connection: one goroutine at a time, first come, first served, with a deadline
// that can be moved while others wait, and a close that ends all waiting.
//
// Invariants, whenever the lock is free:
//  - a waiter in the queue is parked, or about to be, and `busy_` is set;
//  - who is popped from the queue with `ok` has taken over `busy_`;
//  - after close() nobody waits and nobody begins a turn; who has one still ends it.
#pragma once

#include <leat/deadline.hpp>
#include <leat/error.hpp>
#include <leat/runtime/spinlock.hpp>
#include <leat/runtime/waiter.hpp>

namespace leat::net {

class tls_turns {
 public:
  tls_turns() noexcept = default;
  tls_turns(const tls_turns&) = delete;
  tls_turns& operator=(const tls_turns&) = delete;

  /// Waits for the turn. Errors: errc::closed, errc::deadline_exceeded.
  result<void> begin() noexcept;

  /// Takes the turn if nobody has it. Errors: errc::closed, errc::deadline_exceeded.
  result<bool> try_begin() noexcept;

  /// Ends the turn, unless somebody has asked in the meantime that output be sent: then returns false, and
  /// the caller sends it and ends again.
  bool end() noexcept;

  /// Asks that output be sent. True: nobody is at it, and the caller must see to it that somebody begins a
  /// turn. False: whoever has the turn, or was already called for it, will.
  bool ask() noexcept;

  /// After ask() returned true, if nothing comes of it: the next may ask again.
  void withdraw() noexcept;

  /// From then on begin() fails with errc::deadline_exceeded, also for those who wait now.
  void set_deadline(time_point when) noexcept;

  /// Ends all waiting, for good. True: nobody had the turn, and now the caller has it, never to end it.
  bool close() noexcept;

 private:
  result<void> may_begin() const noexcept;
  void wake_all_and_unlock() noexcept;
  void hand_on_and_unlock() noexcept;

  runtime::spinlock lock_;  // guards all that follows
  runtime::wait_queue waiting_;
  time_point deadline_ = never;
  bool busy_ = false;
  bool closed_ = false;
  bool asked_ = false;
};

/// A turn, ended with the scope; `Send` is called, with the turn still held, whenever output must be sent
/// before that.
template <typename Send>
class tls_turn {
 public:
  tls_turn(tls_turns& turns, Send send) noexcept
      : turns_(turns), send_(send), begun_(turns.begin()), held_(begun_.has_value()) {}

  /// One that was begun already.
  struct begun_before {};
  tls_turn(tls_turns& turns, Send send, begun_before) noexcept : turns_(turns), send_(send), held_(true) {}

  ~tls_turn() {
    while (held_ && !turns_.end())
      send_();
  }
  tls_turn(const tls_turn&) = delete;
  tls_turn& operator=(const tls_turn&) = delete;

  /// Whether it is ours.
  const result<void>& begun() const noexcept { return begun_; }

 private:
  tls_turns& turns_;
  Send send_;
  const result<void> begun_{};
  const bool held_;
};

}  // namespace leat::net
