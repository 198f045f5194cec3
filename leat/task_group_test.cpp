#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <leat/task_group.hpp>
#include <leat/time.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;

LEAT_TEST_ON_WORKERS(a_task_group);

const std::error_code broken = std::make_error_code(std::errc::io_error);

static_assert(group_task<void (*)()>);
static_assert(group_task<void (*)(const context&)>);
static_assert(group_task<result<void> (*)(context)>);
static_assert(!group_task<int (*)()>, "what is neither void nor a result would be lost");
static_assert(!group_task<void (*)(int)>);

TEST_P(a_task_group, succeeds_when_all_tasks_do) {
  run([] {
    task_group group;
    std::atomic<int> sum{0};
    for (int i = 0; i < 20; ++i) {
      group.go([&] { ++sum; });
      group.go([&](const context& ctx) {
        EXPECT_FALSE(ctx.error());
        ++sum;
      });
      group.go([&]() -> result<void> {
        ++sum;
        return {};
      });
      group.go([&](const context&) -> result<void> {
        ++sum;
        return {};
      });
    }
    EXPECT_TRUE(group.wait());
    EXPECT_EQ(sum, 80);
    EXPECT_EQ(group.ctx().error(), errc::canceled) << "its context ends with it";
  });
}

TEST_P(a_task_group, returns_the_first_error_and_calls_off_the_others) {
  run([] {
    task_group group;
    for (int i = 0; i < 5; ++i)
      group.go([](const context& ctx) { return sleep_for(ctx, 1h); });
    group.go([]() -> result<void> { return std::unexpected(broken); });
    EXPECT_EQ(group.wait(), std::unexpected(broken));
    EXPECT_EQ(group.ctx().cause(), broken);
    EXPECT_EQ(group.wait(), std::unexpected(broken)) << "and again";
  });
}

TEST_P(a_task_group, throws_the_first_exception) {
  run([] {
    task_group group;
    group.go([](const context& ctx) { return sleep_for(ctx, 1h); });
    group.go([] { throw std::runtime_error("no more pages"); });
    try {
      static_cast<void>(group.wait());
      FAIL();
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(error.what(), std::string("no more pages"));
    }
    task_group other;
    other.go([] { throw std::system_error(broken); });
    EXPECT_THROW(static_cast<void>(other.wait()), std::system_error);
    EXPECT_EQ(other.ctx().cause(), broken);
  });
}

TEST_P(a_task_group, runs_no_more_tasks_at_once_than_its_limit) {
  run([] {
    task_group group;
    group.limit(3);
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    for (int i = 0; i < 50; ++i) {
      group.go([&] {
        const int now = ++inside;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {}
        leat::yield();
        --inside;
      });
    }
    EXPECT_TRUE(group.wait());
    EXPECT_LE(most, 3);
  });
}

TEST_P(a_task_group, refuses_a_task_that_would_have_to_wait) {
  run([] {
    task_group group;
    group.limit(1);
    chan<unit> release;
    EXPECT_TRUE(group.try_go([=] { release.receive(); }));
    EXPECT_FALSE(group.try_go([] { ADD_FAILURE(); }));
    release.send({});
    group.go([] {});
    EXPECT_TRUE(group.wait());
    task_group unlimited;
    EXPECT_TRUE(unlimited.try_go([] {}));
  });
}

TEST_P(a_task_group, names_a_limit_that_makes_no_sense) {
  run([] {
    task_group group;
    EXPECT_THROW(group.limit(0), std::invalid_argument);
    group.limit(2);
    group.limit(1);
    group.go([] {});
    EXPECT_THROW(group.limit(2), std::logic_error);
    EXPECT_TRUE(group.wait());
  });
}

TEST_P(a_task_group, ends_with_its_parent) {
  run([] {
    auto [parent, cancel] = with_cancel({});
    task_group group(parent);
    group.go([](const context& ctx) { return sleep_for(ctx, 1h); });
    cancel();
    EXPECT_EQ(group.wait(), std::unexpected(std::error_code(errc::canceled)));
  });
}

TEST_P(a_task_group, cancels_and_waits_when_it_is_destroyed) {
  run([] {
    std::atomic<int> ended{0};
    {
      task_group group;
      for (int i = 0; i < 4; ++i) {
        group.go([&](const context& ctx) {
          ctx.done().receive();
          leat::yield();
          ++ended;
        });
      }
    }
    EXPECT_EQ(ended, 4);
  });
}

TEST_P(a_task_group, can_be_called_off) {
  run([] {
    task_group group;
    group.go([](const context& ctx) { ctx.done().receive(); });
    group.cancel();
    EXPECT_TRUE(group.wait()) << "nothing failed";
  });
}

TEST_P(a_task_group, waits_for_tasks_that_tasks_start) {
  run([] {
    task_group group;
    std::atomic<int> leaves{0};
    const auto grow = [&](const auto& self, int depth) -> void {
      if (depth == 0) {
        ++leaves;
        return;
      }
      for (int i = 0; i < 2; ++i)
        group.go([&self, depth] { self(self, depth - 1); });
    };
    group.go([&] { grow(grow, 6); });
    EXPECT_TRUE(group.wait());
    EXPECT_EQ(leaves, 64);
  });
}

TEST_P(a_task_group, moves_tasks_that_cannot_be_copied_and_destroys_them_before_wait_returns) {
  run([] {
    auto held = std::make_shared<int>(3);
    const std::weak_ptr<int> seen = held;
    task_group group;
    group.go([held = std::move(held), own = std::make_unique<int>(4)] { EXPECT_EQ(*held + *own, 7); });
    EXPECT_TRUE(group.wait());
    EXPECT_TRUE(seen.expired());
  });
}

TEST(a_task_group_without_a_runtime, starts_nothing) {
  task_group group;
  group.limit(1);
  EXPECT_THROW(group.go([] {}), std::system_error);
  EXPECT_THROW(group.go([] {}), std::system_error) << "the place of the first must be free again";
  EXPECT_TRUE(group.wait());
}

}  // namespace
}  // namespace leat
