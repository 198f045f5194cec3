// The life of values on every way through a channel: nothing is copied, nothing is left over, nothing is
// destroyed twice, also where the channel is closed, abandoned, or refuses. The ways through select are the
// matter of select_lifetime_test.cpp.
#include <algorithm>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <leat/chan.hpp>
#include <leat/lifetime_test.hpp>
#include <leat/parked_test.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using testing::await_parked;
using testing::census;
using testing::copied_only;
using testing::copyable;
using testing::fail_at_each_step;
using testing::for_each_kind;
using testing::fragile;
using testing::movable;

LEAT_TEST_ON_WORKERS(a_value_on_its_way);
LEAT_TEST_ON_WORKERS(a_value_that_is_not_received);
LEAT_TEST_ON_WORKERS(a_value_that_fails);

// Whether a failed attempt leaves a value as it was; see try_send().
template <typename T>
constexpr bool stays_whole = std::is_nothrow_move_constructible_v<T>;

// --- Ways that end well ---

TEST_P(a_value_on_its_way, through_a_buffer_lives_once) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> c{4};
      int in = 0;
      int out = 0;
      for (int round = 0; round < 5; ++round) {  // the ring turns
        while (c.size() < c.capacity()) {
          c.send(T(book, in));
          ++in;
        }
        for (int i = 0; i < 3; ++i)
          EXPECT_EQ(c.receive()->value(), out++);
        EXPECT_EQ(book.living(), 1);
      }
      EXPECT_EQ(c.receive()->value(), out++);
      EXPECT_EQ(out, in);
      EXPECT_LE(book.moves + book.copies, 5 * in) << "into the buffer, and out of it";
    });
  });
}

TEST_P(a_value_on_its_way, to_a_receiver_that_waits_lives_once) {
  run([] {
    for (const std::size_t capacity : {0, 2}) {
      for_each_kind([capacity]<typename T>(census& book) {
        const chan<T> c{capacity};
        wait_group receivers;
        for (int i = 0; i < 3; ++i) {
          receivers.go([&c, i] { EXPECT_EQ(c.receive()->value(), i); });
          await_parked(static_cast<std::size_t>(i) + 1);
        }
        c.send(T(book, 0));
        c.send(T(book, 1));
        EXPECT_TRUE(c.try_send(T(book, 2)));
        receivers.wait();
      });
    }
  });
}

TEST_P(a_value_on_its_way, from_a_sender_that_waits_lives_once) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> c;
      wait_group senders;
      for (int i = 0; i < 3; ++i) {
        senders.go([&, i] { c.send(T(book, i)); });
        await_parked(static_cast<std::size_t>(i) + 1);
      }
      EXPECT_EQ(c.receive()->value(), 0);
      EXPECT_EQ(c.try_receive()->value(), 1);
      EXPECT_EQ(c.receive()->value(), 2);
      senders.wait();
      EXPECT_FALSE(c.try_receive());
    });
  });
}

// Receiving makes room, into which the receiver puts what the waiting sender has.
TEST_P(a_value_on_its_way, from_a_sender_that_waits_for_room_lives_once) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> c{2};
      c.send(T(book, 0));
      c.send(T(book, 1));
      wait_group senders;
      for (int i = 2; i < 5; ++i) {
        senders.go([&, i] { c.send(T(book, i)); });
        await_parked(static_cast<std::size_t>(i) - 1);
      }
      for (int i = 0; i < 5; ++i)
        EXPECT_EQ((i % 2 == 0 ? c.receive() : c.try_receive())->value(), i);
      senders.wait();
    });
  });
}

TEST_P(a_value_on_its_way, to_a_range_for_lives_once) {
  run([] {
    for (const std::size_t capacity : {0, 3}) {
      for_each_kind([capacity]<typename T>(census& book) {
        const chan<T> c{capacity};
        wait_group sender;
        sender.go([&] {
          for (int i = 0; i < 20; ++i)
            c.send(T(book, i));
          c.close();
        });
        int expected = 0;
        for (const T& value : c)
          EXPECT_EQ(value.value(), expected++);
        EXPECT_EQ(expected, 20);
        sender.wait();
      });
    }
  });
}

TEST_P(a_value_on_its_way, between_threads_that_are_no_workers_lives_once) {
  run([] {
    for (const std::size_t capacity : {0, 1, 4}) {
      for_each_kind([capacity]<typename T>(census& book) {
        const chan<T> there{capacity};
        const chan<T> back{capacity};
        wait_group done;
        done.add(2);
        const std::jthread outside([&] {
          while (auto value = there.receive())
            back.send(std::move(*value));
          back.close();
          done.done();
        });
        const std::jthread more([&] {
          for (int i = 0; i < 20; ++i)
            there.send(T(book, i));
          there.close();
          done.done();
        });
        int expected = 0;
        while (auto value = back.receive())
          EXPECT_EQ(value->value(), expected++);
        EXPECT_EQ(expected, 20);
        done.wait();
      });
    }
  });
}

TEST_P(a_value_on_its_way, is_copied_only_when_its_sender_keeps_it) {
  run([] {
    census book;
    {
      const chan<copyable> c{3};
      const copyable kept(book, 7);
      c.send(kept);
      EXPECT_EQ(book.copies, 1);
      EXPECT_TRUE(c.try_send(kept));
      EXPECT_EQ(book.copies, 2);
      copyable given(book, 8);
      c.send(std::move(given));
      EXPECT_EQ(book.copies, 2);
      EXPECT_EQ(kept.value(), 7);
      EXPECT_EQ(c.receive()->value(), 7);
      EXPECT_EQ(c.receive()->value(), 7);
      EXPECT_EQ(c.receive()->value(), 8);
    }
    EXPECT_EQ(book.living(), 0);
  });
}

// --- Ways that end before a receiver ---

TEST_P(a_value_that_is_not_received, is_destroyed_with_the_channel) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      for (const bool closed : {false, true}) {
        const int before = book.living();
        {
          const chan<T> c{3};
          for (int i = 0; i < 5; ++i) {
            c.send(T(book, i));
            if (i < 2) c.receive();  // what is left goes round the end of the ring
          }
          if (closed) c.close();
          EXPECT_EQ(book.living() - before, 3);
        }
        EXPECT_EQ(book.living(), before);
      }
    });
  });
}

TEST_P(a_value_that_is_not_received, before_a_close_is_still_to_be_had) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> c{3};
      for (int i = 0; i < 3; ++i)
        c.send(T(book, i));
      c.close();
      for (int i = 0; i < 3; ++i)
        EXPECT_EQ(c.receive()->value(), i);
      EXPECT_FALSE(c.receive());
    });
  });
}

TEST_P(a_value_that_is_not_received, because_of_a_close_is_destroyed_by_its_sender) {
  run([] {
    for (const std::size_t capacity : {0, 2}) {
      for_each_kind([capacity]<typename T>(census& book) {
        const chan<T> c{capacity};
        for (std::size_t i = 0; i < capacity; ++i)
          c.send(T(book, 0));
        wait_group senders;
        for (int i = 0; i < 5; ++i)
          senders.go([&, i] { EXPECT_THROW(c.send(T(book, i)), channel_error); });
        await_parked(5);
        c.close();
        senders.wait();
        EXPECT_EQ(book.living(), static_cast<int>(capacity));
        EXPECT_THROW(c.send(T(book, 9)), channel_error);
        EXPECT_THROW(c.try_send(T(book, 9)), channel_error);
        EXPECT_EQ(book.living(), static_cast<int>(capacity));
      });
    }
  });
}

TEST_P(a_value_that_is_not_received, because_nobody_is_ready_stays_with_its_sender) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> nobody;
      const chan<T> full{1};
      const chan<T> nil(nullptr);
      full.send(T(book, 1));
      for (const chan<T>& c : {nobody, full, nil}) {
        T value(book, 5);
        EXPECT_FALSE(c.try_send(std::move(value)));
        if (stays_whole<T>) {
          EXPECT_EQ(value.value(), 5);  // NOLINT(bugprone-use-after-move): it was not moved
        }
      }
      EXPECT_EQ(book.living(), 1);
      EXPECT_FALSE(nobody.try_receive());
      EXPECT_FALSE(nil.try_receive());
    });
  });
}

TEST_P(a_value_that_is_not_received, by_a_loop_that_ends_early_stays_in_the_channel) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> c{5};
      for (int i = 0; i < 5; ++i)
        c.send(T(book, i));
      for (const T& value : c)
        if (value.value() == 1) break;
      EXPECT_EQ(book.living(), 3);
      EXPECT_EQ(c.receive()->value(), 2);
    });
  });
}

// A thread's waiter is taken out by close() as a goroutine's is.
TEST_P(a_value_that_is_not_received, from_a_thread_that_is_no_worker_is_destroyed_by_it) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> c;
      wait_group done;
      done.add(1);
      const std::jthread outside([&] {
        EXPECT_THROW(for (int i = 0;; ++i) c.send(T(book, i)), channel_error);
        done.done();
      });
      for (int i = 0; i < 3; ++i)
        EXPECT_EQ(c.receive()->value(), i);
      c.close();
      done.wait();
    });
  });
}

// Goroutines that wait when the main one returns are forgotten with all that their stacks hold.
TEST_P(a_value_that_is_not_received, when_the_program_ends_is_not_destroyed) {
  census book;
  {
    const chan<movable> c;
    run([&] {
      for (int i = 0; i < 3; ++i)
        go([&, i] { c.send(movable(book, i)); });
      await_parked(3);
    });
  }
  EXPECT_EQ(book.living(), 3);
}

// --- Ways on which a copy or move fails ---

// Sends three values through a buffer, one copy or move of which fails: that value is lost, and no other.
template <typename T>
void lose_one_in_a_buffer(census& book) {
  const chan<T> c{3};
  int lost = 0;
  for (int i = 0; i < 3; ++i) {
    const std::size_t before = c.size();
    try {
      if (i < 2) {
        c.send(T(book, i));
      } else {
        EXPECT_TRUE(c.try_send(T(book, i)));
      }
    } catch (const std::runtime_error&) {
      ++lost;
      EXPECT_EQ(c.size(), before) << "what failed was not sent";
    }
  }
  std::vector<int> arrived;
  while (c.size() > 0) {
    try {
      arrived.push_back((c.size() % 2 == 0 ? c.receive() : c.try_receive())->value());
    } catch (const std::runtime_error&) {
      ++lost;
    }
  }
  EXPECT_EQ(lost, book.fuse > 0 ? 0 : 1);
  EXPECT_EQ(arrived.size(), 3U - static_cast<std::size_t>(lost));
  EXPECT_TRUE(std::ranges::is_sorted(arrived));
}

TEST_P(a_value_that_fails, on_its_way_through_a_buffer_is_lost_alone) {
  run([] {
    fail_at_each_step(lose_one_in_a_buffer<fragile>);
    fail_at_each_step(lose_one_in_a_buffer<copied_only>);
  });
}

// Who fails is the one that copies or moves; the other end has done its part and goes on.
template <typename T>
void lose_one_in_a_meeting(census& book, bool receiver_first) {
  const chan<T> c;
  int lost = 0;
  const auto receive = [&] {
    try {
      EXPECT_EQ(c.receive()->value(), 1);
    } catch (const std::runtime_error&) {
      ++lost;
    }
  };
  const auto send = [&] {
    for (bool sent = false; !sent;) {
      try {
        c.send(T(book, 1));
        sent = true;
      } catch (const std::runtime_error&) {
        ++lost;
      }
    }
  };
  wait_group first;
  if (receiver_first) {
    first.go(receive);
  } else {
    first.go(send);
  }
  await_parked(1);
  if (receiver_first) {
    send();
  } else {
    receive();
  }
  first.wait();
  EXPECT_EQ(lost, book.fuse > 0 ? 0 : 1);
}

TEST_P(a_value_that_fails, in_a_meeting_is_lost_to_the_side_that_failed) {
  run([] {
    for (const bool receiver_first : {false, true}) {
      fail_at_each_step([&](census& book) { lose_one_in_a_meeting<fragile>(book, receiver_first); });
      fail_at_each_step([&](census& book) { lose_one_in_a_meeting<copied_only>(book, receiver_first); });
    }
  });
}

TEST_P(a_value_that_fails, is_not_moved_out_by_a_range_for) {
  run([] {
    fail_at_each_step([](census& book) {
      const chan<fragile> c{4};
      int sent = 0;
      while (sent < 4) {
        try {
          c.send(fragile(book, sent));
          ++sent;
        } catch (const std::runtime_error&) {}
      }
      c.close();
      int got = 0;
      for (const fragile& value : c)
        EXPECT_EQ(value.value(), got++);
      EXPECT_EQ(got, 4);
    });
  });
}

TEST_P(a_value_that_fails, to_be_copied_stays_with_its_sender) {
  run([] {
    fail_at_each_step([](census& book) {
      const chan<copyable> c{2};
      const copyable kept(book, 3);
      std::size_t sent = 0;
      for (int i = 0; i < 2; ++i) {
        try {
          if (i == 0) {
            c.send(kept);
          } else {
            EXPECT_TRUE(c.try_send(kept));
          }
          ++sent;
        } catch (const std::runtime_error&) {}
        EXPECT_EQ(c.size(), sent);
        EXPECT_EQ(kept.value(), 3);
      }
      while (c.size() > 0)
        EXPECT_EQ(c.receive()->value(), 3);
    });
  });
}

}  // namespace
}  // namespace leat
