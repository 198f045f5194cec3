// The run queue itself, and not a model of it, under Relacy: a checker that runs threads in many
// interleavings and lets every load return any value that the C++ memory model allows. So it sees a release
// that is missing, which no test on x86 does. What the entries point to is data that Relacy watches for
// races.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <iostream>
#include <ostream>

#include <leat/runtime/run_queue.hpp>

// clang-format off: last, for it renames parts of the language.
#include <relacy/relacy.hpp>
// clang-format on
#undef assert
#undef calloc
#undef delete
#undef errno
#undef free
#undef malloc
#undef memory_order_acq_rel
#undef memory_order_acquire
#undef memory_order_consume
#undef memory_order_relaxed
#undef memory_order_release
#undef memory_order_seq_cst
#undef new
#undef realloc

namespace leat::runtime {
namespace {

enum class weakened : std::uint8_t { nothing, releases, acquires };

constexpr rl::memory_order order_in_relacy(std::memory_order order, weakened what) {
  switch (order) {
    case std::memory_order_relaxed:
      return rl::mo_relaxed;
    case std::memory_order_release:
      return what == weakened::releases ? rl::mo_relaxed : rl::mo_release;
    case std::memory_order_acq_rel:
      return what == weakened::releases   ? rl::mo_acquire
             : what == weakened::acquires ? rl::mo_release
                                          : rl::mo_acq_rel;
    case std::memory_order_acquire:
      return what == weakened::acquires ? rl::mo_relaxed : rl::mo_acquire;
    default:
      return rl::mo_seq_cst;
  }
}

// std::atomic, as far as the queue uses it.
template <weakened What>
struct checked {
  template <typename T>
  class atomic {
   public:
    atomic() : atomic(T{}) {}
    atomic(T value) { value_.store(value, rl::mo_relaxed, RL_INFO); }  // NOLINT: as that of std::atomic

    T load(std::memory_order order) const { return value_.load(in_relacy(order), RL_INFO); }
    void store(T value, std::memory_order order) { value_.store(value, in_relacy(order), RL_INFO); }

    bool compare_exchange_strong(T& expected, T desired, std::memory_order order, std::memory_order failure) {
      return value_.compare_exchange_strong(expected, desired, in_relacy(order), RL_INFO, in_relacy(failure),
                                            RL_INFO);
    }
    bool compare_exchange_weak(T& expected, T desired, std::memory_order order, std::memory_order failure) {
      return value_.compare_exchange_weak(expected, desired, in_relacy(order), RL_INFO, in_relacy(failure),
                                          RL_INFO);
    }

   private:
    static constexpr rl::memory_order in_relacy(std::memory_order order) {
      return order_in_relacy(order, What);
    }

    rl::atomic<T> value_;
  };
};

// Thread 0 owns the queue; it pushes five entries into a ring of four and takes what it can. The others
// steal, each into a queue of its own.
template <weakened What, rl::thread_id_t Threads>
struct theft : rl::test_suite<theft<What, Threads>, Threads> {
  static constexpr std::uint32_t capacity = 4;
  static constexpr std::size_t entries = 5;
  using queue = basic_run_queue<checked<What>::template atomic, capacity>;

  queue shared;
  std::array<queue, Threads> own;
  std::array<goroutine, entries> blocks;
  std::array<rl::var<int>, entries> control;  // what the owner wrote before it pushed, and the taker reads
  std::array<rl::var<int>, entries> taken;
  std::size_t pushed = 0;

  void before() {
    for (std::size_t i = 0; i < entries; ++i) {
      control[i](RL_INFO) = 0;
      taken[i](RL_INFO) = 0;
    }
  }

  void thread(unsigned me) {
    if (me != 0) return steal(me);
    for (std::size_t i = 0; i < entries; ++i) {
      control[i](RL_INFO) = 1;
      while (!shared.push(&blocks[i]))
        take(shared.pop());
      ++pushed;
    }
    take(shared.pop());
  }

  void steal(unsigned me) {
    take(shared.steal_into(own[me]));
    while (goroutine* more = own[me].pop())
      take(more);
  }

  void take(const goroutine* entry) {
    if (!entry) return;
    const auto index = static_cast<std::size_t>(entry - blocks.data());
    RL_ASSERT(control[index](RL_INFO) == 1);
    RL_ASSERT(taken[index](RL_INFO) == 0);
    taken[index](RL_INFO) = 1;
  }

  void after() {
    while (const goroutine* rest = shared.pop())
      take(rest);
    for (auto& one : taken)
      RL_ASSERT(one(RL_INFO) == 1);
  }
};

// Whether no execution failed. The failing one is told when none should. (Not into a string: Relacy takes
// over the program's memory while it runs.)
template <weakened What, rl::thread_id_t Threads>
bool explored(rl::scheduler_type_e search, rl::iteration_t most) {
  std::ostream nowhere(nullptr);
  rl::test_params options;
  options.search_type = search;
  options.context_bound = 2;
  options.iteration_count = most;
  options.output_stream = What == weakened::nothing ? &std::cout : &nowhere;
  options.progress_stream = &nowhere;
  const bool sound = rl::simulate<theft<What, Threads>>(options);
  std::cout << "executions: " << options.stop_iteration << "\n";
  return sound;
}

TEST(run_queue_orders, lose_nothing_and_double_nothing_whoever_steals) {
  EXPECT_TRUE((explored<weakened::nothing, 3>(rl::sched_random, 50'000)));
}

TEST(run_queue_orders, lose_nothing_and_double_nothing_in_all_executions_of_few_switches) {
  EXPECT_TRUE((explored<weakened::nothing, 2>(rl::sched_bound, 500'000)));
}

TEST(run_queue_orders, would_be_too_weak_without_releases) {
  EXPECT_FALSE((explored<weakened::releases, 2>(rl::sched_random, 50'000)));
}

TEST(run_queue_orders, would_be_too_weak_without_acquires) {
  EXPECT_FALSE((explored<weakened::acquires, 2>(rl::sched_random, 50'000)));
}

}  // namespace
}  // namespace leat::runtime
