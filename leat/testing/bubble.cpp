#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

#include <leat/runtime/overview.hpp>
#include <leat/runtime/policy.hpp>
#include <leat/runtime/scheduler.hpp>
#include <leat/testing/bubble.hpp>
#include <leat/testing/bubble_run.hpp>
#include <leat/testing/walk.hpp>

namespace leat::testing {
namespace {

using runtime::goroutine;

// Nobody waits for longer: what lies beyond is as good as never, and the sum of two spans still fits.
constexpr time_point last_moment = bubble_begin + std::chrono::hours(24 * 365 * 120);

constexpr std::uint64_t default_seed = 1;
constexpr std::size_t places_most = 200;                // that a report tells of
constexpr std::uint64_t fresh_seed_mask = 0xffff'ffff;  // short ones: random walks

std::atomic<failure_query> has_failed{nullptr};

// All of it belongs to the scheduling of the one worker, and is hidden from ThreadSanitizer as that is.
class bubble_policy final : public runtime::schedule_policy {
 public:
  explicit bubble_policy(const detail::run_plan& plan) : plan_(plan), walk_(plan.seed) {}

  time_point now() const noexcept override { return now_; }
  std::uint64_t random_state() noexcept override { return walk_.random().next() | 1; }
  void add(goroutine& runnable) noexcept override;
  bool fires_timer(std::uint64_t& choice) noexcept override;
  goroutine* take_next() noexcept override;
  bool preempts(goroutine& running) noexcept override;
  void settle(runtime::scheduler& all, time_point earliest) noexcept override;
  void call(goroutine& started) override;

  /// Parks until nobody else can run. False: somebody else does so already.
  bool wait_for_others() noexcept;

  /// The bubble's function has returned: parks until all others have ended.
  void wait_for_end() noexcept;

  detail::run_outcome outcome() const { return {failure_, walk_.steps()}; }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  void fail(std::exception_ptr why) noexcept;
  void fail(const char* what) noexcept;
  bool is_endless() noexcept;
  static void park_as(runtime::waiter*& place) noexcept;

  const detail::run_plan plan_;
  walk walk_;
  time_point now_ = bubble_begin;
  std::vector<goroutine*> runnable_;
  std::vector<std::uint64_t> numbers_;  // of the same, in the same order
  std::size_t chosen_ = none;           // place of the one that was preferred to the running one
  const goroutine* last_ = nullptr;     // ran last
  bool was_preempted_ = false;          // it did not stop of its own accord
  runtime::waiter* waiting_ = nullptr;  // in wait()
  runtime::waiter* ending_ = nullptr;   // the first goroutine, when its function has returned
  std::exception_ptr failure_;
};

// All that waits for being run was handed over by then; so one that comes again at once has only yielded.
void bubble_policy::add(goroutine& runnable) noexcept {
  if (&runnable == last_ && !was_preempted_) walk_.yielded(runnable.id);
  runnable_.push_back(&runnable);
  numbers_.push_back(runnable.id);
}

// What a timer does and what a goroutine does at the same moment come in any order.
bool bubble_policy::fires_timer(std::uint64_t& choice) noexcept {
  if (!runnable_.empty() && walk_.random().below(2) == 0) return false;
  choice = walk_.random().next() >> 1;
  return true;
}

goroutine* bubble_policy::take_next() noexcept {
  if (runnable_.empty() || is_endless()) return nullptr;
  const std::size_t place = chosen_ != none ? chosen_ : walk_.choose(numbers_);
  goroutine* next = runnable_[place];
  runnable_[place] = runnable_.back();
  runnable_.pop_back();
  numbers_[place] = numbers_.back();
  numbers_.pop_back();
  chosen_ = none;
  last_ = next;
  was_preempted_ = false;
  return next;
}

bool bubble_policy::preempts(goroutine& running) noexcept {
  if (is_endless()) return true;
  if (!walk_.preempts(running.id, numbers_)) return false;
  was_preempted_ = true;
  chosen_ = walk_.choose(numbers_);
  return true;
}

void bubble_policy::settle(runtime::scheduler& all, time_point earliest) noexcept {
  if (failure_) return;
  if (waiting_) return runtime::wake(*std::exchange(waiting_, nullptr));
  if (ending_) {
    const runtime::worker& only = *all.workers[0];
    const auto alive = all.created_outside.load(std::memory_order_relaxed) +
                       only.created.load(std::memory_order_relaxed) -
                       only.ended.load(std::memory_order_relaxed);
    if (alive == 1) return runtime::wake(*std::exchange(ending_, nullptr));
    return fail("leat: the bubble's function has returned, but not all of its goroutines have ended");
  }
  if (earliest > last_moment)
    return fail("leat: the bubble is stuck: all of its goroutines wait, and none for a moment to come");
  now_ = std::max(now_, earliest);
}

void bubble_policy::call(goroutine& started) {
  try {
    started.run(started.closure);
  } catch (...) {
    const runtime::sanitizer::hidden_work hidden;
    fail(std::current_exception());
  }
}

void bubble_policy::fail(std::exception_ptr why) noexcept {
  if (!failure_) failure_ = std::move(why);
  runtime::this_worker()->owner.stop();
}

void bubble_policy::fail(const char* what) noexcept {
  const std::string all = runtime::overview::of_sleepers().describe(places_most);
  fail(std::make_exception_ptr(bubble_error(std::string(what) + "\n\n" + all)));
}

bool bubble_policy::is_endless() noexcept {
  if (failure_) return true;
  if (walk_.steps() <= plan_.steps_most) return false;
  fail(std::make_exception_ptr(
      bubble_error("leat: the bubble does not end: it has passed " + std::to_string(plan_.steps_most) +
                   " scheduling points (steps_most). The clock stands still while a goroutine can run: one "
                   "that yields until a moment comes waits for ever")));
  return true;
}

void bubble_policy::park_as(runtime::waiter*& place) noexcept {
  runtime::waiter self;
  runtime::spinlock lock;
  lock.lock();
  {
    const runtime::sanitizer::hidden_work hidden;
    place = &self;
  }
  runtime::park(self, lock, runtime::wait_reason::bubble);
  runtime::sanitizer::take(&runtime::this_worker()->owner);  // what all others gave it as they stopped
}

bool bubble_policy::wait_for_others() noexcept {
  {
    const runtime::sanitizer::hidden_work hidden;
    if (waiting_) return false;
  }
  park_as(waiting_);
  return true;
}

void bubble_policy::wait_for_end() noexcept {
  if (!plan_.may_leave_goroutines) park_as(ending_);
}

// Scheduling points and the clock are the bubble's from here on.
class bubble_scope {
 public:
  bubble_scope() noexcept { runtime::bubble_runs.store(true, std::memory_order_relaxed); }
  ~bubble_scope() { runtime::bubble_runs.store(false, std::memory_order_relaxed); }
  bubble_scope(const bubble_scope&) = delete;
  bubble_scope& operator=(const bubble_scope&) = delete;
};

// In a process that never had a second thread, std::shared_ptr counts without atomics, which ThreadSanitizer
// takes for a race between goroutines.
void have_had_threads() {
#if defined(LEAT_TSAN)
  [[maybe_unused]] static const bool had = (std::thread([] {}).join(), true);
#endif
}

void print_seed(std::uint64_t seed) {
  std::fprintf(stderr,
               "leat: the bubble that failed had the seed %s: run this test alone with LEAT_SEED=%s in its "
               "environment for the same schedule\n",
               detail::seed_text(seed).c_str(), detail::seed_text(seed).c_str());
}

}  // namespace

namespace detail {

run_outcome run_once(const run_plan& plan, void (*body)(void*), void* argument, std::source_location where) {
  struct first_goroutine {
    bubble_policy policy;
    void (*body)(void*);
    void* argument;
  } first{bubble_policy(plan), body, argument};
  if (runtime::this_worker()) {
    throw std::logic_error("leat::testing::bubble called from a goroutine: it starts a run of its own");
  }
  have_had_threads();
  const bubble_scope scope;
  runtime::run_with_policy(
      first.policy,
      [](void* self) {
        auto& own = *static_cast<first_goroutine*>(self);
        own.body(own.argument);
        own.policy.wait_for_end();
      },
      &first, where);
  return first.policy.outcome();
}

wanted_seed seed_from_environment() {
  const char* given = std::getenv("LEAT_SEED");
  if (!given || !*given) return {};
  const std::string_view text = given;
  if (text == "random") return {.replay = {}, .fresh = (std::random_device{}() & fresh_seed_mask) | 1U};
  const bool is_hex = text.starts_with("0x");
  const std::string_view digits = text.substr(is_hex ? 2 : 0);
  std::uint64_t seed = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), seed, is_hex ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw std::invalid_argument("LEAT_SEED is \"" + std::string(text) +
                                "\": it must be a number of 64 bits, as 17 or 0x11, or \"random\"");
  }
  return {.replay = seed, .fresh = {}};
}

bool test_has_failed() {
  const failure_query ask = has_failed.load(std::memory_order_relaxed);
  return ask && ask();
}

std::string seed_text(std::uint64_t seed) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), seed, 16).ptr;
  return "0x" + std::string(digits.data(), end);
}

void run_bubble(const bubble_options& options, void (*body)(void*), void* argument,
                std::source_location where) {
  const wanted_seed wanted = seed_from_environment();
  const std::uint64_t seed = wanted.replay  ? *wanted.replay
                             : wanted.fresh ? *wanted.fresh
                                            : options.seed.value_or(default_seed);
  const bool had_failed = test_has_failed();
  const run_outcome end =
      run_once({seed, options.may_leave_goroutines, options.steps_most}, body, argument, where);
  if (end.error || (!had_failed && test_has_failed())) print_seed(seed);
  if (end.error) std::rethrow_exception(end.error);
}

}  // namespace detail

void wait() {
  auto* policy = static_cast<bubble_policy*>(runtime::current_policy());
  if (!policy) throw std::logic_error("leat::testing::wait called outside a bubble");
  if (!policy->wait_for_others()) {
    throw std::logic_error(
        "leat::testing::wait called while another goroutine is in it: they would wait for "
        "each other");
  }
}

failure_query count_as_failure(failure_query failed) noexcept {
  return has_failed.exchange(failed);
}

}  // namespace leat::testing
