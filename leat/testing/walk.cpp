#include <algorithm>
#include <array>

#include <leat/testing/walk.hpp>

namespace leat::testing {
namespace {

constexpr std::uint32_t depth_most = 15;
constexpr std::uint32_t steps_most = (1U << 20) - 1;
constexpr std::uint64_t random_mask = (std::uint64_t{1} << 40) - 1;

// How many scheduling points in a row a goroutine may pass while others wait for their turn: one that waits
// for them by trying again and again would else never end.
constexpr std::uint32_t patience = 1000;

// How rarely a random walk stops a running goroutine.
constexpr std::array<std::uint32_t, 4> rarities{1, 2, 6, 20};

}  // namespace

walk_plan walk_plan::of(std::uint64_t seed) noexcept {
  return {.depth = static_cast<std::uint32_t>(seed >> 60),
          .steps = static_cast<std::uint32_t>(seed >> 40) & steps_most,
          .random = seed & random_mask};
}

std::uint64_t walk_plan::seed() const noexcept {
  return std::uint64_t{std::min(depth, depth_most)} << 60 | std::uint64_t{std::min(steps, steps_most)} << 40 |
         (random & random_mask);
}

std::string describe(const walk_plan& plan) {
  if (plan.depth == 0) return "random walk";
  return "PCT of depth " + std::to_string(plan.depth) + " over " + std::to_string(plan.steps) + " steps";
}

std::uint64_t random_sequence::next() noexcept {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31);
}

std::size_t random_sequence::below(std::size_t limit) noexcept {
  return static_cast<std::size_t>(((next() >> 32) * limit) >> 32);
}

walk::walk(std::uint64_t seed) : plan_(walk_plan::of(seed)), random_(seed) {
  if (plan_.depth == 0) {
    stays_in_ = rarities[random_.below(rarities.size())];
    return;
  }
  for (std::uint32_t change = 1; change < plan_.depth; ++change)
    change_points_.push_back(1 + random_.below(std::max(plan_.steps, 1U)));
  std::ranges::sort(change_points_);
}

std::size_t walk::choose(std::span<const std::uint64_t> runnable) {
  ++steps_;
  if (plan_.depth == 0) return random_.below(runnable.size());
  const std::size_t chosen = highest(runnable);
  if (!at_change_point()) return chosen;
  priority_of(runnable[chosen]) = --lowest_;
  return highest(runnable);
}

bool walk::preempts(std::uint64_t running, std::span<const std::uint64_t> runnable) {
  ++steps_;
  if (plan_.depth == 0) {
    if (runnable.empty()) return false;
    return random_.below(stays_in_) == 0 && random_.below(runnable.size() + 1) != 0;
  }
  if (runnable.empty()) return false;
  alone_ = running == alone_since_ ? alone_ + 1 : 0;
  alone_since_ = running;
  if (at_change_point() || alone_ == patience) priority_of(running) = --lowest_;
  return priority_of(runnable[highest(runnable)]) > priority_of(running);
}

void walk::yielded(std::uint64_t who) {
  if (plan_.depth != 0) priority_of(who) = --lowest_;
}

bool walk::at_change_point() noexcept {
  bool changes = false;
  for (; changes_ < change_points_.size() && change_points_[changes_] <= steps_; ++changes_)
    changes = true;
  return changes;
}

// Those that it does not know yet get a random priority above all that fell.
std::int64_t& walk::priority_of(std::uint64_t who) {
  const auto [place, is_new] = priorities_.try_emplace(who);
  if (is_new) place->second = static_cast<std::int64_t>(random_.next() >> 2) + 1;
  return place->second;
}

std::size_t walk::highest(std::span<const std::uint64_t> runnable) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < runnable.size(); ++i) {
    if (priority_of(runnable[i]) > priority_of(runnable[best])) best = i;
  }
  return best;
}

}  // namespace leat::testing
