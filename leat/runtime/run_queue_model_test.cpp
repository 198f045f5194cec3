// A model of the run queue: an owner that pushes and pops, and two thieves. See run_queue.hpp, whose own code
// run_queue_orders_test.cpp checks, too, where the checker that it needs is installed.
//
// The ring holds two entries, so that it turns: the owner pushes three and pops one. Each load, store and
// swap is a step. An entry is a number from 1; a place in a ring that was never written holds 0.
#include <gtest/gtest.h>

#include <leat/runtime/model_test.hpp>

namespace leat::runtime {
namespace {

using testing::explore_model;

enum class mistake : std::uint8_t {
  none,
  pops_without_a_swap,
  publishes_before_it_writes,
  reads_after_the_swap
};

struct run_queue_model {
  static constexpr unsigned threads = 3;
  static constexpr unsigned capacity = 2;
  static constexpr unsigned entries = 3;

  enum place : std::uint8_t {
    pushes,
    writes,
    publishes,
    pops,
    compares,
    reads,
    swaps,
    steals = 10,
    sees_tail,
    copies,
    swaps_for_thief,
    copies_late,
    ended,
  };

  mistake made = mistake::none;
  std::array<std::uint8_t, threads> at{pushes, steals, steals};
  std::uint8_t head = 0;
  std::uint8_t tail = 0;
  std::array<std::uint8_t, capacity> slots{};
  std::uint8_t pushed = 0;
  std::uint8_t pops_left = 1;
  std::array<std::uint8_t, entries + 1> taken{};  // how often, by entry
  std::array<std::uint8_t, threads> seen_head{};
  std::array<std::uint8_t, threads> seen_tail{};
  std::array<std::uint8_t, threads> held{};  // the entry that it has read

  const char* go(unsigned me, place next, const char* what) {
    at[me] = next;
    return what;
  }

  const char* step(unsigned me) {
    if (at[me] == ended) return nullptr;
    return me == 0 ? step_of_owner() : step_of_thief(me);
  }

  std::uint8_t& slot(unsigned index) { return slots[index % capacity]; }

  const char* step_of_owner() {
    const bool early = made == mistake::publishes_before_it_writes;
    switch (at[0]) {
      case pushes:
        if (pushed == entries) return go(0, pops_left ? pops : ended, "has pushed all");
        if (tail - head >= static_cast<int>(capacity)) return go(0, pops, "finds the ring full");
        return go(0, early ? publishes : writes, "finds room");
      case writes:
        ++pushed;
        slot(early ? tail - 1U : tail) = pushed;
        return go(0, early ? pushes : publishes, "writes an entry");
      case publishes:
        ++tail;
        return go(0, early ? writes : pushes, "moves the tail");
      case pops:
        seen_head[0] = head;
        return go(0, compares, "looks at the head");
      case compares:
        if (seen_head[0] == tail) return finish_pop("finds the ring empty");
        return go(0, reads, "finds an entry to pop");
      case reads:
        held[0] = slot(seen_head[0]);
        return go(0, swaps, "reads it");
      default:
        if (made == mistake::pops_without_a_swap) head = seen_head[0];
        if (head != seen_head[0]) return go(0, pops, "finds that the head has moved");
        ++head;
        ++taken[held[0]];
        return finish_pop("moves the head: it is popped");
    }
  }

  const char* finish_pop(const char* what) {
    if (pops_left) --pops_left;
    return go(0, pushed < entries || pops_left ? pushes : ended, what);
  }

  // It steals half, which is one entry here.
  const char* step_of_thief(unsigned me) {
    switch (at[me]) {
      case steals:
        seen_head[me] = head;
        return go(me, sees_tail, "looks at the head");
      case sees_tail: {
        seen_tail[me] = tail;
        const unsigned available = static_cast<std::uint8_t>(seen_tail[me] - seen_head[me]);
        const unsigned count = available - available / 2;
        if (count == 0) return go(me, ended, "finds nothing to steal");
        if (count > capacity / 2) return go(me, steals, "finds that the head has moved on");
        return go(me, made == mistake::reads_after_the_swap ? swaps_for_thief : copies,
                  "finds an entry to steal");
      }
      case copies:
        held[me] = slot(seen_head[me]);
        return go(me, swaps_for_thief, "reads it");
      case swaps_for_thief:
        if (head != seen_head[me]) return go(me, steals, "finds that the head has moved");
        ++head;
        if (made == mistake::reads_after_the_swap) return go(me, copies_late, "moves the head");
        ++taken[held[me]];
        return go(me, ended, "moves the head: it is stolen");
      default:
        ++taken[slot(seen_head[me])];
        return go(me, ended, "reads the entry");
    }
  }

  const char* fault() const {
    if (taken[0]) return "an entry is taken that was never written";
    for (unsigned entry = 1; entry <= entries; ++entry) {
      if (taken[entry] > 1) return "an entry is taken twice";
    }
    return nullptr;
  }

  const char* fault_at_end() const {
    unsigned left = 0;
    for (unsigned index = head; index != tail; ++index) {
      if (taken[slots[index % capacity]]) return "an entry that was taken is still there";
      ++left;
    }
    unsigned total = left;
    for (unsigned entry = 1; entry <= entries; ++entry)
      total += taken[entry];
    return total == entries ? nullptr : "an entry is lost";
  }
};

TEST(run_queue_model, loses_nothing_and_gives_nothing_twice) {
  const auto found = explore_model(run_queue_model{});
  EXPECT_EQ(found.fault, "");
  EXPECT_GT(found.states, 1000U);
}

TEST(run_queue_model, shows_why_the_owner_takes_by_a_swap) {
  const auto found = explore_model(run_queue_model{.made = mistake::pops_without_a_swap});
  EXPECT_TRUE(found.fault.starts_with("an entry is taken twice")) << found.fault;
}

TEST(run_queue_model, shows_why_the_tail_moves_after_the_entry_is_written) {
  const auto found = explore_model(run_queue_model{.made = mistake::publishes_before_it_writes});
  EXPECT_TRUE(found.fault.starts_with("an entry is taken that was never written")) << found.fault;
}

TEST(run_queue_model, shows_why_a_thief_reads_before_it_moves_the_head) {
  const auto found = explore_model(run_queue_model{.made = mistake::reads_after_the_swap});
  EXPECT_TRUE(found.fault.starts_with("an entry that was taken is still there")) << found.fault;
}

}  // namespace
}  // namespace leat::runtime
