// What ends a wait early: a moment, a context, or both.
#pragma once

#include <algorithm>

#include <leat/context.hpp>
#include <leat/deadline.hpp>

namespace leat::net {

/// Until when, and on whose behalf, somebody waits. Whichever comes first ends the wait: the deadline with
/// errc::deadline_exceeded, the context with its own error.
struct wait_limits {
  time_point deadline = never;
  context ctx{};

  /// The deadline, or that of the context if it is earlier.
  time_point last_moment() const noexcept { return std::min(deadline, ctx.deadline().value_or(never)); }

  /// Why there is no sense in beginning to wait; no error (false) if there is.
  std::error_code passed() const noexcept {
    if (auto cancelled = ctx.error()) return cancelled;
    return last_moment() <= clock::now() ? make_error_code(errc::deadline_exceeded) : std::error_code();
  }
};

}  // namespace leat::net
