#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <leat/condition_variable.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;

LEAT_TEST_ON_WORKERS(a_condition_variable);

// Who has counted itself under the mutex, and then waits, is in the queue for whoever sees the count under
// the mutex.
void await_count(mutex& guard, const int& count, int wanted) {
  for (;;) {
    {
      const std::lock_guard hold(guard);
      if (count == wanted) return;
    }
    leat::yield();
  }
}

TEST_P(a_condition_variable, wakes_one_waiter_for_each_notify_one) {
  run([] {
    constexpr int count = 10;
    mutex guard;
    condition_variable changed;
    int waiting = 0;
    int awake = 0;
    wait_group all;
    for (int i = 0; i < count; ++i) {
      all.go([&] {
        std::unique_lock hold(guard);
        ++waiting;
        changed.wait(hold);
        ++awake;
      });
    }
    await_count(guard, waiting, count);
    for (int i = 1; i <= count; ++i) {
      changed.notify_one();
      await_count(guard, awake, i);
    }
    all.wait();
    EXPECT_EQ(awake, count);
  });
}

TEST_P(a_condition_variable, wakes_in_the_order_of_waiting) {
  run([] {
    constexpr int count = 50;
    mutex guard;
    condition_variable changed;
    int waiting = 0;
    std::vector<int> order;
    wait_group all;
    for (int i = 0; i < count; ++i) {
      all.go([&, i] {
        std::unique_lock hold(guard);
        ++waiting;
        changed.wait(hold);
        order.push_back(i);
      });
      await_count(guard, waiting, i + 1);
    }
    for (int i = 0; i < count; ++i) {
      changed.notify_one();
      await([&] {
        const std::lock_guard hold(guard);
        return order.size() == static_cast<std::size_t>(i) + 1;
      });
    }
    all.wait();
    for (int i = 0; i < count; ++i)
      EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  });
}

TEST_P(a_condition_variable, wakes_all_for_notify_all) {
  run([] {
    mutex guard;
    condition_variable changed;
    int waiting = 0;
    bool go_on = false;
    wait_group all;
    for (int i = 0; i < 100; ++i) {
      all.go([&] {
        std::unique_lock hold(guard);
        ++waiting;
        changed.wait(hold, [&] { return go_on; });
      });
    }
    await_count(guard, waiting, 100);
    {
      const std::lock_guard hold(guard);
      go_on = true;
    }
    changed.notify_all();
    all.wait();
  });
}

TEST_P(a_condition_variable, passes_values_through_a_bounded_buffer) {
  run([] {
    constexpr int count = 2000;
    mutex guard;
    condition_variable changed;
    std::optional<int> buffer;
    long sum = 0;
    wait_group all;
    for (int producer = 0; producer < 2; ++producer) {
      all.go([&] {
        for (int i = 1; i <= count; ++i) {
          std::unique_lock hold(guard);
          changed.wait(hold, [&] { return !buffer; });
          buffer = i;
          changed.notify_all();
        }
      });
      all.go([&] {
        for (int i = 1; i <= count; ++i) {
          std::unique_lock hold(guard);
          changed.wait(hold, [&] { return buffer.has_value(); });
          sum += *buffer;
          buffer.reset();
          changed.notify_all();
        }
      });
    }
    all.wait();
    EXPECT_EQ(sum, 2L * count * (count + 1) / 2);
  });
}

TEST_P(a_condition_variable, times_out_under_the_mutex) {
  run([] {
    mutex guard;
    condition_variable changed;
    std::unique_lock hold(guard);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(changed.wait_for(hold, 3ms), std::cv_status::timeout);
    EXPECT_TRUE(hold.owns_lock());
    EXPECT_FALSE(changed.wait_for(hold, 3ms, [] { return false; }));
    EXPECT_FALSE(changed.wait_until(hold, begin, [] { return false; }));
    EXPECT_TRUE(changed.wait_until(hold, begin, [] { return true; }));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 6ms);
    changed.notify_one();
  });
}

TEST_P(a_condition_variable, loses_no_notification_to_a_waiter_that_timed_out) {
  run([] {
    for (int round = 0; round < 200; ++round) {
      mutex guard;
      condition_variable changed;
      int tokens = 0;
      int taken = 0;
      wait_group all;
      all.go([&, round] {
        std::unique_lock hold(guard);
        if (changed.wait_for(hold, std::chrono::microseconds(round % 40), [&] { return tokens > 0; })) {
          --tokens;
          ++taken;
        }
      });
      all.go([&] {
        std::unique_lock hold(guard);
        changed.wait(hold, [&] { return tokens > 0; });
        --tokens;
        ++taken;
      });
      for (int i = 0; i < 2; ++i) {
        const std::lock_guard hold(guard);
        ++tokens;
        changed.notify_one();
      }
      all.wait();
      EXPECT_EQ(taken + tokens, 2);
      EXPECT_GE(taken, 1);
    }
  });
}

TEST_P(a_condition_variable, refuses_to_wait_without_the_mutex) {
  run([] {
    mutex guard;
    condition_variable changed;
    std::unique_lock hold(guard, std::defer_lock);
    EXPECT_THROW(changed.wait(hold), std::logic_error);
    hold.lock();
    guard.unlock();
    EXPECT_THROW(changed.wait(hold), std::logic_error) << "the mutex was unlocked behind its back";
    EXPECT_TRUE(hold.owns_lock());
    hold.release();
    changed.notify_all();
  });
}

TEST_P(a_condition_variable, may_be_destroyed_when_all_have_been_notified) {
  run([] {
    mutex guard;
    int waiting = 0;
    auto changed = std::make_unique<condition_variable>();
    wait_group all;
    for (int i = 0; i < 4; ++i) {
      all.go([&, signal = changed.get()] {
        std::unique_lock hold(guard);
        ++waiting;
        signal->wait(hold);
      });
    }
    await_count(guard, waiting, 4);
    {
      const std::lock_guard hold(guard);
      changed->notify_all();
      changed.reset();
    }
    all.wait();
  });
}

// Those that wait in later rounds do not take what earlier ones were notified of.
TEST_P(a_condition_variable, serves_generation_after_generation) {
  run([] {
    constexpr int generations = 50;
    mutex guard;
    condition_variable changed;
    int waiting = 0;
    std::vector<int> order;
    wait_group all;
    for (int generation = 0; generation < generations; ++generation) {
      all.go([&, generation] {
        std::unique_lock hold(guard);
        ++waiting;
        changed.wait(hold);
        order.push_back(generation);
      });
      await_count(guard, waiting, generation + 1);
      if (generation == 0) continue;
      changed.notify_one();  // one from the round before, while this round's stands behind it
      await([&] {
        const std::lock_guard hold(guard);
        return order.size() == static_cast<std::size_t>(generation);
      });
    }
    changed.notify_all();
    all.wait();
    EXPECT_TRUE(std::ranges::is_sorted(order));
    EXPECT_EQ(order.size(), static_cast<std::size_t>(generations));
  });
}

TEST_P(a_condition_variable, lets_waiters_go_on_for_as_long_as_they_want_to_be_woken) {
  run([] {
    constexpr int count = 100;
    mutex guard;
    condition_variable changed;
    int waiting = 0;
    bool over = false;
    wait_group all;
    for (int i = 0; i < count; ++i) {
      all.go([&] {
        std::unique_lock hold(guard);
        while (!over) {
          ++waiting;
          changed.wait(hold);
        }
      });
    }
    for (int round = 1; round <= 5; ++round) {
      await_count(guard, waiting, count);
      const std::lock_guard hold(guard);
      waiting = 0;
      over = round == 5;
      changed.notify_all();
    }
    all.wait();
  });
}

// What one writes before it notifies under the mutex, the other sees; the steps come in their order.
TEST_P(a_condition_variable, orders_the_steps_of_three_goroutines) {
  run([] {
    for (int round = 0; round < 50; ++round) {
      mutex guard;
      condition_variable changed;
      int step = 0;
      const auto let_others_in = [](std::unique_lock<mutex>& hold) {
        hold.unlock();
        leat::yield();
        hold.lock();
      };
      wait_group all;
      all.go([&] {
        std::unique_lock hold(guard);
        step = 1;
        changed.wait(hold);
        EXPECT_EQ(step, 2);
        step = 3;
        changed.notify_one();
      });
      all.go([&] {
        std::unique_lock hold(guard);
        while (step != 1)
          let_others_in(hold);
        step = 2;
        changed.notify_one();
      });
      all.go([&] {
        std::unique_lock hold(guard);
        while (step < 2)
          let_others_in(hold);
        if (step == 2) changed.wait(hold);
        EXPECT_EQ(step, 3);
      });
      all.wait();
    }
  });
}

// A notification is for those that waited when it came: one who comes to wait meanwhile must not take it
// away.
TEST_P(a_condition_variable, is_not_robbed_of_a_notification_by_a_newcomer) {
  run([] {
    for (int round = 0; round < 200; ++round) {
      mutex guard;
      condition_variable changed;
      int waiting = 0;
      bool over = false;
      wait_group first;
      wait_group others;
      first.go([&] {
        std::unique_lock hold(guard);
        ++waiting;
        changed.wait(hold);
      });
      await_count(guard, waiting, 1);
      others.go([&] { changed.notify_all(); });
      others.go([&] {
        std::unique_lock hold(guard);
        while (!over)
          changed.wait(hold);
      });
      first.wait();
      {
        const std::lock_guard hold(guard);
        over = true;
      }
      changed.notify_all();
      others.wait();
    }
  });
}

TEST_P(a_condition_variable, joins_goroutines_and_foreign_threads) {
  run([] {
    mutex guard;
    condition_variable changed;
    int turn = 0;
    wait_group done;
    const auto play = [&](int own) {
      for (int i = 0; i < 100; ++i) {
        std::unique_lock hold(guard);
        changed.wait(hold, [&] { return turn == own; });
        turn = 1 - own;
        changed.notify_one();
      }
    };
    done.add(1);
    const std::jthread outside([&] {
      play(0);
      done.done();
    });
    done.go([&] { play(1); });
    done.wait();
  });
}

}  // namespace
}  // namespace leat
