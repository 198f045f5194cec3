// Waiting for moments: sleep, single timers, and tickers that deliver over channels.
//
//   leat::sleep_for(10ms);
//   leat::ticker beat(1s);
//   for (leat::time_point now : beat.c()) send_heartbeat(now);
//
// Moments are of the monotonic clock; see deadline.hpp for how others are converted. A timeout in a select
// needs no timer: leat::on_timeout() does it without one.
//
// Timers and tickers need the runtime: making or resetting one outside leat::run throws std::system_error
// with errc::not_running. Sleeping works everywhere.
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <source_location>
#include <utility>

#include <leat/chan.hpp>
#include <leat/deadline.hpp>

namespace leat {

namespace detail {

struct timer_state;

// Owns a timer, which stops when its owner goes.
class timer_owner {
 public:
  explicit timer_owner(timer_state* started) noexcept : state_(started) {}
  timer_owner(timer_owner&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  timer_owner& operator=(timer_owner&& other) noexcept;
  ~timer_owner();

  timer_state& operator*() const noexcept { return *state_; }

 private:
  timer_state* state_;
};

void sleep(time_point deadline) noexcept;
receiver<time_point> after(time_point when);
timer_owner make_timer(time_point when);
timer_owner make_timer(time_point when, std::move_only_function<void()> function, std::source_location where);
timer_owner make_ticker(std::chrono::nanoseconds period);
bool stop_timer(timer_state& state) noexcept;
bool reset_timer(timer_state& state, time_point when);
void reset_ticker(timer_state& state, std::chrono::nanoseconds period);
receiver<time_point> channel_of(const timer_state& state) noexcept;

// What is too long for the clock becomes its longest span.
template <typename Rep, typename Period>
std::chrono::nanoseconds clamped(const std::chrono::duration<Rep, Period>& span) noexcept {
  if (!(std::chrono::duration<double>(span) < century)) return std::chrono::nanoseconds::max();
  if (span <= span.zero()) return std::chrono::nanoseconds::zero();
  return std::chrono::ceil<std::chrono::nanoseconds>(span);
}

}  // namespace detail

/// Parks the caller for at least `span`; at once back if it is zero or less. Nothing ends it early: where it
/// should be possible to give up, use sleep_for(context, span) or select.
template <typename Rep, typename Period>
void sleep_for(const std::chrono::duration<Rep, Period>& span) noexcept {
  if (span > span.zero()) detail::sleep(deadline_after(span));
}

/// Parks the caller until `moment`; at once back if that is past.
template <typename Clock, typename Duration>
void sleep_until(const std::chrono::time_point<Clock, Duration>& moment) noexcept {
  detail::sleep(deadline_at(moment));
}

/// A channel that delivers the then current time once, `span` from now. What it takes in memory is given back
/// when it has fired, even if nobody listens any more; to give up earlier, use a timer.
template <typename Rep, typename Period>
receiver<time_point> after(const std::chrono::duration<Rep, Period>& span) {
  return detail::after(deadline_after(span));
}

/// A moment that may be called off or moved. It fires once: it sends the current time on c(), or, if made by
/// func(), runs a function in a goroutine of its own. Destroying it stops it.
///
/// No stale value is ever received: after stop() or reset() has returned, a moment that came before is
/// forgotten, even if it had fired and nobody had received it yet. All members may be called concurrently. A
/// moved-from timer may only be destroyed or assigned to.
class [[nodiscard]] timer {
 public:
  /// Starts: fires `span` from now, at once if that is zero or less.
  template <typename Rep, typename Period>
  explicit timer(const std::chrono::duration<Rep, Period>& span)
      : owner_(detail::make_timer(deadline_after(span))) {}

  /// A timer that, instead of sending, starts a goroutine that calls `function`. After a reset() it does so
  /// again, possibly while an earlier call still runs. stop() does not wait for a call that has begun.
  template <typename Rep, typename Period, typename F>
    requires std::invocable<std::decay_t<F>&>
  static timer func(const std::chrono::duration<Rep, Period>& span, F&& function,
                    std::source_location where = std::source_location::current()) {
    return timer(detail::make_timer(deadline_after(span), std::forward<F>(function), where));
  }

  /// The channel on which the timer sends; never closed. The nil channel if made by func().
  receiver<time_point> c() const noexcept { return detail::channel_of(*owner_); }

  /// Calls it off. True: it had not fired, or nobody had received the value.
  bool stop() noexcept { return detail::stop_timer(*owner_); }

  /// Fires `span` from now, and not when it would have before. Returns what stop() would have.
  template <typename Rep, typename Period>
  bool reset(const std::chrono::duration<Rep, Period>& span) {
    return detail::reset_timer(*owner_, deadline_after(span));
  }

 private:
  explicit timer(detail::timer_owner owner) noexcept : owner_(std::move(owner)) {}

  detail::timer_owner owner_;
};

/// Sends the current time on c() at each multiple of its period. Ticks that nobody receives in time are
/// dropped: at most one waits. Destroying it stops it. All members may be called concurrently. A moved-from
/// ticker may only be destroyed or assigned to.
class [[nodiscard]] ticker {
 public:
  /// Starts; the first tick comes after one period. Throws std::invalid_argument if that is zero or less.
  template <typename Rep, typename Period>
  explicit ticker(const std::chrono::duration<Rep, Period>& period)
      : owner_(detail::make_ticker(detail::clamped(period))) {}

  /// The channel on which it sends; stop() does not close it.
  receiver<time_point> c() const noexcept { return detail::channel_of(*owner_); }

  /// Ends the ticking. After it has returned, nothing is received any more.
  void stop() noexcept { detail::stop_timer(*owner_); }

  /// Starts over with another period. Throws std::invalid_argument if that is zero or less.
  template <typename Rep, typename Period>
  void reset(const std::chrono::duration<Rep, Period>& period) {
    detail::reset_ticker(*owner_, detail::clamped(period));
  }

 private:
  detail::timer_owner owner_;
};

}  // namespace leat
