// How SIGQUIT's handler has the monitor tell of all goroutines.
#pragma once

namespace leat::runtime {

struct scheduler;

/// Has the monitor call print_dump() soon. Safe in a signal handler; requests that come together are one.
void request_dump() noexcept;

/// Prints what every goroutine does to standard error. Not for workers.
void print_dump(scheduler& all) noexcept;

}  // namespace leat::runtime
