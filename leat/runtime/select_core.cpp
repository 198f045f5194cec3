// Select, in two passes. The first looks at the channels without their locks, picks one of the ready ones at
// random and tries it under that channel's lock alone. Only when nothing is ready are all locks taken, in the
// order of the channels' addresses, the look repeated, and a waiter put into every channel's queue; whoever
// claims their common ticket first has won. It never polls.
//
// Rejected: shuffling all cases and locking all channels at once, as Go does: it pays for eight locks to find
// the one channel that is ready.
#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <vector>

#include <leat/chan.hpp>
#include <leat/runtime/deadline_wait.hpp>
#include <leat/runtime/scheduler.hpp>
#include <leat/runtime/select_core.hpp>

namespace leat::runtime {
namespace {

LEAT_UNCHECKED std::uint64_t next_random(std::uint64_t& state) noexcept {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

[[gnu::noinline]] std::uint64_t random_of_thread() noexcept {
  thread_local std::uint64_t state = std::random_device{}() | 1U;
  return next_random(state);
}

LEAT_UNCHECKED std::size_t random_below(std::size_t limit) noexcept {
  worker* here = this_worker();
  const std::uint64_t value = here ? next_random(here->random) : random_of_thread();
  return static_cast<std::size_t>(((value >> 32) * limit) >> 32);
}

// One of the cases that seem ready, each with the same probability; no_case if there is none.
std::size_t pick_ready(std::span<select_case* const> cases) noexcept {
  std::size_t ready = 0;
  std::size_t last = no_case;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!may_complete(*cases[i])) continue;
    ++ready;
    last = i;
  }
  if (ready <= 1) return last;
  std::size_t chosen = random_below(ready);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (may_complete(*cases[i]) && chosen-- == 0) return i;
  }
  return last;
}

// The distinct channels of a select, in the order in which they are locked.
class lock_set {
 public:
  explicit lock_set(std::span<select_case* const> cases) {
    chan_core** place = few_.data();
    if (cases.size() > few_.size()) {
      many_.resize(cases.size());
      place = many_.data();
    }
    chan_core** end = place;
    for (const select_case* one : cases) {
      if (one->core) *end++ = one->core;
    }
    std::sort(place, end, std::less<>());
    channels_ = place;
    count_ = static_cast<std::size_t>(std::unique(place, end) - place);
  }
  lock_set(const lock_set&) = delete;
  lock_set& operator=(const lock_set&) = delete;

  void lock() noexcept {
    for (std::size_t i = 0; i < count_; ++i)
      channels_[i]->lock.lock();
  }

  void unlock() noexcept {
    for (std::size_t i = 0; i < count_; ++i)
      channels_[i]->lock.unlock();
  }

  // The action after parking. The owner may be woken through a channel that is free again while others are
  // still held; it then takes every channel's lock in turn before it returns, so this set outlives the last
  // release.
  LEAT_UNCHECKED static void unlock_all(void* set) noexcept {
    static_cast<lock_set*>(set)->unlock_for_parked();
  }

  void leave_held() noexcept {
    for (std::size_t i = 0; i < count_; ++i)
      channels_[i]->lock.leave_held();
  }

 private:
  LEAT_UNCHECKED void unlock_for_parked() noexcept {
    // `count_` is read once: after the last release the set may be gone.
    for (std::size_t i = 0, count = count_; i < count; ++i)
      channels_[i]->lock.unlock_for_parked();
  }

  std::array<chan_core*, 16> few_;
  std::vector<chan_core*> many_;
  chan_core** channels_ = nullptr;
  std::size_t count_ = 0;
};

// Tries one case without holding any lock before. No answer: somebody else was faster.
std::optional<std::size_t> try_case(std::span<select_case* const> cases, std::size_t index) {
  select_case& chosen = *cases[index];
  waiter* woken = nullptr;
  chosen.core->lock.lock();
  const attempt outcome = chosen.try_locked(chosen, woken);
  chosen.core->lock.unlock();
  if (woken) wake(*woken);
  if (outcome == attempt::would_wait) return std::nullopt;
  if (outcome == attempt::closed && chosen.sends) throw_send_on_closed();
  return index;
}

void enqueue(select_case& one, std::uint32_t index, waiter& whole, select_ticket& ticket) noexcept {
  ::new (&one.entry) waiter(whole.owner);
  one.entry.whole = &whole;
  one.entry.slot = one.slot;
  one.entry.ticket = &ticket;
  one.entry.index = index;
  (one.sends ? one.core->senders : one.core->receivers).push(one.entry);
}

void dequeue(select_case& one) noexcept {
  const std::lock_guard guard(one.core->lock);
  (one.sends ? one.core->senders : one.core->receivers).remove(one.entry);
}

// Waits on all cases. `self` stands for the select as a whole; it is in no queue itself.
class parked_select {
 public:
  parked_select(std::span<select_case* const> cases, time_point deadline) : cases_(cases), locks_(cases) {
    self_.ticket = &ticket_;
    // Armed before any channel is locked: timer callbacks lock channels.
    if (deadline != time_point::max()) timer_.emplace(self_, deadline);
  }

  std::size_t wait() {
    locks_.lock();
    for (std::size_t index; (index = pick_ready(cases_)) != no_case;) {
      waiter* woken = nullptr;
      const attempt outcome = cases_[index]->try_locked(*cases_[index], woken);
      if (outcome == attempt::would_wait)
        continue;  // only waiters that had been claimed stood there; now they do not
      locks_.unlock();
      if (woken) wake(*woken);
      if (outcome == attempt::closed && cases_[index]->sends) throw_send_on_closed();
      return index;
    }
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if (cases_[i]->core) enqueue(*cases_[i], static_cast<std::uint32_t>(i), self_, ticket_);
    }
    locks_.leave_held();
    park_until_claimed();
    for (select_case* one : cases_) {
      if (one->core && &one->entry != ticket_.winner) dequeue(*one);
    }
    if (!ticket_.winner) return no_case;
    const std::size_t winner = ticket_.winner->index;
    if (cases_[winner]->sends && !ticket_.winner->ok) throw_send_on_closed();
    return winner;
  }

 private:
  void park_until_claimed() noexcept {
    if (timer_) {
      timer_->park(lock_set::unlock_all, &locks_, wait_reason::select);
    } else {
      park_releasing(self_, lock_set::unlock_all, &locks_, wait_reason::select);
    }
  }

  std::span<select_case* const> cases_;
  lock_set locks_;
  select_ticket ticket_;
  waiter self_;
  std::optional<deadline_wait> timer_;
};

}  // namespace

std::size_t select_wait(std::span<select_case* const> cases, bool may_wait, time_point deadline) {
  scheduling_point();
  for (std::size_t index; (index = pick_ready(cases)) != no_case;) {
    if (auto done = try_case(cases, index)) return *done;
  }
  if (!may_wait) return no_case;
  const bool all_nil =
      std::all_of(cases.begin(), cases.end(), [](const select_case* one) { return !one->core; });
  if (all_nil && deadline == time_point::max()) park_forever(wait_reason::empty_select);
  return parked_select(cases, deadline).wait();
}

}  // namespace leat::runtime
