// Contexts in races and in trees: what holds whoever cancels, derives, asks and times out meanwhile.
#include <atomic>
#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include <leat/context.hpp>
#include <leat/parked_test.hpp>
#include <leat/select.hpp>
#include <leat/time.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(a_context_in_a_tree);
LEAT_TEST_ON_WORKERS(the_cause_of_a_context);
LEAT_TEST_ON_WORKERS(a_function_of_a_context);

const std::error_code canceled = errc::canceled;
const std::error_code deadline_exceeded = errc::deadline_exceeded;
const std::error_code io_error = std::make_error_code(std::errc::io_error);
const std::error_code no_space = std::make_error_code(std::errc::no_space_on_device);

// A chain of `layers`, each of a kind that chance chooses; some are kept alive by nobody but their children.
class layers {
 public:
  layers(unsigned seed, int count, std::optional<std::chrono::milliseconds> timeout) : random_(seed) {
    steps_.push_back(with_cancel({}));
    context last = steps_.back().ctx;
    for (int i = 0; i < count; ++i) {
      switch (random_() % 4) {
        case 0:
          last = with_value(last, i);
          break;
        case 1:
          steps_.push_back(with_cancel(last));
          last = steps_.back().ctx;
          break;
        case 2:
          steps_.push_back(with_timeout(last, 1h));
          last = steps_.back().ctx;
          break;
        default:
          last = with_value(last, std::string("value"));
      }
    }
    if (timeout) {
      steps_.push_back(with_timeout(last, *timeout));
      last = steps_.back().ctx;
    }
    steps_.push_back(with_cancel(with_value(last, 'x')));
    innermost_ = steps_.back().ctx;
  }

  const std::vector<cancelable_context>& steps() const { return steps_; }
  const context& innermost() const { return innermost_; }
  std::size_t any() { return random_() % steps_.size(); }

 private:
  std::mt19937 random_;
  std::vector<cancelable_context> steps_;
  context innermost_;
};

TEST_P(a_context_in_a_tree, is_cancelled_with_the_layers_above_it_and_only_with_those) {
  run([] {
    for (unsigned seed = 0; seed < 50; ++seed) {
      layers tree(seed, 30, std::nullopt);
      const std::size_t chosen = tree.any();
      EXPECT_EQ(*tree.innermost().value<char>(), 'x');
      wait_group waiter;
      waiter.go([&] { tree.innermost().done().receive(); });
      tree.steps()[chosen].cancel();
      waiter.wait();
      for (std::size_t i = 0; i < tree.steps().size(); ++i)
        EXPECT_EQ(tree.steps()[i].ctx.error(), i < chosen ? std::error_code() : canceled) << seed;
      EXPECT_EQ(*tree.innermost().value<char>(), 'x') << "values outlive cancels";
    }
  });
}

TEST_P(a_context_in_a_tree, times_out_with_the_layer_above_it_that_has_a_deadline) {
  run([] {
    for (unsigned seed = 100; seed < 120; ++seed) {
      const layers tree(seed, 30, 1ms);
      EXPECT_FALSE(tree.innermost().done().receive());
      EXPECT_EQ(tree.innermost().error(), deadline_exceeded);
      EXPECT_EQ(tree.steps().front().ctx.error(), std::error_code());
    }
  });
}

// A parent may be cancelled between any two steps of deriving a child.
TEST_P(a_context_in_a_tree, that_is_derived_while_its_parent_is_cancelled_is_cancelled_too) {
  run([] {
    for (int round = 0; round < 300 / sanitizer_cost; ++round) {
      const auto parent = with_cancel({});
      wait_group all;
      for (int i = 0; i < 4; ++i) {
        all.go([&, i] {
          const auto child = i % 2 == 0 ? with_cancel(parent.ctx) : with_timeout(parent.ctx, 1h);
          const auto grandchild = with_cancel(with_value(child.ctx, i));
          grandchild.ctx.done().receive();
          EXPECT_EQ(grandchild.ctx.error(), canceled);
        });
      }
      if (round % 2 == 0) leat::yield();
      parent.cancel(io_error);
      all.wait();
    }
  });
}

TEST_P(a_context_in_a_tree, whose_done_is_closed_has_an_error_and_the_other_way_round) {
  run([] {
    for (int round = 0; round < 300 / sanitizer_cost; ++round) {
      const auto one = with_cancel({});
      const auto child = with_cancel(one.ctx);
      wait_group all;
      for (const context& ctx : {one.ctx, child.ctx}) {
        all.go([ctx] {
          while (!ctx.error())
            leat::yield();
          EXPECT_FALSE(ctx.done().receive()) << "it must come, and nothing but the close";
        });
        all.go([ctx] {
          ctx.done().receive();
          EXPECT_EQ(ctx.error(), canceled);
          EXPECT_EQ(ctx.cause(), canceled);
        });
      }
      leat::yield();
      one.cancel();
      EXPECT_TRUE(child.ctx.done().is_drained()) << "when cancel() returns, all is done";
      all.wait();
    }
  });
}

TEST_P(a_context_in_a_tree, ends_a_select_that_waits_for_something_else) {
  run([] {
    const auto one = with_cancel({});
    const chan<int> silent;
    wait_group waiter;
    waiter.go([&] {
      EXPECT_EQ(
          select(silent.on_receive([](auto) { ADD_FAILURE(); }), one.ctx.done().on_receive([](auto) {})), 1U);
    });
    testing::await_parked(1);
    one.cancel();
    waiter.wait();
  });
}

TEST_P(a_context_in_a_tree, needs_no_goroutine_of_its_own) {
  run([] {
    const auto root = with_cancel({});
    std::vector<cancelable_context> all;
    for (int i = 0; i < 100; ++i)
      all.push_back(with_timeout(i % 2 == 0 ? root.ctx : all.back().ctx, 1h));
    const auto stop = after_func(root.ctx, [] {});
    EXPECT_EQ(goroutine_count(), 1U);
  });
}

// --- Causes ---

TEST_P(the_cause_of_a_context, is_that_of_the_cancel_that_came_first_on_the_way_to_it) {
  run([] {
    const auto expect = [](const context& ctx, std::error_code error, std::error_code cause) {
      EXPECT_EQ(ctx.error(), error);
      EXPECT_EQ(ctx.cause(), cause);
    };
    const context background;
    expect(background, {}, {});
    expect(with_value(background, 1), {}, {});

    {  // nothing given
      const auto one = with_cancel({});
      expect(one.ctx, {}, {});
      one.cancel();
      expect(one.ctx, canceled, canceled);
    }
    {  // the first of two
      const auto one = with_cancel({});
      one.cancel(io_error);
      one.cancel(no_space);
      expect(one.ctx, canceled, io_error);
    }
    {  // the parent's reaches the child, the child's stays its own
      const auto parent = with_cancel({});
      const auto first = with_cancel(parent.ctx);
      const auto second = with_cancel(with_value(parent.ctx, 2));
      first.cancel(no_space);
      parent.cancel(io_error);
      expect(first.ctx, canceled, no_space);
      expect(second.ctx, canceled, io_error);
      expect(parent.ctx, canceled, io_error);
    }
    {  // what lives on beyond its parent
      const auto parent = with_cancel({});
      const context detached = without_cancel(parent.ctx);
      const auto child = with_cancel(detached);
      parent.cancel(io_error);
      expect(detached, {}, {});
      expect(child.ctx, {}, {});
      child.cancel(no_space);
      expect(child.ctx, canceled, no_space);
    }
    {  // deadlines: with a cause of their own, without, and after a cancel
      const auto past = std::chrono::steady_clock::now() - 1s;
      expect(with_deadline({}, past, io_error).ctx, deadline_exceeded, io_error);
      expect(with_deadline({}, past).ctx, deadline_exceeded, deadline_exceeded);
      const auto late = with_timeout({}, 1h, io_error);
      late.cancel(no_space);
      expect(late.ctx, canceled, no_space);
      const auto child = with_timeout(late.ctx, 1h, io_error);
      expect(child.ctx, canceled, no_space);
    }
  });
}

TEST_P(the_cause_of_a_context, is_one_of_those_that_raced_and_stays) {
  run([] {
    for (int round = 0; round < 200 / sanitizer_cost; ++round) {
      const auto one = with_cancel({});
      wait_group all;
      for (const std::error_code cause : {io_error, no_space})
        all.go([&one, cause] { one.cancel(cause); });
      all.go([&one] {
        one.ctx.done().receive();
        const std::error_code seen = one.ctx.cause();
        EXPECT_TRUE(seen == io_error || seen == no_space);
        for (int i = 0; i < 3; ++i) {
          leat::yield();
          EXPECT_EQ(one.ctx.cause(), seen);
        }
      });
      all.wait();
    }
  });
}

// --- Functions ---

TEST_P(a_function_of_a_context, runs_at_once_where_the_context_has_ended_and_does_not_hold_up_its_caller) {
  run([] {
    const auto one = with_cancel({});
    one.cancel();
    const chan<unit> hold;
    const chan<unit> ran;
    const auto stop = after_func(one.ctx, [=] {
      hold.receive();
      ran.send({});
    });
    EXPECT_FALSE(ran.try_receive()) << "it waits, we do not";
    hold.send({});
    ran.receive();
    EXPECT_FALSE(stop());
  });
}

TEST_P(a_function_of_a_context, does_not_hold_up_the_cancel_or_its_siblings) {
  run([] {
    const auto one = with_cancel({});
    const chan<unit> hold;
    const chan<int> ran{2};
    const auto first = after_func(one.ctx, [=] {
      hold.receive();
      ran.send(1);
    });
    const auto second = after_func(one.ctx, [=] { ran.send(2); });
    one.cancel();
    EXPECT_EQ(ran.receive(), 2);
    hold.send({});
    EXPECT_EQ(ran.receive(), 1);
  });
}

TEST_P(a_function_of_a_context, either_runs_or_says_that_it_was_called_off) {
  run([] {
    for (int round = 0; round < 500 / sanitizer_cost; ++round) {
      const auto one = with_cancel({});
      std::atomic<bool> ran{false};
      const chan<unit> finished;
      const auto stop = after_func(one.ctx, [&ran, finished] {
        ran = true;
        finished.close();
      });
      wait_group race;
      std::atomic<bool> stopped{false};
      race.go([&] { one.cancel(); });
      race.go([&] { stopped = stop(); });
      race.wait();
      if (!stopped) finished.receive();
      EXPECT_NE(ran, stopped);
    }
  });
}

TEST_P(a_function_of_a_context, runs_once_though_deadline_and_cancel_race) {
  run([] {
    std::atomic<int> ran{0};
    wait_group all;
    const int count = 200 / sanitizer_cost;
    for (int i = 0; i < count; ++i) {
      all.go([&, i] {
        const auto one = with_timeout({}, std::chrono::microseconds(i % 30));
        const chan<unit> finished;
        const auto stop = after_func(one.ctx, [&ran, finished] {
          ++ran;
          finished.close();
        });
        leat::yield();
        one.cancel();
        finished.receive();
      });
    }
    all.wait();
    EXPECT_EQ(ran, count);
  });
}

}  // namespace
}  // namespace leat
