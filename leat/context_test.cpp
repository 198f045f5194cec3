#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <leat/context.hpp>
#include <leat/parked_test.hpp>
#include <leat/testing/gtest.hpp>
#include <leat/time.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;

LEAT_TEST_ON_WORKERS(a_context);

const std::error_code canceled = errc::canceled;
const std::error_code deadline_exceeded = errc::deadline_exceeded;

void expect_alive(const context& ctx) {
  EXPECT_FALSE(ctx.error());
  EXPECT_FALSE(ctx.cause());
  EXPECT_FALSE(ctx.done().is_drained());
}

void expect_ended(const context& ctx, std::error_code error) {
  EXPECT_FALSE(ctx.done().receive());
  EXPECT_EQ(ctx.error(), error);
}

TEST_P(a_context, in_the_background_never_ends) {
  run([] {
    const context root;
    EXPECT_FALSE(root.done()) << "the nil channel";
    EXPECT_FALSE(root.error());
    EXPECT_FALSE(root.deadline());
    EXPECT_EQ(root.value<int>(), nullptr);
    EXPECT_EQ(root, context::background());
  });
}

TEST_P(a_context, is_cancelled_by_its_handle_once_and_for_all) {
  run([] {
    auto [ctx, cancel] = with_cancel(context::background());
    const receiver<unit> asked_before = ctx.done();
    expect_alive(ctx);
    EXPECT_EQ(asked_before, ctx.done()) << "always the same channel";
    cancel();
    EXPECT_FALSE(asked_before.receive());
    expect_ended(ctx, canceled);
    EXPECT_EQ(ctx.cause(), canceled);
    cancel(std::make_error_code(std::errc::io_error));
    EXPECT_EQ(ctx.cause(), canceled) << "the first call counts";
  });
}

TEST_P(a_context, is_cancelled_when_its_handle_is_destroyed_or_replaced) {
  run([] {
    context first;
    context second;
    {
      auto one = with_cancel({});
      auto two = with_cancel({});
      first = one.ctx;
      second = two.ctx;
      one.cancel = std::move(two.cancel);
      expect_ended(first, canceled);
      expect_alive(second);
    }
    expect_ended(second, canceled);
  });
}

TEST_P(a_context, tells_the_cause_that_was_given) {
  run([] {
    const std::error_code reason = std::make_error_code(std::errc::no_space_on_device);
    auto [parent, cancel] = with_cancel({});
    const auto [child, cancel_child] = with_cancel(parent);
    cancel(reason);
    EXPECT_EQ(parent.error(), canceled);
    EXPECT_EQ(parent.cause(), reason);
    EXPECT_EQ(child.error(), canceled);
    EXPECT_EQ(child.cause(), reason);
    const auto [late, cancel_late] = with_timeout(parent, 1h);
    EXPECT_EQ(late.cause(), reason) << "also where it is derived afterwards";
  });
}

TEST_P(a_context, ends_with_its_parent_but_not_with_its_child_or_sibling) {
  run([] {
    auto [parent, cancel_parent] = with_cancel({});
    auto [first, cancel_first] = with_cancel(parent);
    auto [second, cancel_second] = with_cancel(parent);
    const context valued = with_value(second, std::string("x"));
    auto [grandchild, cancel_grandchild] = with_timeout(valued, 1h);
    cancel_first();
    expect_ended(first, canceled);
    expect_alive(parent);
    expect_alive(second);
    cancel_parent();
    for (const context& ctx : {parent, second, valued, grandchild})
      expect_ended(ctx, canceled);
    const auto [late, cancel_late] = with_cancel(valued);
    expect_ended(late, canceled);
  });
}

TEST(a_context_in_a_bubble, ends_at_its_deadline) {
  leat::testing::bubble([] {
    const auto begin = clock::now();
    auto [ctx, cancel] = with_timeout({}, 3ms);
    auto [child, cancel_child] = with_cancel(ctx);
    EXPECT_EQ(ctx.deadline(), begin + 3ms);
    EXPECT_EQ(child.deadline(), ctx.deadline());
    expect_alive(child);
    expect_ended(child, deadline_exceeded);
    expect_ended(ctx, deadline_exceeded);
    EXPECT_EQ(clock::now(), begin + 3ms);
    cancel();
    EXPECT_EQ(ctx.error(), deadline_exceeded) << "what was first counts";
    EXPECT_EQ(ctx.error(), std::errc::timed_out);
  });
}

TEST(a_context_in_a_bubble, keeps_to_the_earlier_of_its_own_and_its_parents_deadline) {
  leat::testing::bubble([] {
    auto [early, cancel_early] = with_timeout({}, 3ms, std::make_error_code(std::errc::timed_out));
    auto [late, cancel_late] = with_timeout(early, 1h);
    EXPECT_EQ(late.deadline(), early.deadline());
    expect_ended(late, deadline_exceeded);
    EXPECT_EQ(late.cause(), std::errc::timed_out);

    auto [hour, cancel_hour] = with_timeout({}, 1h);
    auto [soon, cancel_soon] = with_deadline(hour, std::chrono::system_clock::now() + 3ms);
    expect_ended(soon, deadline_exceeded);
    expect_alive(hour);
    const auto [past, cancel_past] = with_deadline(hour, clock::now() - 1h);
    EXPECT_EQ(past.error(), deadline_exceeded);
    const auto [endless, cancel_endless] = with_timeout({}, std::chrono::hours::max());
    EXPECT_FALSE(endless.deadline());
  });
}

TEST(a_context_in_a_bubble, cancelled_before_its_deadline_stays_cancelled) {
  leat::testing::bubble([] {
    auto [ctx, cancel] = with_timeout({}, 1ms);
    cancel();
    sleep_for(1h);
    EXPECT_EQ(ctx.error(), canceled);
  });
}

TEST_P(a_context, finds_values_by_type_up_the_tree) {
  run([] {
    struct user {
      std::string name;
    };
    struct trace {
      int id;
    };
    const context one = with_value({}, user{"ada"});
    auto [two, cancel] = with_cancel(one);
    const context three = with_value(two, trace{7});
    const context four = with_value(three, user{"grace"});
    EXPECT_EQ(one.value<trace>(), nullptr);
    EXPECT_EQ(three.value<user>()->name, "ada");
    EXPECT_EQ(four.value<user>()->name, "grace");
    EXPECT_EQ(four.value<trace>()->id, 7);
    EXPECT_EQ(four.value<int>(), nullptr);
    cancel();
    EXPECT_EQ(four.error(), canceled);
    EXPECT_EQ(one.error(), std::error_code());
  });
}

TEST_P(a_context, without_cancel_lives_on_with_its_values) {
  run([] {
    auto [parent, cancel] = with_timeout(with_value({}, 42), 1h);
    const context detached = without_cancel(parent);
    auto [child, cancel_child] = with_cancel(detached);
    cancel();
    EXPECT_FALSE(detached.error());
    EXPECT_FALSE(detached.done());
    EXPECT_FALSE(detached.deadline());
    EXPECT_EQ(*detached.value<int>(), 42);
    expect_alive(child);
  });
}

TEST_P(a_context, may_be_cancelled_by_many_at_once) {
  run([] {
    auto [root, cancel_root] = with_cancel({});
    std::vector<cancelable_context> all;
    for (int i = 0; i < 100; ++i)
      all.push_back(with_cancel(i == 0 ? root : all[static_cast<std::size_t>(i) / 2].ctx));
    wait_group work;
    for (auto& one : all) {
      work.go([&] { one.cancel(); });
      work.go([&] { expect_ended(one.ctx, canceled); });
    }
    work.go([&cancel_root] { cancel_root(); });
    work.wait();
  });
}

TEST_P(a_context, does_not_deadlock_where_cancels_interlock) {
  run([] {
    auto [parent, cancel_parent] = with_cancel({});
    auto [child, cancel_child] = with_cancel(parent);
    wait_group work;
    work.go([&parent, &cancel_child] {
      parent.done().receive();
      cancel_child();
    });
    work.go([&child, &cancel_parent] {
      cancel_parent();
      child.done().receive();
    });
    work.wait();
  });
}

TEST_P(a_context, cancels_whole_trees_of_random_shape) {
  run([] {
    std::mt19937 random(7);
    for (int round = 0; round < 20; ++round) {
      std::vector<cancelable_context> tree;
      tree.push_back(with_cancel({}));
      for (int i = 0; i < 200; ++i) {
        const context& parent = tree[random() % tree.size()].ctx;
        switch (random() % 3) {
          case 0:
            tree.push_back(with_cancel(parent));
            break;
          case 1:
            tree.push_back(with_timeout(parent, 1h));
            break;
          default:
            tree.push_back(with_cancel(with_value(parent, i)));
        }
      }
      // A few sub-trees first, by a handle that goes away altogether.
      for (int i = 0; i < 5; ++i) {
        auto& one = tree[1 + random() % (tree.size() - 1)];
        one.cancel = with_cancel({}).cancel;
        EXPECT_EQ(one.ctx.error(), canceled);
      }
      if (round % 2 == 0) {
        const cancel_handle dropped = std::move(tree[0].cancel);
      } else {
        tree[0].cancel();
      }
      for (const auto& one : tree)
        EXPECT_EQ(one.ctx.error(), canceled);
    }
  });
}

TEST_P(a_context, of_great_depth_needs_no_deep_stack_to_cancel) {
  run([] {
    std::vector<cancelable_context> chain;
    chain.push_back(with_cancel({}));
    for (int i = 0; i < 20'000; ++i)
      chain.push_back(with_cancel(chain.back().ctx));
    chain.front().cancel();
    EXPECT_EQ(chain.back().ctx.error(), canceled);
    while (!chain.empty())
      chain.pop_back();  // children first, as scopes do
  });
}

TEST_P(a_context, is_forgotten_by_its_parent_when_it_ends) {
  run([] {
    auto [parent, cancel_parent] = with_cancel({});
    std::weak_ptr<const detail::context_node> seen;
    {
      const auto [child, cancel_child] = with_cancel(parent);
      seen = child.node();
    }
    EXPECT_TRUE(seen.expired());
    const auto [kept, cancel_kept] = with_cancel(parent);
    cancel_kept();
    cancel_parent();
  });
}

TEST_P(a_context, survives_children_that_come_and_go_while_it_is_cancelled) {
  run([] {
    for (int round = 0; round < 50; ++round) {
      auto parent = with_cancel({});
      wait_group work;
      for (int i = 0; i < 4; ++i) {
        work.go([&parent] {
          for (int j = 0; j < 20; ++j) {
            const auto [child, cancel] = with_timeout(parent.ctx, 1h);
            const auto stop = after_func(child, [] {});
            leat::yield();
          }
        });
      }
      leat::yield();
      parent.cancel();
      work.wait();
    }
  });
}

TEST_P(a_context, survives_deadlines_that_race_with_cancels) {
  run([] {
    wait_group work;
    for (int i = 0; i < 200; ++i) {
      work.go([i] {
        auto [ctx, cancel] = with_timeout({}, std::chrono::microseconds(i % 30));
        for (int j = 0; j < i % 5; ++j)
          leat::yield();
        cancel();
        EXPECT_TRUE(ctx.error());
      });
    }
    work.wait();
  });
}

TEST_P(a_context, runs_functions_when_it_ends) {
  run([] {
    auto [ctx, cancel] = with_cancel({});
    chan<std::uint64_t> ran{4};
    const auto first = after_func(ctx, [=] { ran.send(goroutine_id()); });
    const auto second = after_func(ctx, [=] { ran.send(goroutine_id()); });
    EXPECT_FALSE(ran.try_receive());
    cancel();
    const auto one = ran.receive();
    const auto two = ran.receive();
    EXPECT_NE(one, two) << "each in a goroutine of its own";
    EXPECT_FALSE(first()) << "too late";
    const auto late = after_func(ctx, [=] { ran.send(goroutine_id()); });
    EXPECT_TRUE(ran.receive());
  });
}

TEST_P(a_context, runs_functions_at_its_deadline) {
  run([] {
    auto [ctx, cancel] = with_timeout({}, 1ms);
    chan<unit> ran;
    const auto stop = after_func(ctx, [=] { ran.close(); });
    ran.receive();
    EXPECT_EQ(ctx.error(), deadline_exceeded);
  });
}

TEST_P(a_context, does_not_run_functions_that_were_called_off) {
  run([] {
    auto [ctx, cancel] = with_cancel({});
    auto held = std::make_shared<int>();
    const std::weak_ptr<int> seen = held;
    const auto stop = after_func(ctx, [held = std::move(held)] { ADD_FAILURE(); });
    EXPECT_TRUE(stop());
    EXPECT_TRUE(seen.expired());
    EXPECT_FALSE(stop());
    {
      const auto dropped = after_func(ctx, [] { ADD_FAILURE(); });
    }
    const auto never_ends = after_func({}, [] { ADD_FAILURE(); });
    cancel();
    leat::testing::let_others_run();
  });
}

TEST_P(a_context, ends_a_sleep) {
  run([] {
    auto [ctx, cancel] = with_cancel({});
    wait_group sleeper;
    sleeper.go([&ctx] { EXPECT_EQ(sleep_for(ctx, 1h), std::unexpected(canceled)); });
    leat::testing::await_parked(1);
    cancel();
    sleeper.wait();
    EXPECT_EQ(sleep_for(ctx, 0ms), std::unexpected(canceled));
    EXPECT_TRUE(sleep_for(context::background(), 1ms));
    const auto [timed, cancel_timed] = with_timeout({}, 1ms);
    EXPECT_EQ(sleep_for(timed, 1h), std::unexpected(deadline_exceeded));
  });
}

TEST_P(a_context, serves_foreign_threads) {
  run([] {
    auto [ctx, cancel] = with_cancel({});
    std::atomic<bool> ran{false};
    wait_group done;
    done.add(2);
    const auto stop = after_func(ctx, [&] {
      ran = true;
      done.done();
    });
    const std::jthread waits([&ctx, done]() mutable {
      ctx.done().receive();
      done.done();
    });
    const std::jthread cancels([&cancel] { cancel(); });
    done.wait();
    EXPECT_TRUE(ran);
  });
}

TEST(a_context_without_a_runtime, can_be_cancelled_but_has_no_deadline) {
  auto [ctx, cancel] = with_cancel({});
  bool ran = false;
  const auto stop = after_func(ctx, [&] { ran = true; });
  EXPECT_THROW(static_cast<void>(with_timeout(ctx, 1h)), std::system_error);
  cancel();
  EXPECT_EQ(ctx.error(), canceled);
  EXPECT_TRUE(ran) << "where there are no goroutines, in place";
}

}  // namespace
}  // namespace leat
