// Counts what goroutines ask operator new for, and therefore stands in a program of its own.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>

#include <leat/parked_test.hpp>
#include <leat/select.hpp>
#include <leat/sync.hpp>
#include <leat/time.hpp>
#include <leat/workers_test.hpp>

namespace {

std::atomic<long> allocations{0};

void* count_and_allocate(std::size_t size) {
  if (leat::goroutine_id() != 0) allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// Not inlined: g++ would see one half of a pair and take it for a mistake.
[[gnu::noinline]] void* operator new(std::size_t size) {
  return count_and_allocate(size);
}
[[gnu::noinline]] void* operator new[](std::size_t size) {
  return count_and_allocate(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(an_operation_that_may_wait);

constexpr auto never_mind = [](auto&&...) {};

// Each worker's own tables may grow, once: a number that does not depend on that of the operations.
constexpr long few = 32;

long allocations_of(int rounds, auto&& operation) {
  const long before = allocations;
  for (int i = 0; i < rounds; ++i)
    operation();
  return allocations - before;
}

TEST_P(an_operation_that_may_wait, on_a_channel_allocates_nothing) {
  run([] {
    for (const std::size_t capacity : {0, 1, 10}) {
      const chan<int> there{capacity};
      const chan<int> back{capacity};
      go([=] {
        for (const int value : there)
          back.send(int{value});
      });
      EXPECT_LE(allocations_of(20000 / sanitizer_cost,
                               [&] {
                                 there.send(1);
                                 back.receive();
                               }),
                few);
      there.close();
    }
  });
}

// Two goroutines that meet by selects again and again.
TEST_P(an_operation_that_may_wait, in_a_select_allocates_nothing) {
  run([] {
    const chan<int> there;
    const chan<int> back;
    const chan<unit> silent;
    go([=] {
      for (bool open = true; open;) {
        select(there.on_receive([&](std::optional<int> value) { open = value.has_value(); }),
               silent.on_receive(never_mind), on_timeout(1h, never_mind));
        if (open) select(back.on_send(1), silent.on_receive(never_mind));
      }
    });
    EXPECT_LE(allocations_of(50000 / sanitizer_cost,
                             [&] {
                               select(there.on_send(1), silent.on_receive(never_mind));
                               select(silent.on_receive(never_mind), back.on_receive(never_mind));
                             }),
              few);
    there.close();
  });
}

// What a select that gave up left in the queues of its channels would grow.
TEST_P(an_operation_that_may_wait, and_gives_up_leaves_nothing_behind) {
  run([] {
    const chan<int> silent;
    EXPECT_LE(
        allocations_of(20000 / sanitizer_cost,
                       [&] {
                         select(silent.on_receive(never_mind), silent.on_send(1), on_timeout(0s, never_mind));
                         select(silent.on_receive(never_mind), silent.on_send(1), otherwise(never_mind));
                       }),
        few);
    EXPECT_LE(
        allocations_of(
            2000 / sanitizer_cost,
            [&] { select(silent.on_receive(never_mind), silent.on_send(1), on_timeout(1us, never_mind)); }),
        few);
    EXPECT_FALSE(silent.try_send(1));
    EXPECT_FALSE(silent.try_receive());
  });
}

TEST_P(an_operation_that_may_wait, on_a_lock_or_a_moment_allocates_nothing) {
  run([] {
    mutex guard;
    semaphore one(1);
    timer alarm(1h);
    EXPECT_LE(allocations_of(2000 / sanitizer_cost,
                             [&] {
                               guard.lock();
                               guard.unlock();
                               one.acquire();
                               one.release();
                               alarm.reset(2h);
                               alarm.stop();
                               sleep_for(1us);
                             }),
              few);
  });
}

}  // namespace
}  // namespace leat
