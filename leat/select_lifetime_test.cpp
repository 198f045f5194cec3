// The life of values on every way through a select: in the case that won, in those that lost, where a timeout
// or a close came first, and where moving fails.
#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include <leat/lifetime_test.hpp>
#include <leat/parked_test.hpp>
#include <leat/select.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::await_parked;
using testing::census;
using testing::copied_only;
using testing::fail_at_each_step;
using testing::for_each_kind;
using testing::fragile;
using testing::movable;
using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(a_value_in_a_select);
LEAT_TEST_ON_WORKERS(a_value_in_a_select_that_lost);
LEAT_TEST_ON_WORKERS(a_value_that_fails_in_a_select);

constexpr auto never_mind = [](auto&&...) {};
constexpr auto must_not_run = [](auto&&...) { ADD_FAILURE() << "a case that must not be chosen"; };

// The handler of a case that must deliver `expected`.
auto expects(int expected) {
  return [expected](const auto& value) {
    ASSERT_TRUE(value);
    EXPECT_EQ(value->value(), expected);
  };
}

// --- In the case that won ---

TEST_P(a_value_in_a_select, that_finds_it_ready_lives_once) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> buffered{1};
      const chan<T> empty;
      buffered.send(T(book, 1));
      EXPECT_EQ(select(empty.on_receive(must_not_run), buffered.on_receive(expects(1))), 1U);

      wait_group sender;
      sender.go([&] { empty.send(T(book, 2)); });
      await_parked(1);
      EXPECT_EQ(select(empty.on_receive(expects(2)), buffered.on_receive(must_not_run)), 0U);
      sender.wait();
    });
  });
}

TEST_P(a_value_in_a_select, that_waits_for_it_lives_once) {
  run([] {
    for (const std::size_t capacity : {0, 1}) {
      for_each_kind([capacity]<typename T>(census& book) {
        const chan<T> wanted{capacity};
        const chan<T> silent{capacity};
        wait_group receiver;
        for (const bool attempt : {false, true}) {
          receiver.go([&] {
            select(silent.on_receive(must_not_run), wanted.on_receive(expects(1)),
                   on_timeout(1h, must_not_run));
          });
          await_parked(1);
          if (attempt) {
            EXPECT_TRUE(wanted.try_send(T(book, 1)));
          } else {
            wanted.send(T(book, 1));
          }
          receiver.wait();
        }
      });
    }
  });
}

TEST_P(a_value_in_a_select, that_may_send_it_at_once_lives_once) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> buffered{1};
      const chan<T> nobody;
      EXPECT_EQ(select(nobody.on_send(T(book, 0), must_not_run), buffered.on_send(T(book, 1))), 1U);
      EXPECT_EQ(book.living(), 1) << "the one in the buffer";
      EXPECT_EQ(buffered.receive()->value(), 1);

      wait_group receiver;
      receiver.go([&] { EXPECT_EQ(nobody.receive()->value(), 2); });
      await_parked(1);
      EXPECT_EQ(select(nobody.on_send(T(book, 2), never_mind), nobody.on_receive(must_not_run)), 0U);
      receiver.wait();
    });
  });
}

TEST_P(a_value_in_a_select, that_waits_to_send_it_lives_once) {
  run([] {
    for (const std::size_t capacity : {0, 1}) {
      for_each_kind([capacity]<typename T>(census& book) {
        const chan<T> wanted{capacity};
        const chan<T> silent;
        for (std::size_t i = 0; i < capacity; ++i)
          wanted.send(T(book, 0));
        wait_group sender;
        sender.go([&] {
          EXPECT_EQ(select(silent.on_send(T(book, 9), must_not_run), wanted.on_send(T(book, 1))), 1U);
        });
        await_parked(1);
        for (std::size_t i = 0; i < capacity; ++i)
          EXPECT_EQ(wanted.try_receive()->value(), 0);
        EXPECT_EQ(wanted.receive()->value(), 1);
        sender.wait();
        EXPECT_FALSE(silent.try_receive());
      });
    }
  });
}

TEST_P(a_value_in_a_select, at_either_end_lives_once) {
  run([] {
    for (const std::size_t capacity : {0, 2}) {
      for_each_kind([capacity]<typename T>(census& book) {
        const std::array<chan<T>, 2> c{chan<T>{capacity}, chan<T>{capacity}};
        std::atomic<int> received{0};
        wait_group both;
        both.go([&] {
          for (int i = 0; i < 50; ++i)
            select(c[0].on_send(T(book, i)), c[1].on_send(T(book, i)));
        });
        both.go([&] {
          while (received < 50)
            select(c[1].on_receive([&](const auto&) { ++received; }),
                   c[0].on_receive([&](const auto&) { ++received; }));
        });
        both.wait();
        EXPECT_EQ(book.made, 2 * 50);
      });
    }
  });
}

TEST_P(a_value_in_a_select, of_a_thread_that_is_no_worker_lives_once) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> there;
      const chan<T> back;
      const chan<unit> over;
      wait_group done;
      done.add(1);
      const std::jthread outside([&] {
        std::optional<T> held;
        bool more = true;
        while (more) {
          select(there.on_receive([&](std::optional<T> value) { held.emplace(std::move(*value)); }),
                 over.on_receive([&](auto) { more = false; }), on_timeout(1min, must_not_run));
          if (!held) continue;
          select(back.on_send(std::move(*held)), on_timeout(1min, must_not_run));
          held.reset();
        }
        done.done();
      });
      for (int i = 0; i < 20; ++i) {
        select(there.on_send(T(book, i)), back.on_receive(must_not_run));
        select(back.on_receive(expects(i)));
      }
      over.close();
      done.wait();
    });
  });
}

TEST_P(a_value_in_a_select, from_a_list_lives_once) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> c{1};
      int taken = 0;
      {
        select_list sends;
        for (int i = 0; i < 4; ++i)
          sends.add(c.on_send(T(book, i)));
        select_list receives;
        receives.add(c.on_receive([&](const auto&) { ++taken; }));
        for (int i = 0; i < 3; ++i) {
          sends.select();
          receives.select();
        }
        EXPECT_EQ(taken, 3);
      }
      EXPECT_EQ(book.living(), 0) << "one was never sent, the others were";
    });
  });
}

// --- In cases that lost ---

TEST_P(a_value_in_a_select_that_lost, to_another_case_goes_with_the_select) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> nobody;
      const chan<T> nil(nullptr);
      const chan<unit> wake;
      wait_group sender;
      sender.go([&] {
        EXPECT_EQ(select(nobody.on_send(T(book, 1), must_not_run), wake.on_receive(never_mind),
                         nil.on_send(T(book, 2), must_not_run), nobody.on_receive(must_not_run)),
                  1U);
        EXPECT_EQ(book.living(), 0) << "the cases ended with the call";
      });
      await_parked(1);
      EXPECT_GE(book.living(), 2) << "until then they are kept";
      wake.close();
      sender.wait();
      EXPECT_FALSE(nobody.try_send(T(book, 3)));
      EXPECT_FALSE(nobody.try_receive());
    });
  });
}

TEST_P(a_value_in_a_select_that_lost, to_a_timeout_or_otherwise_goes_with_the_select) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> nobody;
      const chan<T> full{1};
      full.send(T(book, 0));
      EXPECT_EQ(select(nobody.on_send(T(book, 1), must_not_run), full.on_send(T(book, 2), must_not_run),
                       on_timeout(1ms, never_mind)),
                2U);
      EXPECT_EQ(select(nobody.on_send(T(book, 1), must_not_run), full.on_send(T(book, 2), must_not_run),
                       otherwise(never_mind)),
                2U);
      EXPECT_EQ(select(nobody.on_receive(must_not_run), on_timeout(1ms, never_mind)), 1U);
      EXPECT_EQ(book.living(), 1);
      EXPECT_FALSE(nobody.try_send(T(book, 3))) << "nobody may be left waiting";
      EXPECT_EQ(full.receive()->value(), 0);
    });
  });
}

TEST_P(a_value_in_a_select_that_lost, to_a_close_goes_with_the_exception) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> c;
      const chan<T> silent;
      wait_group senders;
      for (int i = 0; i < 4; ++i) {
        senders.go([&, i] {
          EXPECT_THROW(select(c.on_send(T(book, i), must_not_run), silent.on_send(T(book, i), must_not_run)),
                       channel_error);
        });
      }
      await_parked(4);
      c.close();
      senders.wait();
      EXPECT_EQ(book.living(), 0);
      EXPECT_THROW(select(c.on_send(T(book, 1), must_not_run), otherwise(must_not_run)), channel_error);
      EXPECT_EQ(select(c.on_receive([](const auto& value) { EXPECT_FALSE(value); })), 0U);
    });
  });
}

TEST_P(a_value_in_a_select_that_lost, goes_with_the_list_that_holds_it) {
  run([] {
    for_each_kind([]<typename T>(census& book) {
      const chan<T> nobody;
      select_list list;
      list.add(nobody.on_send(T(book, 1), must_not_run));
      list.add(otherwise(never_mind));
      for (int i = 0; i < 3; ++i)
        EXPECT_EQ(list.select(), 1U);
      EXPECT_EQ(book.living(), 1);
      list.clear();
      EXPECT_EQ(book.living(), 0);
    });
  });
}

// Whichever comes first, the timeout or the receiver: the value is received or destroyed, not both, not
// neither.
TEST_P(a_value_in_a_select_that_lost, a_race_with_a_timeout_was_not_received) {
  run([] {
    census book;
    std::atomic<int> sent{0};
    std::atomic<int> received{0};
    {
      const chan<movable> c;
      wait_group all;
      for (int who = 0; who < 4; ++who) {
        all.go([&, who] {
          for (int i = 0; i < 1000 / sanitizer_cost; ++i) {
            const auto patience = std::chrono::microseconds((i * 7 + who * 3) % 30);
            if (who % 2 == 0) {
              select(c.on_send(movable(book, i), [&] { ++sent; }), on_timeout(patience, never_mind));
            } else {
              select(c.on_receive([&](const std::optional<movable>& value) {
                EXPECT_GE(value->value(), 0);
                ++received;
              }),
                     on_timeout(patience, never_mind));
            }
          }
        });
      }
      all.wait();
    }
    EXPECT_EQ(sent, received);
    EXPECT_EQ(book.living(), 0);
  });
}

TEST_P(a_value_in_a_select_that_lost, a_race_with_a_close_was_not_received) {
  run([] {
    for (int round = 0; round < 300 / sanitizer_cost; ++round) {
      census book;
      std::atomic<int> sent{0};
      std::atomic<int> received{0};
      {
        const chan<movable> c{static_cast<std::size_t>(round % 3)};
        const chan<movable> other;
        wait_group all;
        for (int who = 0; who < 2; ++who) {
          all.go([&] {
            try {
              for (;;)
                select(c.on_send(movable(book, 1), [&] { ++sent; }), other.on_receive(must_not_run));
            } catch (const channel_error&) {}
          });
          all.go([&] {
            for (bool open = true; open;) {
              select(other.on_receive(must_not_run), c.on_receive([&](const auto& value) {
                open = value.has_value();
                received += open;
              }));
            }
          });
        }
        while (received < round % 20)
          leat::yield();
        c.close();
        all.wait();
      }
      ASSERT_EQ(sent, received);
      ASSERT_EQ(book.living(), 0);
    }
  });
}

// --- Where moving fails ---

// Making a case or receiving the value may fail; then that one value is lost, its handler does not run, and
// the channel is as it was but for that.
template <typename T>
void lose_one_in_a_select(census& book) {
  const chan<T> c{1};
  int sent = 0;
  int received = 0;
  int lost = 0;
  const auto count_failure = [&](auto&& action) {
    try {
      action();
    } catch (const std::runtime_error&) {
      ++lost;
    }
  };
  for (int i = 0; i < 3; ++i) {
    count_failure([&] { select(c.on_send(T(book, i), [&] { ++sent; }), otherwise(must_not_run)); });
    EXPECT_EQ(c.size(), static_cast<std::size_t>(sent - received - (lost - (i + 1 - sent))));
    if (c.size() == 0) continue;
    count_failure([&] {
      select(c.on_receive([&](const std::optional<T>& value) {
        EXPECT_EQ(value->value(), i);
        ++received;
      }),
             otherwise(must_not_run));
    });
    EXPECT_EQ(c.size(), 0U);
  }
  EXPECT_EQ(received + lost, 3);
  EXPECT_EQ(lost, book.fuse > 0 ? 0 : 1);
}

TEST_P(a_value_that_fails_in_a_select, is_lost_alone) {
  run([] {
    fail_at_each_step(lose_one_in_a_select<fragile>);
    fail_at_each_step(lose_one_in_a_select<copied_only>);
  });
}

TEST_P(a_value_that_fails_in_a_select, does_not_harm_the_goroutine_at_the_other_end) {
  run([] {
    for (const bool receiver_first : {false, true}) {
      fail_at_each_step([receiver_first](census& book) {
        const chan<fragile> c;
        const chan<unit> never;
        const auto send = [&] {
          for (bool sent = false; !sent;) {
            try {
              select(c.on_send(fragile(book, 1), [&] { sent = true; }), never.on_receive(must_not_run));
            } catch (const std::runtime_error&) {}
          }
        };
        const auto receive = [&] {
          try {
            select(never.on_receive(must_not_run), c.on_receive(expects(1)));
          } catch (const std::runtime_error&) {}
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
      });
    }
  });
}

TEST_P(a_value_that_fails_in_a_select, leaves_a_list_usable) {
  run([] {
    fail_at_each_step([](census& book) {
      const chan<fragile> c{1};
      int received = 0;
      int lost = 0;
      {
        select_list list;
        list.add(c.on_receive([&](const auto&) { ++received; }));
        for (int i = 0; i < 3; ++i) {
          try {
            c.send(fragile(book, i));
            list.select();
          } catch (const std::runtime_error&) {
            ++lost;
          }
          EXPECT_EQ(book.living(), 0) << "what was lost is gone, not kept in the list";
        }
      }
      EXPECT_EQ(received + lost, 3);
    });
  });
}

}  // namespace
}  // namespace leat
