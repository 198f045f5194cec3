// A model of select: two channels, a ticket that the first claims, and waiters in both queues. See
// select_core.cpp and select_ticket in waiter.hpp.
//
// Thread 0 is the worker that runs a select over both channels, and then finishes the switch for it; threads
// 1 and 2 send, one on each channel; thread 3 selects over the same channels to send, and therefore locks
// both. Thread 4 is the select when it goes on after its stop, on any worker.
#include <gtest/gtest.h>

#include <utility>

#include <leat/runtime/model_test.hpp>

namespace leat::runtime {
namespace {

using testing::explore_model;

enum class mistake : std::uint8_t {
  none,
  claims_in_two_steps,
  losers_stay_queued,
  locks_in_the_order_of_the_cases,
  unlocks_before_it_stops,
};

struct select_model {
  static constexpr unsigned threads = 5;
  static constexpr unsigned sending_select = 3;
  static constexpr unsigned goes_on = 4;

  enum place : std::uint8_t {
    locks_first,
    locks_second,
    looks,
    queues,
    stops,
    unlocks_first,
    unlocks_second,
    is_woken = 10,
    dequeues_first,
    dequeues_second,
    returns,
    sender_locks = 20,
    sender_locks_both,
    sender_looks,
    sender_sees_ticket,
    sender_claims,
    sender_unlocks,
    sender_wakes,
    ended,
  };

  mistake made = mistake::none;
  std::array<std::uint8_t, threads> at{locks_first, sender_locks, sender_locks, ended, is_woken};
  std::array<std::uint8_t, 2> locked{};
  std::array<std::uint8_t, 2> queued{};   // the select's waiter in each channel
  std::array<std::uint8_t, 2> in_ring{};  // values that nobody waited for
  std::uint8_t claimed = 0;
  std::uint8_t winners = 0;
  std::uint8_t winner = 0;  // the channel of the last winner
  std::uint8_t took = 0;    // values that the select found without waiting
  std::uint8_t runnable = 0;
  std::uint8_t on_stack = 1;
  std::uint8_t returned = 0;
  std::uint8_t touched_gone = 0;
  std::array<std::uint8_t, threads> channel{0, 0, 1, 0, 0};  // on which each sends
  std::array<std::uint8_t, threads> has_claimed{};

  const char* go(unsigned me, place next, const char* what) {
    at[me] = next;
    return what;
  }

  bool lock(unsigned which) { return std::exchange(locked[which], 1) == 0; }

  const char* step(unsigned me) {
    if (at[me] == ended) return nullptr;
    if (me == 0) return step_of_select();
    return me == goes_on ? step_of_woken() : step_of_sender(me);
  }

  const char* step_of_select() {
    switch (at[0]) {
      case locks_first:
        return lock(0) ? go(0, locks_second, "locks channel 0") : nullptr;
      case locks_second:
        return lock(1) ? go(0, looks, "locks channel 1") : nullptr;
      case looks:
        for (unsigned which = 0; which < 2; ++which) {
          if (!in_ring[which]) continue;
          --in_ring[which];
          took = 1;
          locked = {};
          --on_stack;
          ++returned;
          return go(0, ended, "finds a value, unlocks both and returns");
        }
        return go(0, queues, "finds no value");
      case queues:
        queued = {1, 1};
        if (made != mistake::unlocks_before_it_stops) return go(0, stops, "queues a waiter in both");
        locked = {};
        return go(0, stops, "queues a waiter in both, and unlocks them");
      case stops:
        --on_stack;
        return go(0, made == mistake::unlocks_before_it_stops ? ended : unlocks_first, "has stopped");
      case unlocks_first:
        locked[0] = 0;
        return go(0, unlocks_second, "unlocks channel 0, for the one that has stopped");
      default:
        touched_gone |= returned;  // the set of locks
        locked[1] = 0;
        return go(0, ended, "unlocks channel 1, for the one that has stopped");
    }
  }

  const char* step_of_woken() {
    switch (at[goes_on]) {
      case is_woken:
        if (!runnable) return nullptr;
        --runnable;
        ++on_stack;
        return go(goes_on, dequeues_first, "goes on with the select");
      case dequeues_first:
      case dequeues_second: {
        const unsigned which = at[goes_on] == dequeues_first ? 0 : 1;
        const place next = which == 0 ? dequeues_second : returns;
        if (which == winner) return go(goes_on, next, "need not leave the queue in which it won");
        if (made == mistake::losers_stay_queued)
          return go(goes_on, next, "stays in the queue in which it lost");
        if (locked[which]) return nullptr;
        queued[which] = 0;
        return go(goes_on, next, "leaves the queue in which it lost");
      }
      default:
        --on_stack;
        ++returned;
        return go(goes_on, ended, "returns");
    }
  }

  const char* step_of_sender(unsigned me) {
    const unsigned mine = channel[me];
    const bool both = me == sending_select;
    switch (at[me]) {
      case sender_locks: {
        const unsigned which = both && made == mistake::locks_in_the_order_of_the_cases ? 1 : mine;
        return lock(which) ? go(me, both ? sender_locks_both : sender_looks, "locks the channel to send")
                           : nullptr;
      }
      case sender_locks_both: {
        const unsigned which = made == mistake::locks_in_the_order_of_the_cases ? 0 : 1;
        return lock(which) ? go(me, sender_looks, "locks the other channel, too") : nullptr;
      }
      case sender_looks:
        if (!queued[mine]) {
          ++in_ring[mine];
          return go(me, sender_unlocks, "finds no waiter, and leaves the value");
        }
        queued[mine] = 0;
        touched_gone |= returned;
        return go(me, sender_sees_ticket, "takes a waiter out");
      case sender_sees_ticket:
        touched_gone |= returned;
        if (claimed) return go(me, sender_looks, "sees that the ticket is claimed");
        return go(me, sender_claims, "sees that the ticket is free");
      case sender_claims:
        touched_gone |= returned;
        if (claimed && made != mistake::claims_in_two_steps)
          return go(me, sender_looks, "claims the ticket too late");
        claimed = 1;
        winner = static_cast<std::uint8_t>(mine);
        ++winners;
        has_claimed[me] = 1;
        return go(me, sender_unlocks, "claims the ticket, and hands the value over");
      case sender_unlocks:
        locked[mine] = 0;
        if (both) locked = {};
        return go(me, has_claimed[me] ? sender_wakes : ended, "unlocks");
      default:
        ++runnable;
        return go(me, ended, "makes the select runnable");
    }
  }

  const char* fault() const {
    if (winners > 1) return "the ticket has two winners";
    if (on_stack > 1) return "two workers are on one stack";
    if (touched_gone) return "somebody uses what is gone";
    return nullptr;
  }

  const char* fault_at_end() const {
    if (returned != 1) return "the select waits for ever";
    if (queued[0] || queued[1]) return "a waiter is left behind";
    return winners + took + in_ring[0] + in_ring[1] == 2 ? nullptr : "a value is lost";
  }
};

select_model with_two_senders(mistake made = mistake::none) {
  return {.made = made};
}

// Of which one selects, too.
select_model with_a_select_that_sends(mistake made = mistake::none) {
  select_model all{.made = made};
  all.at[2] = select_model::ended;
  all.at[select_model::sending_select] = select_model::sender_locks;
  return all;
}

TEST(select_model, has_one_winner_and_leaves_no_waiter_behind) {
  const auto found = explore_model(with_two_senders());
  EXPECT_EQ(found.fault, "");
  EXPECT_GT(found.states, 100U);
}

TEST(select_model, meets_another_select_on_the_same_channels) {
  EXPECT_EQ(explore_model(with_a_select_that_sends()).fault, "");
}

TEST(select_model, shows_why_a_ticket_is_claimed_in_one_step) {
  const auto found = explore_model(with_two_senders(mistake::claims_in_two_steps));
  EXPECT_TRUE(found.fault.starts_with("the ticket has two winners")) << found.fault;
}

TEST(select_model, shows_why_losers_leave_their_queues) {
  const auto found = explore_model(with_two_senders(mistake::losers_stay_queued));
  EXPECT_TRUE(found.fault.starts_with("a waiter is left behind") ||
              found.fault.starts_with("somebody uses what is gone"))
      << found.fault;
}

TEST(select_model, shows_why_channels_are_locked_in_one_order) {
  const auto found = explore_model(with_a_select_that_sends(mistake::locks_in_the_order_of_the_cases));
  EXPECT_TRUE(found.fault.starts_with("the select waits for ever")) << found.fault;
}

TEST(select_model, shows_why_the_locks_are_released_once_it_has_stopped) {
  const auto found = explore_model(with_two_senders(mistake::unlocks_before_it_stops));
  EXPECT_TRUE(found.fault.starts_with("two workers are on one stack")) << found.fault;
}

}  // namespace
}  // namespace leat::runtime
