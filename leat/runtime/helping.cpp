#include <algorithm>

#include <leat/runtime/helping.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;

constexpr auto search_time = 20us;  // of a worker that was woken and finds nothing
constexpr auto glance_time = 1us;   // how long a worker is watched to see how fast it gets on
constexpr auto worth_time = 5us;    // what others will have done sooner is not worth taking from them
constexpr auto grain_time = 250ns;  // goroutines that run for less cost more to move than to run
constexpr auto worth_time_of_grains = 100us;
constexpr auto stuck_time = 5us;  // after which a run_next that nobody takes may be stolen

std::uint64_t next_random(worker& of) noexcept {
  of.random ^= of.random << 13;
  of.random ^= of.random >> 7;
  of.random ^= of.random << 17;
  return of.random;
}

std::uint32_t waiting_at(const worker& other) noexcept {
  return other.queue.size() + other.unstarted.size();
}

// Whether to share what waits for a worker that has done so many steps in the time that it was watched.
bool is_worth_it(std::size_t waiting, clock::duration watched, std::uint64_t steps) noexcept {
  watched = std::min<clock::duration>(watched, 1s);  // a process that was stopped must not make it overflow
  const auto count = static_cast<std::int64_t>(steps);
  const auto until_done = watched * static_cast<std::int64_t>(waiting);  // times `count`
  return until_done >= count * (watched < count * grain_time ? worth_time_of_grains : worth_time);
}

}  // namespace

goroutine* helping::look_elsewhere() noexcept {
  if (!here_.searching) return search(glance_time * 2);
  if (all_.rescue.exchange(false, std::memory_order_acq_rel)) {
    if (goroutine* next = relieve_others()) return next;
  }
  return search(search_time);
}

bool helping::has_more_come() const noexcept {
  const bool are_there_others = all_.idle_count.load(std::memory_order_seq_cst) < all_.workers.size();
  const std::size_t left_global = are_there_others ? left_global_ : 0;
  const std::size_t left_elsewhere = are_there_others ? left_elsewhere_ : 0;
  return all_.global.size() > left_global || waiting_elsewhere() > left_elsewhere;
}

// Watches one awake worker after another, and helps those that need it.
goroutine* helping::search(clock::duration patience) noexcept {
  const time_point begin = clock::now();
  std::size_t turn = next_random(here_);
  sighting seen;
  for (time_point now = begin; now - begin < patience; now = clock::now()) {
    if (all_.stopping.load(std::memory_order_relaxed)) return nullptr;
    if (!seen.of) seen = look_around(turn++, now);
    if (goroutine* next = seen.of ? help(seen, now) : take_what_is_nobodys()) return next;
    for (int i = 0; i < 20; ++i)
      spin_pause();
  }
  left_global_ = all_.global.size();
  left_elsewhere_ = waiting_elsewhere();
  return nullptr;
}

helping::sighting helping::look_around(std::size_t turn, time_point now) const noexcept {
  for (std::size_t i = 0; i < all_.workers.size(); ++i) {
    worker& other = *all_.workers[(turn + i) % all_.workers.size()];
    if (&other == &here_ || other.asleep.load(std::memory_order_relaxed)) continue;
    const std::size_t waiting = waiting_for(other);
    if (waiting != 0 || other.run_next.load(std::memory_order_relaxed))
      return {&other, other.tick.load(std::memory_order_relaxed), waiting, now};
  }
  return {};
}

// Null, and nothing in `seen`: this one needs no help.
goroutine* helping::help(sighting& seen, time_point now) noexcept {
  const auto watched = now - seen.since;
  if (watched < glance_time) return nullptr;
  worker& other = *seen.of;
  const std::uint64_t switched = other.tick.load(std::memory_order_relaxed) - seen.tick;
  const std::size_t waiting = waiting_for(other);
  // One that goes on making goroutines runnable gets on, too.
  const std::uint64_t steps = switched + (waiting > seen.waiting ? waiting - seen.waiting : 0);
  if (is_worth_it(waiting, watched, steps)) {
    if (goroutine* next = take_what_is_nobodys()) return next;
    if (goroutine* next = steal_some(other)) return next;
  }
  // A run_next only when its worker has not switched for a while.
  if (switched == 0 && other.run_next.load(std::memory_order_relaxed)) {
    if (watched < stuck_time) return nullptr;
    if (goroutine* next = steal_run_next(other)) return next;
  }
  seen.of = nullptr;
  return nullptr;
}

// Does for workers that are stuck behind one goroutine what they cannot do themselves.
goroutine* helping::relieve_others() noexcept {
  const time_point now = clock::now();
  for (const auto& other : all_.workers) {
    if (other.get() == &here_ || other->asleep.load(std::memory_order_relaxed)) continue;
    fire_due_timers(other->timers, now);
    if (!other->poll->used()) continue;
    bump(here_.events, other->poll->poll_for_owner());
    bump(here_.polls);
  }
  // What they woke is ours, and may stand in any place.
  if (goroutine* next = here_.queue.pop()) return next;
  if (goroutine* next = here_.unstarted.take_oldest()) return next;
  return here_.run_next.exchange(nullptr, std::memory_order_acq_rel);
}

goroutine* helping::take_what_is_nobodys() noexcept {
  all_.take_share_of_global(here_);
  return here_.queue.pop();
}

goroutine* helping::steal_some(worker& other) noexcept {
  goroutine* next = other.queue.steal_into(here_.queue);
  if (!next) next = other.unstarted.steal_into(here_.queue);
  if (next) bump(here_.steals);
  return next;
}

goroutine* helping::steal_run_next(worker& other) noexcept {
  goroutine* next = other.run_next.load(std::memory_order_acquire);
  if (!next || !other.run_next.compare_exchange_strong(next, nullptr, std::memory_order_acq_rel)) {
    return nullptr;
  }
  bump(here_.steals);
  return next;
}

std::size_t helping::waiting_for(const worker& other) const noexcept {
  return waiting_at(other) + all_.global.size();
}

std::size_t helping::waiting_elsewhere() const noexcept {
  std::size_t count = 0;
  for (const auto& other : all_.workers) {
    if (other.get() != &here_) count += waiting_at(*other);
  }
  return count;
}

}  // namespace leat::runtime
