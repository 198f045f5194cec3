// Where the planted faults happen: on one worker, spread over several, or after a move from worker to worker.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <optional>
#include <string_view>

#include <leat/go.hpp>

namespace planted {

enum class setting { one_worker, several_workers, after_migration };

inline std::optional<setting> parse_setting(std::string_view name) {
  if (name == "one_worker") return setting::one_worker;
  if (name == "several_workers") return setting::several_workers;
  if (name == "after_migration") return setting::after_migration;
  return std::nullopt;
}

inline leat::run_options options_for(setting where) {
  return {.workers = where == setting::one_worker ? 1U : 4U};
}

/// The thread that runs this goroutine now. Not std::this_thread::get_id(), whose result a compiler may keep.
[[gnu::noinline]] inline long thread_number() {
  return ::syscall(SYS_gettid);
}

/// In the setting after_migration: returns on another thread than the caller's goroutine was on when it
/// called.
inline void settle(setting where) {
  if (where != setting::after_migration) return;
  const long before = thread_number();
  while (thread_number() == before)
    leat::yield();
}

}  // namespace planted
