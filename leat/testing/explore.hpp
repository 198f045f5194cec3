// The search for a schedule in which a program fails.
//
//   TEST(an_account, loses_no_deposit) {
//     leat::testing::explore(10'000, [] {
//       account shared;
//       leat::wait_group payers;
//       for (int i = 0; i < 2; ++i)
//         payers.go([&] { shared.deposit(5); });
//       payers.wait();
//       if (shared.balance() != 10) throw std::runtime_error("a deposit is lost");
//     });
//   }
//
// The function runs in a bubble (leat/testing/bubble.hpp) once for each schedule, and must make anew all that
// it uses. It fails by an exception, by a failed expectation (leat/testing/gtest.hpp), by getting stuck, by
// leaving goroutines behind, or by not coming to an end. Every other schedule is a random walk, the rest are
// those of probabilistic concurrency testing, of growing depth; see docs/testing.md for what that means.
//
// The same seed gives the same schedules, on every machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <type_traits>

#include <leat/testing/bubble.hpp>

namespace leat::testing {

/// How a search differs from others.
struct explore_options {
  /// How many schedules are tried, at most. The search ends with the first that fails.
  std::uint64_t schedules = 1000;

  /// What the schedules follow from. None: 1. If the environment variable LEAT_SEED is a number, only the
  /// schedule of that seed is run; if it is "random", each search is another one.
  std::optional<std::uint64_t> seed{};

  /// As in bubble_options.
  bool may_leave_goroutines = false;

  /// A schedule that passes more scheduling points has failed: it would probably never end.
  std::uint64_t steps_most = 1'000'000;

  /// How many scheduling decisions must come out right, at most, for the faults that are looked for; 1 to 15.
  std::uint32_t depth_most = 4;

  /// Whether the line that tells of the search is left out.
  bool is_quiet = false;
};

/// A schedule in which the program failed. what() says how, and how to run that schedule again.
class schedule_error : public std::runtime_error {
 public:
  schedule_error(const std::string& text, std::uint64_t number, std::uint64_t seed, std::exception_ptr cause)
      : std::runtime_error(text), number_(number), seed_(seed), cause_(std::move(cause)) {}

  /// Which of the schedules it was, from 1.
  std::uint64_t number() const noexcept { return number_; }
  /// For LEAT_SEED, and for bubble_options.
  std::uint64_t seed() const noexcept { return seed_; }
  /// What left the function; null if an expectation failed.
  const std::exception_ptr& cause() const noexcept { return cause_; }

 private:
  std::uint64_t number_;
  std::uint64_t seed_;
  std::exception_ptr cause_;
};

/// What a search came to.
struct exploration {
  std::uint64_t schedules = 0;  // tried, the failing one included
  std::chrono::duration<double> took{};
  std::optional<schedule_error> failure;

  double schedules_per_second() const noexcept {
    return took.count() > 0 ? static_cast<double>(schedules) / took.count() : 0;
  }
};

namespace detail {
exploration run_search(const explore_options& options, void (*body)(void*), void* argument,
                       std::source_location where);
}

/// Runs `function` under different schedules until one fails, and returns what came of it: for tests that
/// expect a failure. Prints a line about it to standard error. Throws std::invalid_argument for options or a
/// LEAT_SEED that make no sense, std::logic_error where no bubble can be.
template <typename F>
  requires std::invocable<F&>
exploration search(const explore_options& options, F&& function,
                   std::source_location where = std::source_location::current()) {
  return detail::run_search(options, detail::call_erased<std::remove_reference_t<F>>,
                            detail::erased(function), where);
}

/// As search(), and throws schedule_error if a schedule failed.
template <typename F>
  requires std::invocable<F&>
exploration explore(const explore_options& options, F&& function,
                    std::source_location where = std::source_location::current()) {
  exploration done = search(options, std::forward<F>(function), where);
  if (done.failure) throw *done.failure;
  return done;
}

/// The same, for so many schedules.
template <typename F>
  requires std::invocable<F&>
exploration explore(std::uint64_t schedules, F&& function,
                    std::source_location where = std::source_location::current()) {
  return explore(explore_options{.schedules = schedules}, std::forward<F>(function), where);
}

}  // namespace leat::testing
