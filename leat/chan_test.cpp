// What a channel promises to goroutines: order, waiting, closing, the nil channel. What it carries is the
// matter of chan_values_test.cpp, threads and contention that of chan_stress_test.cpp.
#include <array>
#include <atomic>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <leat/chan.hpp>
#include <leat/parked_test.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using testing::await_parked;
using testing::let_others_run;
using testing::sanitizer_cost;

constexpr std::size_t capacities[] = {0, 1, 2, 10, 200};

LEAT_TEST_ON_WORKERS(a_channel);
LEAT_TEST_ON_WORKERS(an_unbuffered_channel);
LEAT_TEST_ON_WORKERS(a_buffered_channel);
LEAT_TEST_ON_WORKERS(a_closed_channel);
LEAT_TEST_ON_WORKERS(the_nil_channel);

// --- Order and waiting ---

TEST_P(a_channel, makes_a_receiver_wait_until_something_is_sent) {
  run([] {
    for (const std::size_t capacity : capacities) {
      chan<int> c{capacity};
      std::atomic<bool> received{false};
      wait_group done;
      done.go([&] {
        EXPECT_EQ(c.receive(), 7);
        received = true;
      });
      await_parked(1);
      EXPECT_FALSE(received);
      c.send(7);
      done.wait();
    }
  });
}

TEST_P(an_unbuffered_channel, makes_a_sender_wait_until_the_value_is_taken) {
  run([] {
    chan<int> c;
    std::atomic<bool> sent{false};
    wait_group done;
    done.go([&] {
      c.send(1);
      sent = true;
    });
    await_parked(1);
    let_others_run();
    EXPECT_FALSE(sent);
    EXPECT_EQ(c.receive(), 1);
    done.wait();
  });
}

TEST_P(a_buffered_channel, makes_a_sender_wait_only_while_it_is_full) {
  run([] {
    for (const std::size_t capacity : {1, 2, 10, 200}) {
      chan<std::size_t> c{capacity};
      for (std::size_t i = 0; i < capacity; ++i)
        c.send(i);
      EXPECT_EQ(c.size(), capacity);
      std::atomic<bool> sent{false};
      wait_group done;
      done.go([&] {
        c.send(capacity);
        sent = true;
      });
      await_parked(1);
      EXPECT_FALSE(sent);
      EXPECT_EQ(c.receive(), 0U);
      done.wait();
      EXPECT_EQ(c.size(), capacity);
      for (std::size_t i = 1; i <= capacity; ++i)
        EXPECT_EQ(c.receive(), i);
      EXPECT_EQ(c.size(), 0U);
    }
  });
}

TEST_P(a_channel, delivers_in_the_order_of_sending) {
  run([] {
    for (const std::size_t capacity : capacities) {
      chan<int> c{capacity};
      go([c] {
        for (int i = 0; i < 1000; ++i)
          c.send(i);
        c.close();
      });
      int expected = 0;
      for (int value : c)
        ASSERT_EQ(value, expected++);
      EXPECT_EQ(expected, 1000);
    }
  });
}

TEST_P(a_channel, serves_waiting_receivers_in_the_order_of_their_coming) {
  run([] {
    for (const std::size_t capacity : capacities) {
      chan<int> c{capacity};
      std::vector<int> got(20, -1);
      wait_group done;
      for (int i = 0; i < 20; ++i) {
        done.go([&got, c, i] { got[static_cast<std::size_t>(i)] = c.receive().value(); });
        await_parked(static_cast<std::size_t>(i) + 1);
      }
      for (int i = 0; i < 20; ++i)
        c.send(i);
      done.wait();
      for (int i = 0; i < 20; ++i)
        EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
    }
  });
}

TEST_P(a_channel, serves_waiting_senders_in_the_order_of_their_coming) {
  run([] {
    for (const std::size_t capacity : capacities) {
      chan<int> c{capacity};
      const int buffered = static_cast<int>(capacity);
      for (int i = 0; i < buffered; ++i)
        c.send(i);
      for (int i = 0; i < 20; ++i) {
        go([c, value = buffered + i] { c.send(value); });
        await_parked(static_cast<std::size_t>(i) + 1);
      }
      for (int i = 0; i < buffered + 20; ++i)
        EXPECT_EQ(c.receive(), i);
    }
  });
}

// Each goroutine of the chain waits for its predecessor, then hands on.
TEST_P(a_channel, links_chained_goroutines_in_order) {
  run([] {
    const std::size_t count = 10000 / sanitizer_cost;
    chan<std::size_t> first;
    chan<std::size_t> last = first;
    for (std::size_t i = 0; i < count; ++i) {
      chan<std::size_t> next;
      go([from = receiver<std::size_t>(last), to = sender<std::size_t>(next)] {
        to.send(from.receive().value() + 1);
      });
      last = next;
    }
    first.send(0);
    EXPECT_EQ(last.receive(), count);
  });
}

// The sieve of Eratosthenes as a chain of goroutines, each of which lets through what its prime does not
// divide.
TEST_P(a_channel, builds_a_prime_sieve) {
  run([] {
    chan<int> source;
    go([source] {
      for (int i = 2; i < 1224; ++i)
        source.send(i);
      source.close();
    });
    receiver<int> numbers = source;
    std::vector<int> primes;
    while (const auto prime = numbers.receive()) {
      primes.push_back(*prime);
      chan<int> passed;
      go([numbers, passed, prime = *prime] {
        for (int number : numbers)
          if (number % prime != 0) passed.send(number);
        passed.close();
      });
      numbers = passed;
    }
    EXPECT_EQ(primes.size(), 200U);
    EXPECT_EQ(primes.front(), 2);
    EXPECT_EQ(primes.back(), 1223);
  });
}

// --- Attempts that do not wait ---

TEST_P(an_unbuffered_channel, takes_an_attempt_to_send_exactly_when_a_receiver_waits) {
  run([] {
    chan<int> c;
    EXPECT_FALSE(c.try_send(1));
    wait_group done;
    done.go([&] { EXPECT_EQ(c.receive(), 2); });
    await_parked(1);
    EXPECT_TRUE(c.try_send(2));
    EXPECT_FALSE(c.try_send(3));
    done.wait();
  });
}

TEST_P(an_unbuffered_channel, gives_an_attempt_to_receive_exactly_when_a_sender_waits) {
  run([] {
    chan<int> c;
    EXPECT_EQ(c.try_receive(), std::nullopt);
    wait_group done;
    done.go([&] { c.send(2); });
    await_parked(1);
    EXPECT_EQ(c.try_receive(), 2);
    EXPECT_EQ(c.try_receive(), std::nullopt);
    done.wait();
  });
}

TEST_P(a_buffered_channel, takes_attempts_until_full_and_gives_until_empty) {
  run([] {
    chan<int> c{3};
    EXPECT_EQ(c.try_receive(), std::nullopt);
    for (int i = 0; i < 3; ++i)
      EXPECT_TRUE(c.try_send(i));
    EXPECT_FALSE(c.try_send(3));
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(c.try_receive(), i);
    EXPECT_EQ(c.try_receive(), std::nullopt);
  });
}

TEST_P(a_buffered_channel, keeps_its_order_while_the_ring_turns) {
  run([] {
    chan<int> c{7};
    int in = 0;
    int out = 0;
    for (int round = 0; round < 100; ++round) {
      for (int i = 0; i < 1 + round % 7 && c.size() < c.capacity(); ++i)
        c.send(in++);
      for (int i = 0; i < 1 + round % 5 && c.size() > 0; ++i)
        EXPECT_EQ(c.receive(), out++);
    }
    while (out < in)
      EXPECT_EQ(c.receive(), out++);
  });
}

TEST_P(a_channel, tells_its_size_and_capacity) {
  run([] {
    chan<int> c{10};
    EXPECT_EQ(c.size(), 0U);
    EXPECT_EQ(c.capacity(), 10U);
    for (int i = 0; i < 5; ++i)
      c.send(i);
    EXPECT_EQ(c.size(), 5U);
    EXPECT_EQ(sender<int>(c).size(), 5U);
    EXPECT_EQ(receiver<int>(c).capacity(), 10U);
    EXPECT_EQ(chan<int>().capacity(), 0U);
    EXPECT_EQ(chan<int>().size(), 0U);
  });
}

// --- Closing ---

TEST_P(a_closed_channel, gives_what_it_holds_and_then_nothing) {
  run([] {
    for (const std::size_t capacity : {1, 2, 10, 200}) {
      chan<std::size_t> c{capacity};
      for (std::size_t i = 0; i < capacity; ++i)
        c.send(i);
      c.close();
      EXPECT_FALSE(c.is_drained());
      for (std::size_t i = 0; i < capacity; ++i)
        EXPECT_EQ(i % 2 == 0 ? c.receive() : c.try_receive(), i);
      EXPECT_TRUE(c.is_drained());
      for (int again = 0; again < 3; ++again) {
        EXPECT_EQ(c.receive(), std::nullopt);
        EXPECT_EQ(c.try_receive(), std::nullopt);
      }
      for ([[maybe_unused]] const std::size_t value : c)
        ADD_FAILURE() << "a value from a drained channel";
    }
  });
}

TEST_P(a_closed_channel, refuses_values_and_a_second_close) {
  run([] {
    for (const std::size_t capacity : capacities) {
      const chan<int> c{capacity};
      c.close();
      EXPECT_THROW(c.close(), channel_error);
      EXPECT_THROW(c.send(1), channel_error);
      EXPECT_THROW(c.try_send(1), channel_error);
      EXPECT_EQ(c.receive(), std::nullopt);
    }
  });
}

TEST_P(a_closed_channel, says_what_was_wrong) {
  const auto text_of = [](auto&& misuse) -> std::string {
    try {
      misuse();
    } catch (const channel_error& error) {
      return error.what();
    }
    return "no error";
  };
  run([&] {
    const chan<int> c;
    c.close();
    EXPECT_EQ(text_of([&] { c.close(); }), "leat: close of a closed channel");
    EXPECT_EQ(text_of([&] { c.send(1); }), "leat: send on a closed channel");
    EXPECT_EQ(text_of([&] { chan<int>(nullptr).close(); }), "leat: close of a nil channel");
  });
}

TEST_P(a_closed_channel, has_woken_every_receiver) {
  run([] {
    for (const std::size_t capacity : capacities) {
      const chan<int> c{capacity};
      wait_group done;
      for (int i = 0; i < 100; ++i)
        done.go([&] { EXPECT_EQ(c.receive(), std::nullopt); });
      await_parked(100);
      c.close();
      done.wait();
    }
  });
}

TEST_P(a_closed_channel, has_woken_every_sender_with_an_error) {
  run([] {
    for (const std::size_t capacity : capacities) {
      const chan<int> c{capacity};
      for (std::size_t i = 0; i < capacity; ++i)
        c.send(1);
      wait_group done;
      for (int i = 0; i < 100; ++i)
        done.go([&] { EXPECT_THROW(c.send(2), channel_error); });
      await_parked(100);
      c.close();
      done.wait();
      int left = 0;
      for (const int value : c)
        left += value;
      EXPECT_EQ(left, static_cast<int>(capacity)) << "of what the woken senders had, nothing arrives";
    }
  });
}

// On one worker: on several the woken run side by side.
TEST(closing_a_channel, wakes_receivers_in_the_order_of_their_coming) {
  run(run_options{.workers = 1}, [] {
    const chan<int> c;
    const chan<int> order{50};
    for (int i = 0; i < 50; ++i) {
      go([order, c, i] {
        c.receive();
        order.send(int{i});
      });
      await_parked(static_cast<std::size_t>(i) + 1);  // goroutines start in no particular order
    }
    c.close();
    for (int i = 0; i < 50; ++i)
      EXPECT_EQ(order.receive(), i);
  });
}

// --- Nil ---

TEST_P(the_nil_channel, has_no_room_and_is_false) {
  run([] {
    const chan<int> c(nullptr);
    EXPECT_FALSE(c);
    EXPECT_TRUE(chan<int>());
    EXPECT_EQ(c.capacity(), 0U);
    EXPECT_EQ(c.size(), 0U);
    EXPECT_FALSE(c.try_send(1));
    EXPECT_EQ(c.try_receive(), std::nullopt);
    EXPECT_FALSE(c.is_drained());
    EXPECT_THROW(c.close(), channel_error);
    EXPECT_FALSE(sender<int>());
    EXPECT_FALSE(receiver<int>(nullptr));
  });
}

TEST_P(the_nil_channel, makes_senders_and_receivers_wait_for_ever) {
  run([] {
    std::atomic<int> returned{0};
    go([&] {
      chan<int>(nullptr).send(1);
      ++returned;
    });
    go([&] {
      receiver<int>().receive();
      ++returned;
    });
    await_parked(2);
    let_others_run();
    EXPECT_EQ(returned, 0);
    EXPECT_EQ(testing::parked_count(), 2U);
  });
}

// --- Handles ---

TEST_P(a_channel, is_shared_by_its_handles) {
  run([] {
    chan<int> c{1};
    const chan<int> copy = c;
    const sender<int> to = c;
    const receiver<int> from = c;
    EXPECT_EQ(c, copy);
    EXPECT_FALSE(c == chan<int>{1});
    EXPECT_EQ(chan<int>(nullptr), chan<int>(nullptr));
    to.send(5);
    EXPECT_EQ(copy.size(), 1U);
    c = nullptr;
    EXPECT_FALSE(c);
    EXPECT_EQ(from.receive(), 5) << "it lives as long as any handle";
  });
}

TEST(channel_capacity, beyond_any_memory_is_refused) {
  EXPECT_THROW((chan<int>{std::numeric_limits<std::size_t>::max()}), std::length_error);

  using block = std::array<char, 1024>;
  EXPECT_THROW(chan<block>(std::size_t{1} << 40), std::length_error);
}

}  // namespace
}  // namespace leat
