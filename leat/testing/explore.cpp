#include <algorithm>
#include <cstdio>

#include <leat/testing/bubble_run.hpp>
#include <leat/testing/explore.hpp>
#include <leat/testing/walk.hpp>

namespace leat::testing::detail {
namespace {

constexpr std::uint64_t default_seed = 1;
constexpr std::uint32_t depth_limit = 15;

std::string text_of(const std::exception_ptr& error) {
  if (!error) return "an expectation failed";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

schedule_error error_of(const exploration& so_far, std::uint64_t seed, const std::exception_ptr& cause) {
  const std::string number = std::to_string(so_far.schedules);
  const std::string again = seed_text(seed);
  return {"leat: schedule " + number + " failed (" + describe(walk_plan::of(seed)) + ", seed " + again +
              "): run this test alone with LEAT_SEED=" + again +
              " in its environment for this schedule only\n" + text_of(cause),
          so_far.schedules, seed, cause};
}

// The seeds of a search, one after the other. How many steps a schedule may take, it learns from those that
// have run.
class seed_sequence {
 public:
  seed_sequence(std::uint64_t start, std::uint32_t depth_most) : random_(start), depth_most_(depth_most) {}

  std::uint64_t next() {
    walk_plan plan{.depth = 0, .steps = 0, .random = random_.next() >> 24};
    if (given_++ % 2 == 1) {
      plan.depth = 1 + depths_++ % depth_most_;
      plan.steps = longest_;
    }
    return plan.seed();
  }

  void saw(std::uint64_t steps) {
    constexpr std::uint64_t most = (1U << 20) - 1;
    longest_ = std::max(longest_, static_cast<std::uint32_t>(std::min(steps, most)));
  }

 private:
  random_sequence random_;
  std::uint32_t depth_most_;
  std::uint64_t given_ = 0;
  std::uint32_t depths_ = 0;
  std::uint32_t longest_ = 1;
};

void print(const exploration& done) {
  const std::string end =
      done.failure ? "number " + std::to_string(done.failure->number()) + " failed" : "none failed";
  std::fprintf(stderr, "leat: explored %llu schedules in %.2f s (%.0f/s): %s\n",
               static_cast<unsigned long long>(done.schedules), done.took.count(),
               done.schedules_per_second(), end.c_str());
}

void check(const explore_options& options) {
  if (options.depth_most == 0 || options.depth_most > depth_limit) {
    throw std::invalid_argument("leat::testing::explore: depth_most is " +
                                std::to_string(options.depth_most) + ": it must be from 1 to 15");
  }
}

}  // namespace

exploration run_search(const explore_options& options, void (*body)(void*), void* argument,
                       std::source_location where) {
  using std::chrono::steady_clock;
  check(options);
  const wanted_seed wanted = seed_from_environment();
  const std::uint64_t schedules = wanted.replay ? 1 : options.schedules;
  seed_sequence seeds(wanted.fresh ? *wanted.fresh : options.seed.value_or(default_seed), options.depth_most);
  const auto begin = steady_clock::now();
  exploration done;
  while (!done.failure && done.schedules < schedules) {
    const std::uint64_t seed = wanted.replay ? *wanted.replay : seeds.next();
    const bool had_failed = test_has_failed();
    const run_outcome end =
        run_once({seed, options.may_leave_goroutines, options.steps_most}, body, argument, where);
    seeds.saw(end.steps);
    ++done.schedules;
    if (end.error || (!had_failed && test_has_failed())) done.failure = error_of(done, seed, end.error);
  }
  done.took = steady_clock::now() - begin;
  if (!options.is_quiet) print(done);
  return done;
}

}  // namespace leat::testing::detail
