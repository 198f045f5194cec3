// One way through the schedules of a program, told by a seed alone: which goroutine runs next, and where the
// running one is stopped. Pure: no clock, no runtime.
//
// There are two kinds.
//
// A random walk takes each of the runnable goroutines with the same probability, and stops the running one at
// a scheduling point with a probability that it chooses once: in some walks always, in others rarely, because
// some faults need many switches and others a long run without one.
//
// Probabilistic concurrency testing (S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte: "A Randomized
// Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010) gives each goroutine a random
// priority and always runs the highest; at depth - 1 random scheduling points the running one falls below all
// others. Of n goroutines with k scheduling points in all, it finds a fault that depends on the order of
// `depth` of them with a probability of at least 1 / (n * k^(depth - 1)). Who yields also falls below all
// others, and who passes a thousand points in a row while others could run: it may be waiting for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace leat::testing {

/// What a seed says: its uppermost four bits are `depth`, the next twenty `steps`, the other forty `random`.
/// So a small number is a random walk.
struct walk_plan {
  std::uint32_t depth = 0;   // 0: a random walk; up to 15
  std::uint32_t steps = 0;   // scheduling points among which those are chosen where priorities change
  std::uint64_t random = 0;  // what all random numbers come from

  static walk_plan of(std::uint64_t seed) noexcept;
  std::uint64_t seed() const noexcept;
};

/// In words: "random walk", or "PCT of depth 3 over 120 steps".
std::string describe(const walk_plan& plan);

/// A sequence of random numbers, the same for the same start on every machine (SplitMix64).
class random_sequence {
 public:
  explicit random_sequence(std::uint64_t start) noexcept : state_(start) {}

  std::uint64_t next() noexcept;
  /// From 0 to `limit` - 1; limit > 0.
  std::size_t below(std::size_t limit) noexcept;

 private:
  std::uint64_t state_;
};

class walk {
 public:
  explicit walk(std::uint64_t seed);

  /// Which of the runnable goroutines, told by their numbers, runs next; there is at least one.
  std::size_t choose(std::span<const std::uint64_t> runnable);

  /// Whether the running goroutine, at a scheduling point, gives way to one of those that are runnable.
  bool preempts(std::uint64_t running, std::span<const std::uint64_t> runnable);

  /// A goroutine has yielded of its own accord.
  void yielded(std::uint64_t who);

  /// How often it was asked.
  std::uint64_t steps() const noexcept { return steps_; }

  /// For other choices that belong to the schedule.
  random_sequence& random() noexcept { return random_; }

 private:
  std::int64_t& priority_of(std::uint64_t who);
  std::size_t highest(std::span<const std::uint64_t> runnable);
  bool at_change_point() noexcept;

  walk_plan plan_;
  random_sequence random_;
  std::uint64_t steps_ = 0;
  std::uint32_t stays_in_ = 1;                // of a random walk: it may switch at one of so many points
  std::vector<std::uint64_t> change_points_;  // ascending
  std::size_t changes_ = 0;                   // how many of them are past
  std::uint64_t alone_since_ = 0;             // who was asked about last
  std::uint32_t alone_ = 0;                   // how often in a row
  std::int64_t lowest_ = 0;                   // the priority of who fell last
  std::unordered_map<std::uint64_t, std::int64_t> priorities_;
};

}  // namespace leat::testing
