// A model of leat::mutex: its state word, the queues under its lock, and the hand-over. See mutex.hpp and
// mutex.cpp.
//
// Threads 0 to 2 lock and unlock, thread 0 twice; thread 2 may give up. Thread 3 is time: it passes the
// starvation limit, and thread 2's deadline, at any moment. How a goroutine stops is another model
// (parking_model_test.cpp): here it stops and releases the lock in one step.
#include <gtest/gtest.h>

#include <utility>

#include <leat/runtime/model_test.hpp>

namespace leat {
namespace {

using testing::explore_model;
using testing::model_queue;

enum class mistake : std::uint8_t {
  none,
  takes_in_two_steps,
  queues_without_asking_again,
  woken_stays_set_when_it_queues_again,
  nobody_clears_the_mark_of_those_who_gave_up,
  frees_the_lock_beside_a_hand_over,
};

struct mutex_model {
  static constexpr unsigned threads = 4;
  static constexpr unsigned contenders = 3;
  static constexpr unsigned patient_until = 2;  // this contender has a deadline
  static constexpr unsigned time = 3;

  static constexpr unsigned held = 1;
  static constexpr unsigned queued = 2;
  static constexpr unsigned woken = 4;

  enum place : std::uint8_t {
    takes,
    looks,  // take_as()
    swaps,
    locks_the_queues,
    announces,
    announces_by_swap,
    joins,
    waits,
    gives_up,
    leaves_the_queue,
    owns,
    looks_to_free,
    swaps_to_free,
    locks_to_pass_on,
    passes_on,
    stores,
    wakes,
    ended,
  };

  mistake made = mistake::none;
  std::uint8_t state = 0;
  std::uint8_t locked = 0;       // the spinlock of the queues
  std::uint8_t starving = 0;     // the starvation limit has passed
  std::uint8_t deadline = 0;     // thread 2's has passed
  std::uint8_t late_claims = 0;  // thread 2's ticket was claimed by its deadline
  std::uint8_t signals = 0;      // a bit for each contender: it has been woken
  std::uint8_t handed = 0;       // a bit for each contender: the lock is its own
  std::array<std::uint8_t, threads> at{};
  std::array<std::uint8_t, contenders> seen{};   // of the state, by the last look
  std::array<std::uint8_t, contenders> woke{};   // was_woken
  std::array<std::uint8_t, contenders> first{};  // whom it passes the lock on to
  std::array<std::uint8_t, contenders> left{2, 1, 1};
  model_queue<contenders> returning{};
  model_queue<contenders> waiting{};

  const char* go(unsigned me, place next, const char* what) {
    at[me] = next;
    return what;
  }

  static std::uint8_t byte(unsigned value) { return static_cast<std::uint8_t>(value); }
  static unsigned bit(unsigned me) { return 1U << me; }
  bool nobody_waits() const { return returning.empty() && waiting.empty(); }

  bool swap(unsigned me, unsigned next) {
    if (state != seen[me]) return false;
    state = byte(next);
    return true;
  }

  bool lock_queues() { return std::exchange(locked, 1) == 0; }

  const char* step(unsigned me) {
    if (me == time) return pass_time();
    if (at[me] <= swaps) return step_of_taker(me);
    if (at[me] <= leaves_the_queue) return step_of_waiter(me);
    return step_of_owner(me);
  }

  const char* pass_time() {
    if (!starving) {
      starving = 1;
      return "passes the starvation limit";
    }
    if (deadline) return nullptr;
    deadline = 1;
    return "passes the deadline";
  }

  const char* step_of_taker(unsigned me) {
    switch (at[me]) {
      case takes:
        if (state & held) return go(me, looks, "finds the lock held");
        state = byte(state | held);
        return go(me, owns, "takes the lock");
      case looks:
        seen[me] = state;
        return go(me, state & held ? locks_the_queues : swaps, "looks at the state");
      default:
        if (made == mistake::takes_in_two_steps) seen[me] = state;
        if (!swap(me, (woke[me] ? seen[me] & ~woken : seen[me]) | held))
          return go(me, looks, "finds another state");
        return go(me, owns, "takes the lock by a swap");
    }
  }

  const char* step_of_waiter(unsigned me) {
    switch (at[me]) {
      case locks_the_queues:
        return lock_queues() ? go(me, announces, "locks the queues") : nullptr;
      case announces:
        seen[me] = state;
        if (state & held || made == mistake::queues_without_asking_again)
          return go(me, announces_by_swap, "looks at the state again");
        locked = 0;
        return go(me, looks, "finds the lock free and unlocks the queues");
      case announces_by_swap: {
        const bool clears = woke[me] && made != mistake::woken_stays_set_when_it_queues_again;
        if (!swap(me, (clears ? seen[me] & ~woken : seen[me]) | queued))
          return go(me, announces, "finds another state");
        return go(me, joins, "marks that somebody waits");
      }
      case joins:
        (woke[me] ? returning : waiting).push(me);
        locked = 0;
        return go(me, waits, "joins a queue, unlocks it and stops");
      case waits:
        return wait(me);
      case gives_up:
        return lock_queues() ? go(me, leaves_the_queue, "locks the queues to leave") : nullptr;
      default:
        returning.remove(me);
        waiting.remove(me);
        if (nobody_waits() && made != mistake::nobody_clears_the_mark_of_those_who_gave_up)
          state = byte(state & ~queued);
        locked = 0;
        left[me] = 0;
        return go(me, ended, "leaves its queue and unlocks it");
    }
  }

  const char* wait(unsigned me) {
    if (signals & bit(me)) {
      signals = byte(signals & ~bit(me));
      if (handed & bit(me)) {
        handed = byte(handed & ~bit(me));
        return go(me, owns, "is woken with the lock handed over");
      }
      woke[me] = 1;
      return go(me, looks, "is woken");
    }
    const bool popped = (handed | popped_bits()) & bit(me);
    if (me != patient_until || !deadline || popped) return nullptr;
    late_claims = 1;
    return go(me, gives_up, "gives up");
  }

  // Those that somebody has taken out, and will wake.
  unsigned popped_bits() const {
    unsigned bits = 0;
    for (unsigned me = 0; me < contenders; ++me) {
      if (at[me] == stores || at[me] == wakes) bits |= bit(first[me]);
    }
    return bits;
  }

  const char* step_of_owner(unsigned me) {
    switch (at[me]) {
      case owns:
        woke[me] = 0;
        if (state == held) {
          state = 0;
          return finish(me, "frees the lock that nobody wants");
        }
        return go(me, looks_to_free, "finds that others want the lock");
      case looks_to_free:
        seen[me] = state;
        return go(me, state & queued && !(state & woken) ? locks_to_pass_on : swaps_to_free,
                  "looks at the state");
      case swaps_to_free:
        if (!swap(me, seen[me] & ~held)) return go(me, looks_to_free, "finds another state");
        return finish(me, "frees the lock by a swap");
      case locks_to_pass_on:
        return lock_queues() ? go(me, passes_on, "locks the queues to pass the lock on") : nullptr;
      case passes_on:
        return pass_on(me);
      case stores: {
        const unsigned marks = nobody_waits() ? 0 : queued;
        if (starving) handed = byte(handed | bit(first[me]));
        const bool frees = made == mistake::frees_the_lock_beside_a_hand_over;
        state = byte((starving && !frees ? held : woken) | marks);
        locked = 0;
        return go(me, wakes, starving ? "hands the lock over" : "frees the lock for the one it will wake");
      }
      case wakes:
        signals = byte(signals | bit(first[me]));
        first[me] = 0;
        return finish(me, "wakes it");
      default:
        return nullptr;
    }
  }

  const char* pass_on(unsigned me) {
    if (!(state & queued)) {
      locked = 0;
      return go(me, looks_to_free, "finds that nobody waits any more");
    }
    while (!nobody_waits()) {
      const unsigned one = returning.empty() ? waiting.pop() : returning.pop();
      if (one == patient_until && late_claims) continue;
      first[me] = byte(one);
      return go(me, stores, "takes a waiter out");
    }
    if (made != mistake::nobody_clears_the_mark_of_those_who_gave_up) state = byte(state & ~queued);
    locked = 0;
    return go(me, looks_to_free, "finds only waiters that have given up");
  }

  const char* finish(unsigned me, const char* what) {
    seen[me] = 0;
    return go(me, --left[me] ? takes : ended, what);
  }

  const char* fault() const {
    unsigned owners = 0;
    for (unsigned me = 0; me < contenders; ++me) {
      const bool frees = at[me] >= looks_to_free && at[me] <= stores;
      if (at[me] == owns || frees || (handed & bit(me) && !frees)) ++owners;
    }
    return owners > 1 ? "two own the lock" : nullptr;
  }

  const char* fault_at_end() const {
    for (unsigned me = 0; me < contenders; ++me) {
      if (at[me] != ended) return "somebody waits for ever";
    }
    return state || !nobody_waits() ? "the lock is not as it was" : nullptr;
  }
};

constexpr std::string_view forever = "somebody waits for ever";

TEST(mutex_model, has_one_owner_at_a_time_and_leaves_nobody_waiting) {
  const auto found = explore_model(mutex_model{});
  EXPECT_EQ(found.fault, "");
  EXPECT_GT(found.states, 10'000U);
}

TEST(mutex_model, shows_why_it_queues_only_by_a_swap_from_held) {
  const auto found = explore_model(mutex_model{.made = mistake::queues_without_asking_again});
  EXPECT_TRUE(found.fault.starts_with(forever)) << found.fault;
}

TEST(mutex_model, shows_why_it_is_taken_in_one_step) {
  const auto found = explore_model(mutex_model{.made = mistake::takes_in_two_steps});
  EXPECT_TRUE(found.fault.starts_with("two own the lock")) << found.fault;
}

TEST(mutex_model, shows_why_the_woken_clear_their_mark_when_they_queue_again) {
  const auto found = explore_model(mutex_model{.made = mistake::woken_stays_set_when_it_queues_again});
  EXPECT_TRUE(found.fault.starts_with(forever)) << found.fault;
}

// One of the two that clear it would be enough; the waiter does it so that the next unlock need not.
TEST(mutex_model, shows_why_the_mark_of_the_queues_is_cleared_when_all_have_given_up) {
  const auto found = explore_model(mutex_model{.made = mistake::nobody_clears_the_mark_of_those_who_gave_up});
  EXPECT_TRUE(found.fault.starts_with("from here on there is no end")) << found.fault;
}

TEST(mutex_model, shows_why_a_hand_over_leaves_the_lock_held) {
  const auto found = explore_model(mutex_model{.made = mistake::frees_the_lock_beside_a_hand_over});
  EXPECT_TRUE(found.fault.starts_with("two own the lock")) << found.fault;
}

}  // namespace
}  // namespace leat
