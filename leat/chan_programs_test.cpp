// Classic programs over channels: what they compute tells whether everything arrived once and in order.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <queue>
#include <random>
#include <vector>

#include <leat/chan.hpp>
#include <leat/parked_test.hpp>
#include <leat/select.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(a_program_over_channels);

// Each goroutine waits for its neighbour before it ends, so that they are all there at once.
TEST_P(a_program_over_channels, makes_a_chain_of_ten_thousand_and_leaves_none_behind) {
  run([] {
    const int count = 10000 / sanitizer_cost;
    const chan<int> leftmost;
    receiver<int> right = leftmost;
    chan<int> left = leftmost;
    for (int i = 0; i < count; ++i) {
      chan<int> next;
      go([to = left, from = next] { to.send(from.receive().value() + 1); });
      left = next;
    }
    EXPECT_EQ(goroutine_count(), static_cast<std::size_t>(count) + 1);
    go([left] { left.send(0); });
    EXPECT_EQ(right.receive(), count);
    await([] { return goroutine_count() == 1; });
  });
}

// The multiples of each prime come from a goroutine of its own and are merged by a heap.
TEST_P(a_program_over_channels, finds_primes_by_merging_their_multiples) {
  run([] {
    struct stream {
      long head;
      receiver<long> rest;
      bool operator>(const stream& other) const { return head > other.head; }
    };
    const chan<unit> enough;
    const auto multiples_of = [&enough](long prime) {
      const chan<long> c{10};
      go([c, enough, prime] {
        bool more = true;
        for (long multiple = prime * prime; more; multiple += prime)
          select(c.on_send(long{multiple}), enough.on_receive([&](auto) { more = false; }));
      });
      return receiver<long>(c);
    };
    std::priority_queue<stream, std::vector<stream>, std::greater<>> composites;
    std::vector<long> primes;
    for (long candidate = 2; primes.size() < 100; ++candidate) {
      bool composite = false;
      while (!composites.empty() && composites.top().head == candidate) {
        composite = true;
        stream next = composites.top();
        composites.pop();
        next.head = next.rest.receive().value();
        composites.push(next);
      }
      if (composite) continue;
      primes.push_back(candidate);
      const auto rest = multiples_of(candidate);
      composites.push({rest.receive().value(), rest});
    }
    EXPECT_EQ(primes.back(), 541);
    enough.close();
    await([] { return goroutine_count() == 1; });
  });
}

// The numbers without other prime factors than 2, 3 and 5, each stream fed back through three multipliers.
TEST_P(a_program_over_channels, merges_streams_that_feed_each_other) {
  run([] {
    const auto multiply = [](receiver<std::uint64_t> in, std::uint64_t factor) {
      const chan<std::uint64_t> out{500};
      go([=] {
        for (const std::uint64_t value : in)
          out.send(value * factor);
      });
      return out;
    };
    constexpr std::array<std::uint64_t, 3> factors = {2, 3, 5};
    std::array<chan<std::uint64_t>, 3> in{chan<std::uint64_t>{500}, chan<std::uint64_t>{500},
                                          chan<std::uint64_t>{500}};
    std::array<receiver<std::uint64_t>, 3> out;
    std::array<std::uint64_t, 3> heads{};
    for (std::size_t i = 0; i < 3; ++i)
      out[i] = multiply(in[i], factors[i]);
    std::uint64_t number = 1;
    for (int count = 1; count < 200; ++count) {
      for (const auto& c : in)
        c.send(std::uint64_t{number});
      for (std::size_t i = 0; i < 3; ++i)
        if (heads[i] <= number) heads[i] = out[i].receive().value();
      number = std::ranges::min(heads);
    }
    EXPECT_EQ(number, 16200U) << "the 200th";
    for (const auto& c : in)
      c.close();
  });
}

// Senders and receivers, each by plain calls or by selects over several channels: on every channel each
// sender's values come in their order, and all come.
class sequence_check {
 public:
  sequence_check(std::size_t channels, int each) : next_(channels), each_(each) {}

  void take(std::size_t channel, int value) {
    if (value != next_[channel].fetch_add(1)) ADD_FAILURE() << value << " out of order on " << channel;
    ++total_;
  }
  bool complete() const { return total_ == static_cast<int>(next_.size()) * each_; }

 private:
  std::vector<std::atomic<int>> next_;
  int each_;
  std::atomic<int> total_{0};
};

TEST_P(a_program_over_channels, keeps_the_order_of_each_channel_through_selects_at_both_ends) {
  run([] {
    for (const std::size_t capacity : {0, 1, 10}) {
      constexpr std::size_t channels = 4;
      const int each = 500 / sanitizer_cost;
      const std::array<chan<int>, channels> c{chan<int>{capacity}, chan<int>{capacity}, chan<int>{capacity},
                                              chan<int>{capacity}};
      sequence_check check(channels, each);
      wait_group done;
      done.go([&] {  // one goroutine sends on all, in the order in which they can take it
        std::array<int, channels> next{};
        const auto at = [&](std::size_t i) { return next[i] < each ? c[i] : chan<int>(nullptr); };
        while (std::ranges::any_of(next, [&](int sent) { return sent < each; })) {
          const std::size_t sent = select(at(0).on_send(int{next[0]}), at(1).on_send(int{next[1]}),
                                          at(2).on_send(int{next[2]}), at(3).on_send(int{next[3]}));
          ++next[sent];
        }
      });
      done.go([&] {  // one receives from half of them, two from one each
        for (int i = 0; i < 2 * each; ++i)
          select(c[0].on_receive([&](std::optional<int> value) { check.take(0, *value); }),
                 c[1].on_receive([&](std::optional<int> value) { check.take(1, *value); }));
      });
      for (const std::size_t own : {std::size_t{2}, std::size_t{3}}) {
        done.go([&, own] {
          for (int i = 0; i < each; ++i) {
            check.take(own, c[own].receive().value());
            if (i % 7 == 0) leat::yield();
          }
        });
      }
      done.wait();
      EXPECT_TRUE(check.complete());
    }
  });
}

// Every goroutine both sends and receives, as in a mesh; the sum of all tokens never changes.
TEST_P(a_program_over_channels, passes_tokens_around_a_mesh_without_losing_one) {
  run([] {
    constexpr int nodes = 6;
    constexpr int tokens = 4;
    const int hops = 2000 / sanitizer_cost;
    std::vector<chan<int>> inbox(nodes);
    const chan<int> arrived{tokens};
    const chan<unit> over;
    wait_group all;
    for (int me = 0; me < nodes; ++me) {
      all.go([&, me] {
        std::minstd_rand random(static_cast<unsigned>(me) + 1);
        std::vector<int> held;  // hops that each token here has still to go
        for (bool more = true; more;) {
          const bool has = !held.empty();
          const auto neighbour = (static_cast<std::size_t>(me) + 1 + random() % (nodes - 1)) % nodes;
          const auto there = has ? inbox[neighbour] : chan<int>(nullptr);
          select(inbox[static_cast<std::size_t>(me)].on_receive([&](std::optional<int> left) {
            if (*left == 0) {
              arrived.send(1);
            } else {
              held.push_back(*left);
            }
          }),
                 there.on_send(has ? held.back() - 1 : 0, [&] { held.pop_back(); }),
                 over.on_receive([&](auto) { more = false; }));
        }
      });
    }
    for (int i = 0; i < tokens; ++i)
      inbox[static_cast<std::size_t>(i)].send(int{hops});
    int count = 0;
    while (count < tokens)
      count += arrived.receive().value();
    over.close();
    all.wait();
    EXPECT_EQ(arrived.size(), 0U);
  });
}

}  // namespace
}  // namespace leat
