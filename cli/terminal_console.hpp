// The console of a terminal: see console.hpp.
#pragma once

#include <memory>

#include <cli/console.hpp>

namespace cli {

/// A line editor (libedit, in its emacs mode) on standard input and output, which must be terminals.
///
/// The editor is synchronous and keeps the terminal for itself, so it runs on a thread of the blocking pool
/// for as long as the console is open. Whatever others want shown comes to it over a channel, and it is woken
/// while it waits for the next key.
std::unique_ptr<console> open_terminal_console(console_options options);

}  // namespace cli
