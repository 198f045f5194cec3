#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include <leat/runtime/capture.hpp>
#include <leat/runtime/frames.hpp>
#include <leat/runtime/overview.hpp>
#include <leat/runtime/pause.hpp>
#include <leat/runtime/report.hpp>
#include <leat/runtime/stack.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using real_clock = std::chrono::steady_clock;

constexpr auto walking_time = 200ms;
constexpr std::uint64_t main_goroutine_id = 1;  // always told of: it is where a reader begins

bool is_started(const goroutine& one) noexcept {
  return one.saved.resume != reinterpret_cast<void*>(&leat_goroutine_entry);
}

std::string two_units(std::int64_t large, const char* large_unit, std::int64_t small,
                      const char* small_unit) {
  std::string text = std::to_string(large) + large_unit;
  if (small != 0) text += " " + std::to_string(small) + small_unit;
  return text;
}

}  // namespace

struct overview::collector {
  overview made;
  const pause* held = nullptr;
  milliseconds now{0};
  real_clock::time_point walk_until = real_clock::time_point::max();

  struct runner {
    place where;  // without frames, which are still to be taken
    const worker* on;
    const goroutine* who;
    std::uint64_t id;
  };
  std::vector<runner> running;

  void add(place&& where, const members& one) {
    made.groups_[std::move(where)].add(one);
    ++made.count_;
  }
};

void overview::visit(goroutine& one, void* argument) {
  const sanitizer::hidden_work hidden;  // that they stand still, the pause knows
  auto& all = *static_cast<collector*>(argument);
  const goroutine_state state = one.state.load(std::memory_order_acquire);
  if (state == goroutine_state::free) return;
  place where;
  where.start_file = one.started_at.file_name();
  where.start_line = one.started_at.line();
  where.start_function = one.started_at.function_name();
  const worker* runner = all.held ? all.held->runner_of(one) : nullptr;
  if (runner) {
    where.doing = "running";
    where.worker = runner->index + 1;
    where.known = stack::running;
    all.running.push_back({std::move(where), runner, &one, one.id});
    return;
  }
  if (state == goroutine_state::running) return;  // it has just ended
  if (!is_started(one)) {
    where.doing = "not started yet";
    where.known = stack::not_started;
    return all.add(std::move(where), {.first = one.id, .count = 1});
  }
  const bool parked = state == goroutine_state::parked;
  where.doing = to_string(parked ? one.reason : wait_reason::none);
  if (real_clock::now() < all.walk_until) {
    where.set(frames_of_parked(one));
  } else {
    where.known = stack::too_many;
  }
  const milliseconds waited = all.held ? std::max(all.now - milliseconds(one.parked_ms), 0ms) : 0ms;
  all.add(std::move(where), {.first = one.id,
                             .count = 1,
                             .waited_least = waited,
                             .waited_most = waited,
                             .waits = parked && all.held});
}

overview overview::of_sleepers() {
  collector all;
  for_each_goroutine(visit, &all);
  return std::move(all.made);
}

overview overview::of_all(scheduler& scheduled) {
  const pause held(scheduled);
  collector all;
  if (!held.holds()) return std::move(all.made);
  all.held = &held;
  all.now = std::chrono::floor<milliseconds>(real_clock::now().time_since_epoch());
  all.walk_until = real_clock::now() + walking_time;
  for_each_goroutine(visit, &all);
  for (collector::runner& one : all.running) {
    if (one.on == this_worker()) {
      one.where.set(frames_of_caller());
    } else if (const auto seen = capture(*one.on, *one.who)) {
      one.where.set(seen->frames);
    }
    all.add(std::move(one.where), {.first = one.id, .count = 1});
  }
  return std::move(all.made);
}

void overview::place::set(const frame_list& taken) {
  frames.assign(taken.all().begin(), taken.all().end());
  known = taken.cut_off ? stack::cut_off : stack::taken;
}

void overview::members::add(const members& others) noexcept {
  const bool none = count == 0;
  first = none ? others.first : std::min(first, others.first);
  waited_least = none ? others.waited_least : std::min(waited_least, others.waited_least);
  waited_most = std::max(waited_most, others.waited_most);
  waits = others.waits;
  count += others.count;
}

std::string overview::state_and_start(const place& where) {
  std::string text(where.doing);
  if (where.worker != 0) text += " on worker " + std::to_string(where.worker - 1);
  text.append("], started at ").append(where.start_file).append(":").append(std::to_string(where.start_line));
  return text.append(" (").append(where.start_function).append(")\n");
}

std::string overview::stack_of(const place& where) {
  switch (where.known) {
    case stack::taken:
    case stack::cut_off:
      return runtime::describe(where.frames, where.known == stack::cut_off);
    case stack::running:
      return "    (its stack cannot be told while it runs)\n";
    case stack::too_many:
      return "    (its stack was not looked at: there are too many to hold them all up)\n";
    case stack::not_started:
      break;
  }
  return "";
}

// `rest` begins with the state, in which the time is still missing.
std::string overview::heading(const members& who, std::string_view rest) {
  std::string text = "goroutine " + std::to_string(who.first);
  if (who.count > 1) text += " and " + std::to_string(who.count - 1) + " more at the same place";
  const auto state_end = rest.find(']');
  text.append(" [").append(rest.substr(0, state_end));
  if (who.waits) {
    const std::string least = runtime::describe(who.waited_least);
    const std::string most = runtime::describe(who.waited_most);
    text.append(", for ").append(least);
    if (least != most) text.append(" to ").append(most);
  }
  return text.append(rest.substr(state_end));
}

std::string overview::describe(std::size_t places_most) const {
  // Stacks whose addresses differ may read the same: the compiler makes copies of code.
  std::map<std::string, members> told_together;
  for (const auto& [where, who] : groups_)
    told_together[state_and_start(where) + stack_of(where)].add(who);
  std::map<std::uint64_t, const std::pair<const std::string, members>*> by_first;
  for (const auto& group : told_together)
    by_first[group.second.first] = &group;
  std::string whole;
  std::size_t told = 0;
  std::size_t left_out = 0;
  for (const auto& [first, group] : by_first) {
    if (told == places_most && first != main_goroutine_id) {
      left_out += group->second.count;
      continue;
    }
    whole += heading(group->second, group->first) + '\n';
    if (first != main_goroutine_id) ++told;
  }
  if (left_out > 0) whole += std::to_string(left_out) + " more at other places, which are left out here\n";
  return whole;
}

std::string describe(milliseconds span) {
  const std::int64_t ms = span.count();
  const std::int64_t seconds = ms / 1000;
  if (ms < 1000) return std::to_string(ms) + " ms";
  if (seconds < 60) {
    const std::int64_t tenth = ms / 100 % 10;
    return std::to_string(seconds) + (tenth != 0 ? "." + std::to_string(tenth) : "") + " s";
  }
  if (seconds < 3600) return two_units(seconds / 60, " min", seconds % 60, " s");
  if (seconds < 86400) return two_units(seconds / 3600, " h", seconds / 60 % 60, " min");
  return two_units(seconds / 86400, " days", seconds / 3600 % 24, " h");
}

}  // namespace leat::runtime
