// Exceptions and goroutines: each goroutine has its own state of the C++ runtime, which goes with it from
// worker to worker, whether it parks while it throws, while it handles or while it unwinds.
#include <atomic>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <leat/chan.hpp>
#include <leat/parked_test.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using testing::sanitizer_cost;

LEAT_TEST_ON_WORKERS(an_exception);

std::string current_text() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  }
}

TEST_P(an_exception, may_be_caught_by_the_goroutine_that_threw_it) {
  run([] {
    wait_group done;
    for (int i = 0; i < 100; ++i) {
      done.go([i] {
        try {
          throw std::runtime_error(std::to_string(i));
        } catch (const std::runtime_error& error) {
          EXPECT_EQ(error.what(), std::to_string(i));
        }
      });
    }
    done.wait();
  });
}

TEST_P(an_exception, that_is_being_handled_stays_current_across_parks) {
  run([] {
    wait_group done;
    for (int who = 0; who < 16; ++who) {
      done.go([who] {
        for (int round = 0; round < 200 / sanitizer_cost; ++round) {
          const std::string text = std::to_string(who) + "/" + std::to_string(round);
          try {
            throw std::runtime_error(text);
          } catch (...) {
            for (int i = 0; i < 3; ++i) {
              leat::yield();
              ASSERT_EQ(current_text(), text);
            }
          }
          ASSERT_FALSE(std::current_exception());
        }
      });
    }
    done.wait();
  });
}

TEST_P(an_exception, may_be_rethrown_after_a_park) {
  run([] {
    const chan<unit> c;
    wait_group done;
    done.go([c] {
      EXPECT_THROW(
          {
            try {
              throw std::out_of_range("one");
            } catch (const std::exception&) {
              c.receive();
              throw;
            }
          },
          std::out_of_range);
    });
    try {
      throw std::runtime_error("other");
    } catch (const std::exception& error) {
      c.send({});
      EXPECT_EQ(current_text(), "other");
    }
    done.wait();
  });
}

TEST_P(an_exception, nests_across_parks) {
  run([] {
    wait_group done;
    for (int who = 0; who < 8; ++who) {
      done.go([who] {
        const std::string outer = "outer " + std::to_string(who);
        const std::string inner = "inner " + std::to_string(who);
        try {
          throw std::runtime_error(outer);
        } catch (...) {
          leat::yield();
          try {
            leat::yield();
            throw std::logic_error(inner);
          } catch (...) {
            leat::yield();
            EXPECT_EQ(current_text(), inner);
          }
          leat::yield();
          EXPECT_EQ(current_text(), outer);
        }
      });
    }
    done.wait();
  });
}

// A destructor that parks while its stack is unwound sees its own exception in flight, and nobody else's.
TEST_P(an_exception, in_flight_is_counted_for_its_goroutine_only) {
  struct parking_witness {
    int expected;
    ~parking_witness() {
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(std::uncaught_exceptions(), expected);
        leat::yield();
      }
    }
  };
  run([] {
    wait_group done;
    for (int who = 0; who < 16; ++who) {
      done.go([who] {
        for (int round = 0; round < 50 / sanitizer_cost; ++round) {
          EXPECT_EQ(std::uncaught_exceptions(), 0);
          if (who % 2 == 0) {
            const parking_witness calm{0};
          } else {
            try {
              const parking_witness unwinding{1};
              throw 1;
            } catch (int) {
              EXPECT_EQ(std::uncaught_exceptions(), 0);
            }
          }
        }
      });
    }
    done.wait();
  });
}

// On its way from worker to worker a goroutine must find its exception again, not that of whoever ran there.
TEST(exceptions_on_several_workers, go_with_their_goroutine_to_another_thread) {
  leat::run(run_options{.workers = 4}, [] {
    std::atomic<int> moved{0};
    wait_group done;
    for (int who = 0; who < 8; ++who) {
      done.go([&, who] {
        // Enough to meet a switch of workers in practice; the test holds without one, too.
        for (int round = 0; round < 2000 / sanitizer_cost; ++round) {
          const auto before = std::this_thread::get_id();
          try {
            throw who;
          } catch (int) {
            leat::yield();
            if (std::this_thread::get_id() != before) ++moved;
            try {
              std::rethrow_exception(std::current_exception());
            } catch (int again) {
              ASSERT_EQ(again, who);
            }
          }
        }
      });
    }
    done.wait();
    RecordProperty("moves_between_workers", moved.load());
  });
}

TEST_P(an_exception, may_travel_through_a_channel) {
  run([] {
    const chan<std::exception_ptr> errors;
    go([errors] {
      try {
        throw std::runtime_error("from afar");
      } catch (...) {
        errors.send(std::current_exception());
      }
    });
    EXPECT_THROW(std::rethrow_exception(*errors.receive()), std::runtime_error);
  });
}

TEST_P(an_exception, leaves_the_state_of_its_thread_clean) {
  run([] {
    try {
      throw 1;
    } catch (int) {
      const chan<unit> never;
      // Abandoned in the middle of a handler.
      go([never] {
        try {
          throw 2;
        } catch (int) {
          never.receive();
        }
      });
      testing::await_parked(1);
    }
  });
  EXPECT_EQ(std::uncaught_exceptions(), 0);
  EXPECT_FALSE(std::current_exception());
}

TEST(an_exception_around_run, is_current_again_afterwards) {
  try {
    throw std::runtime_error("around");
  } catch (...) {
    leat::run(run_options{.workers = 2}, [] {
      EXPECT_FALSE(std::current_exception());
      EXPECT_EQ(std::uncaught_exceptions(), 0);
      EXPECT_THROW(throw std::logic_error("within"), std::logic_error);
    });
    EXPECT_EQ(current_text(), "around");
  }
}

}  // namespace
}  // namespace leat
