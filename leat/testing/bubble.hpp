// A bubble: goroutines of a test, with a clock of their own and a schedule that a seed decides.
//
//   TEST(a_cache, forgets_after_an_hour) {
//     leat::testing::bubble([] {
//       cache words(1h);
//       words.put("leat");
//       leat::sleep_for(59min);                 // takes no time
//       EXPECT_TRUE(words.has("leat"));
//       leat::sleep_for(1min);
//       EXPECT_FALSE(words.has("leat"));
//     });
//   }
//
// The clock, leat::clock, starts at bubble_begin and stands still while any goroutine can run. When all wait,
// for each other or for moments to come, it jumps to the next such moment: a sleep, a timer, a ticker, a
// deadline, a timeout. Timers that are due at the same moment fire in random order.
//
// While a goroutine is in leat::blocking, or waits for the network, the clock stands still too: the bubble
// really waits. Threads that the runtime does not own are not seen: they hold nothing up, and use the
// machine's clock.
//
// A bubble in which nobody can ever go on is a failure, and so are goroutines that still wait when its
// function has returned; bubble_error then says who waits for what, and where. After the function has
// returned, time stands still.
//
// The schedule is the same for the same seed: where a goroutine may be stopped in favour of another (before
// each operation on a channel, mutex, wait group and the like, in go(), and in interleave_here()), which of
// the runnable ones is next, and which of several ready cases a select takes. See docs/testing.md, also for
// what a bubble cannot see.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <leat/clock.hpp>

namespace leat::testing {

/// What every bubble's clock says at first.
inline constexpr time_point bubble_begin{std::chrono::hours(24 * 365)};

/// How a bubble differs from others.
struct bubble_options {
  /// What the schedule follows from. None: 1. The environment variable LEAT_SEED counts before either: a
  /// number, or "random" for another one each time.
  std::optional<std::uint64_t> seed{};

  /// Whether goroutines may be left behind when the bubble's function returns. They are forgotten then, as at
  /// the end of leat::run, without running their destructors.
  bool may_leave_goroutines = false;

  /// A bubble that passes more scheduling points has failed: it would probably never end.
  std::uint64_t steps_most = 10'000'000;
};

/// Why a bubble failed: nobody in it can go on, or it does not come to an end.
class bubble_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {
void run_bubble(const bubble_options& options, void (*body)(void*), void* argument,
                std::source_location where);

template <typename F>
void call_erased(void* function) {
  std::invoke(*static_cast<F*>(function));
}
template <typename F>
void* erased(F& function) noexcept {
  return const_cast<void*>(static_cast<const volatile void*>(std::addressof(function)));
}
}  // namespace detail

/// Runs `function` as the first goroutine of a bubble, and returns when it and all that it has started have
/// ended. The bubble is a run of its own, on the calling thread.
///
/// Throws bubble_error; what leaves any of its goroutines as an exception; std::logic_error when called from
/// a goroutine, or while leat::run runs; std::invalid_argument for a LEAT_SEED that is none. A bubble that
/// fails prints its seed to standard error, also when only an expectation did; see count_as_failure(). The
/// goroutines of a bubble that fails are forgotten.
template <typename F>
  requires std::invocable<F&>
void bubble(const bubble_options& options, F&& function,
            std::source_location where = std::source_location::current()) {
  detail::run_bubble(options, detail::call_erased<std::remove_reference_t<F>>, detail::erased(function),
                     where);
}

template <typename F>
  requires std::invocable<F&>
void bubble(F&& function, std::source_location where = std::source_location::current()) {
  bubble(bubble_options{}, std::forward<F>(function), where);
}

/// Parks the caller until every other goroutine of the bubble waits for another, or for a moment to come:
/// what they could do by now, they have done. The clock does not move meanwhile. Throws std::logic_error
/// outside a bubble, and when another goroutine is in wait() already.
void wait();

/// A scheduling point: inside a bubble, another goroutine may run first. For where goroutines meet in ways
/// that leat does not see, such as between reading and writing a variable that they share. Anywhere else it
/// does nothing.
inline void interleave_here() noexcept {
  runtime::scheduling_point();
}

/// Makes bubble() and explore() ask `failed` whether the test that runs has failed otherwise than by an
/// exception, and returns what was asked before. leat/testing/gtest.hpp does this for GoogleTest.
using failure_query = bool (*)();
failure_query count_as_failure(failure_query failed) noexcept;

}  // namespace leat::testing
