// What reports about goroutines are made of.
#pragma once

#include <source_location>
#include <string>
#include <string_view>

#include <leat/runtime/wait_reason_names.hpp>

namespace leat::runtime {

/// The frames of the caller in words, without the reporting code's own.
std::string stack_of_caller();

/// Where a goroutine was started, as "file:line (function)".
std::string start_of(const std::source_location& where);

/// Writes all of it to standard error. Safe in a signal handler.
void print_error(std::string_view text) noexcept;

}  // namespace leat::runtime
