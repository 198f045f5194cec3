// How the program says what went wrong: sentences for people, and the exit codes of its subcommands.
#pragma once

#include <expected>
#include <string>

namespace cli {

/// What was asked for, or a sentence that names what was tried, on what, and why it failed.
template <typename T>
using outcome = std::expected<T, std::string>;

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

}  // namespace cli
