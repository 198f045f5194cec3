// Stacks in words: of a goroutine that is parked, or of the code that runs.
#pragma once

#include <string>

#include <leat/runtime/goroutine.hpp>

namespace leat::runtime {

/// A word for what a goroutine waits on, as in "chan receive".
const char* to_string(wait_reason reason) noexcept;

/// The frames of a parked goroutine, one a line, innermost first, without the runtime's own.
std::string stack_of_parked(const goroutine& parked);

/// The frames of the caller, without the reporting code's own.
std::string stack_of_caller();

/// Where a goroutine was started, as "file:line (function)".
std::string start_of(const goroutine& one);

}  // namespace leat::runtime
