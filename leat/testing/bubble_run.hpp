// What bubble() and explore() share: one run of a bubble, and where seeds come from.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <source_location>
#include <string>

namespace leat::testing::detail {

struct run_plan {
  std::uint64_t seed = 0;
  bool may_leave_goroutines = false;
  std::uint64_t steps_most = 0;
};

struct run_outcome {
  std::exception_ptr error;  // null: it went well
  std::uint64_t steps = 0;   // scheduling points passed
};

/// Runs `body` in a bubble, once.
run_outcome run_once(const run_plan& plan, void (*body)(void*), void* argument, std::source_location where);

/// What LEAT_SEED says: nothing, a seed, or "random", which is a new one. Throws std::invalid_argument.
struct wanted_seed {
  std::optional<std::uint64_t> replay;
  std::optional<std::uint64_t> fresh;
};
wanted_seed seed_from_environment();

/// Whether the test that runs has failed, as count_as_failure() lets it be asked.
bool test_has_failed();

/// "0x1f", as LEAT_SEED takes it.
std::string seed_text(std::uint64_t seed);

}  // namespace leat::testing::detail
