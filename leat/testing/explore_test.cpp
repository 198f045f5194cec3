// Each planted fault must be found within 10,000 schedules, and what is sound must pass them all.
#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>

#include <leat/leat.hpp>
#include <leat/testing/gtest.hpp>
#include <leat/testing/testing.hpp>
#include <leat/testing/testing_test.hpp>

namespace leat {
namespace {

constexpr std::uint64_t enough = 10'000;
constexpr std::uint64_t enough_for_the_sound = 10'000 / testing::slowness;

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

// Finds a failure, whose text holds `words`, and again by its seed alone.
void expect_found(void (*program)(), const std::string& words) {
  const testing::environment_without_seed clean;
  const testing::exploration done = testing::search({.schedules = enough}, program);
  ASSERT_TRUE(done.failure) << "no schedule of " << done.schedules << " failed";
  ::testing::Test::RecordProperty("schedules", static_cast<int>(done.schedules));
  EXPECT_EQ(done.failure->number(), done.schedules);
  EXPECT_NE(std::string(done.failure->what()).find(words), std::string::npos) << done.failure->what();

  const testing::environment_with_seed replaying(done.failure->seed());
  const testing::exploration again = testing::search({.schedules = enough, .is_quiet = true}, program);
  ASSERT_TRUE(again.failure) << "the seed did not bring the failure back";
  EXPECT_EQ(again.schedules, 1U);
  EXPECT_EQ(again.failure->seed(), done.failure->seed());
}

void expect_sound(void (*program)()) {
  testing::explore(enough_for_the_sound, program);
}

// --- A missing lock ---

// What two goroutines add to without a lock; reading and writing are two steps.
struct unguarded_sum {
  std::atomic<int> value{0};

  void add(int more) {
    const int before = value.load(std::memory_order_relaxed);
    testing::interleave_here();
    value.store(before + more, std::memory_order_relaxed);
  }
};

void sum_without_a_lock() {
  unguarded_sum sum;
  wait_group adders;
  for (int i = 0; i < 3; ++i)
    adders.go([&] { sum.add(1); });
  adders.wait();
  require(sum.value == 3, "the sum is wrong");
}

void sum_with_a_lock() {
  unguarded_sum sum;
  mutex guard;
  wait_group adders;
  for (int i = 0; i < 3; ++i) {
    adders.go([&] {
      const std::lock_guard hold(guard);
      sum.add(1);
    });
  }
  adders.wait();
  require(sum.value == 3, "the sum is wrong");
}

TEST(exploring, finds_a_missing_lock) {
  expect_found(sum_without_a_lock, "the sum is wrong");
}

TEST(exploring, passes_a_lock_that_is_there) {
  expect_sound(sum_with_a_lock);
}

// Each step is under the lock, but not both together: no data race, and wrong all the same.
void check_and_act_under_two_locks() {
  mutex guard;
  int seats = 1;
  int sold = 0;
  wait_group buyers;
  for (int i = 0; i < 2; ++i) {
    buyers.go([&] {
      std::unique_lock look(guard);
      const bool is_free = seats > 0;
      look.unlock();
      if (!is_free) return;
      const std::lock_guard buy(guard);
      --seats;
      ++sold;
    });
  }
  buyers.wait();
  require(sold == 1, "a seat was sold twice");
}

TEST(exploring, finds_a_check_that_is_out_of_date_when_it_is_acted_on) {
  expect_found(check_and_act_under_two_locks, "a seat was sold twice");
}

// --- A lost wake-up ---

// A gate that goroutines wait at until it is opened. The faulty one looks, and then queues.
struct gate {
  std::atomic<bool> is_open{false};
  mutex guard;
  condition_variable opened;

  void pass_carelessly() {
    if (is_open) return;
    std::unique_lock hold(guard);
    opened.wait(hold);  // it may have been opened meanwhile
  }

  void pass() {
    std::unique_lock hold(guard);
    opened.wait(hold, [&] { return is_open.load(); });
  }

  void open() {
    const std::lock_guard hold(guard);
    is_open = true;
    opened.notify_all();
  }
};

void gate_passed_carelessly() {
  gate entrance;
  wait_group all;
  all.go([&] { entrance.pass_carelessly(); });
  all.go([&] { entrance.open(); });
  all.wait();
}

void gate_passed() {
  gate entrance;
  wait_group all;
  all.go([&] { entrance.pass(); });
  all.go([&] { entrance.open(); });
  all.wait();
}

TEST(exploring, finds_a_lost_wake_up_and_who_waits_for_it) {
  expect_found(gate_passed_carelessly, "[condition variable], started at");
}

TEST(exploring, passes_a_gate_that_loses_none) {
  expect_sound(gate_passed);
}

// --- Locks in different order ---

void transfer(mutex& from, mutex& to) {
  const std::lock_guard first(from);
  const std::lock_guard second(to);
}

void locks_in_opposite_order() {
  mutex left;
  mutex right;
  wait_group all;
  all.go([&] { transfer(left, right); });
  all.go([&] { transfer(right, left); });
  all.wait();
}

void locks_in_the_same_order() {
  mutex left;
  mutex right;
  wait_group all;
  all.go([&] { transfer(left, right); });
  all.go([&] { transfer(left, right); });
  all.wait();
}

void locks_in_opposite_order_all_or_none() {
  mutex left;
  mutex right;
  wait_group all;
  all.go([&] { const std::scoped_lock both(left, right); });
  all.go([&] { const std::scoped_lock both(right, left); });
  all.wait();
}

// Dining philosophers: the cycle needs all of them.
void locks_in_a_circle() {
  constexpr std::size_t count = 4;
  std::array<mutex, count> forks;
  wait_group all;
  for (std::size_t i = 0; i < count; ++i)
    all.go([&, i] { transfer(forks[i], forks[(i + 1) % count]); });
  all.wait();
}

TEST(exploring, finds_locks_taken_in_opposite_order) {
  expect_found(locks_in_opposite_order, "[mutex], started at");
}

TEST(exploring, finds_locks_taken_in_a_circle) {
  expect_found(locks_in_a_circle, "[mutex], started at");
}

TEST(exploring, passes_locks_taken_in_the_same_order) {
  expect_sound(locks_in_the_same_order);
}

TEST(exploring, passes_locks_taken_all_or_none) {
  expect_sound(locks_in_opposite_order_all_or_none);
}

// --- A select that leaves a waiter behind ---

// Receives from whichever of two channels is first, by a goroutine for each. The loser must go: it is told
// so, but the faulty one looks only before it begins to wait.
template <bool WatchesWhileItWaits>
int first_of(const chan<int>& a, const chan<int>& b) {
  const chan<int> won(1);
  const chan<unit> decided;
  wait_group both;
  for (const chan<int>& source : {a, b}) {
    both.go([=] {
      if constexpr (WatchesWhileItWaits) {
        select(source.on_receive([&](std::optional<int> value) { won.try_send(*value); }),
               decided.on_receive([](auto) {}));
      } else {
        if (decided.is_drained()) return;
        won.try_send(*source.receive());
      }
    });
  }
  const int value = *won.receive();
  decided.close();
  return value;
}

template <bool WatchesWhileItWaits>
void select_by_hand() {
  const chan<int> busy(1);
  const chan<int> silent;
  busy.send(7);
  require(first_of<WatchesWhileItWaits>(busy, silent) == 7, "a wrong value");
}

void select_of_the_library() {
  const chan<int> busy(1);
  const chan<int> silent;
  wait_group all;
  all.go([=] { busy.send(7); });
  select(busy.on_receive([](std::optional<int> value) { require(value == 7, "a wrong value"); }),
         silent.on_receive([](auto) { require(false, "a value from nowhere"); }));
  all.wait();
  require(!silent.try_send(1), "a waiter was left behind");
}

TEST(exploring, finds_a_select_that_leaves_a_waiter_behind) {
  expect_found(select_by_hand<false>, "[chan receive], started at");
}

TEST(exploring, passes_a_select_that_leaves_none) {
  expect_sound(select_by_hand<true>);
  expect_sound(select_of_the_library);
}

// A rendezvous made of the runtime's own waiters, for two sources: the loser's waiter must be taken out of
// the other queue. The faulty one forgets that when it was woken through the first source, and whoever posts
// there later hands a value to nobody.
class two_sources {
 public:
  explicit two_sources(bool is_careful) : is_careful_(is_careful) {}

  void post(std::size_t source) {
    testing::interleave_here();
    lock_.lock();
    if (waiting_[source]) {
      runtime::waiter* receiver = receiver_.pop();
      waiting_[source] = false;
      if (is_careful_) waiting_[1 - source] = false;
      lock_.unlock();
      if (receiver) return runtime::wake(*receiver);  // else the value is gone
      return;
    }
    ++posted_;
    lock_.unlock();
  }

  void receive_any() {
    testing::interleave_here();
    lock_.lock();
    if (posted_ > 0) {
      --posted_;
      lock_.unlock();
      return;
    }
    runtime::waiter self;
    receiver_.push(self);
    waiting_ = {true, true};
    runtime::park(self, lock_, runtime::wait_reason::select);
  }

 private:
  const bool is_careful_;
  runtime::spinlock lock_;  // guards what follows
  runtime::wait_queue receiver_;
  std::array<bool, 2> waiting_{};
  int posted_ = 0;
};

template <bool IsCareful>
void two_values_from_two_sources() {
  two_sources sources(IsCareful);
  wait_group posters;
  posters.go([&] { sources.post(0); });
  posters.go([&] { sources.post(1); });
  sources.receive_any();
  sources.receive_any();
  posters.wait();
}

TEST(exploring, finds_a_waiter_that_stays_in_the_queue_of_the_loser) {
  expect_found(two_values_from_two_sources<false>, "[select], started at");
}

TEST(exploring, passes_waiters_that_leave_all_queues) {
  expect_sound(two_values_from_two_sources<true>);
}

// --- The search itself ---

TEST(a_search, throws_what_it_found_with_the_seed_and_how_to_use_it) {
  const testing::environment_without_seed clean;
  try {
    testing::explore({.schedules = 3, .is_quiet = true}, [] { throw std::runtime_error("of no use"); });
    FAIL();
  } catch (const testing::schedule_error& error) {
    EXPECT_EQ(error.number(), 1U);
    const std::string text = error.what();
    EXPECT_NE(text.find("LEAT_SEED=0x"), std::string::npos) << text;
    EXPECT_NE(text.find("of no use"), std::string::npos) << text;
    EXPECT_THROW(std::rethrow_exception(error.cause()), std::runtime_error);
  }
}

TEST(a_search, is_the_same_for_the_same_seed_and_another_for_another) {
  const testing::environment_without_seed clean;
  const auto record = [](std::uint64_t seed) {
    testing::journal whole;
    testing::explore({.schedules = 20, .seed = seed, .is_quiet = true}, [&] {
      wait_group all;
      for (char name = 'a'; name < 'e'; ++name) {
        all.go([&whole, name] {
          for (int i = 0; i < 3; ++i) {
            whole.add({&name, 1});
            testing::interleave_here();
          }
        });
      }
      all.wait();
    });
    return whole.text();
  };
  const std::string first = record(1);
  EXPECT_EQ(first, record(1));
  EXPECT_NE(first, record(2));
}

TEST(a_search, tries_as_many_schedules_as_wanted_and_says_how_fast) {
  const testing::environment_without_seed clean;
  int runs = 0;
  const testing::exploration done = testing::search({.schedules = 17, .is_quiet = true}, [&] { ++runs; });
  EXPECT_EQ(runs, 17);
  EXPECT_EQ(done.schedules, 17U);
  EXPECT_FALSE(done.failure);
  EXPECT_GT(done.schedules_per_second(), 0);
}

// As if an expectation had failed, without failing this test.
bool an_expectation_failed = false;

TEST(a_search, sees_failed_expectations) {
  const testing::environment_without_seed clean;
  an_expectation_failed = false;
  const testing::failure_query before = testing::count_as_failure([] { return an_expectation_failed; });
  EXPECT_EQ(before, ::testing::Test::HasFailure) << "leat/testing/gtest.hpp is included";
  int runs = 0;
  const testing::exploration done =
      testing::search({.schedules = 10, .is_quiet = true}, [&] { an_expectation_failed = ++runs == 4; });
  testing::count_as_failure(before);
  ASSERT_TRUE(done.failure);
  EXPECT_EQ(done.failure->number(), 4U);
  EXPECT_EQ(done.failure->cause(), nullptr);
}

TEST(a_search, ends_schedules_that_do_not_end_themselves) {
  const testing::environment_without_seed clean;
  const testing::exploration done =
      testing::search({.schedules = 1, .steps_most = 1000, .is_quiet = true}, [] {
        for (;;)
          leat::yield();
      });
  ASSERT_TRUE(done.failure);
  EXPECT_NE(std::string(done.failure->what()).find("1000 scheduling points"), std::string::npos);
}

// In the schedules of a fixed order of priorities too: who yields lets all others go first.
TEST(a_search, lets_nobody_starve_who_waits_by_yielding) {
  expect_sound([] {
    std::atomic<int> turn{0};
    wait_group all;
    for (int i = 0; i < 3; ++i) {
      all.go([&, i] {
        while (turn != i)
          leat::yield();
        ++turn;
      });
    }
    all.wait();
  });
}

TEST(a_search, lets_nobody_starve_who_waits_by_trying) {
  expect_sound([] {
    const chan<unit> opened;
    wait_group all;
    all.go([&] {
      bool is_open = false;
      while (!is_open)
        select(opened.on_receive([&](auto) { is_open = true; }), otherwise([] {}));
    });
    all.go([&] {
      while (!opened.is_drained())
        opened.try_receive();
    });
    all.go([&] { opened.close(); });
    all.wait();
  });
}

TEST(a_search, refuses_options_that_make_no_sense) {
  const testing::environment_without_seed clean;
  EXPECT_THROW(testing::explore({.depth_most = 0}, [] {}), std::invalid_argument);
  EXPECT_THROW(testing::explore({.depth_most = 16}, [] {}), std::invalid_argument);
  const testing::environment_with_text nonsense("seven");
  EXPECT_THROW(testing::explore(1, [] {}), std::invalid_argument);
}

}  // namespace
}  // namespace leat
