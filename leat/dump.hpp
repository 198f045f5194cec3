// What every goroutine does at this moment, for people who wonder why a program hangs or what it is busy
// with.
//
//   int main() {
//     leat::dump_on_sigquit();       // then ctrl-\, or: kill -QUIT, tells
//     return leat::run([] { ... });
//   }
//
//   goroutine 7 and 999 more at the same place [chan receive, for 3 ms to 2.5 s], started at mill.cpp:17
//   (...)
//       grind(leat::chan<int> const&)
//           at mill.cpp:9
//
// Of each goroutine it tells the number, what it does or waits on and for how long (right to some
// milliseconds), where it was started, and its stack. Those that stand at the same place are told of
// together. The stack of one that runs is taken by a signal to its thread (SIGURG); where the program handles
// that signal itself, and under ThreadSanitizer, only the worker is told.
//
// No goroutine starts or goes on while the stacks are read: some microseconds for each goroutine, a fifth of
// a second at most. Goroutines that compute or that wait for the kernel are not held up.
#pragma once

#include <string>

namespace leat {

/// All goroutines in words, one paragraph for each place. From a goroutine, which goes on when the text is
/// made, or from any other thread. Empty when the runtime does not run. Throws std::bad_alloc.
std::string describe_goroutines();

/// From now on SIGQUIT prints describe_goroutines() to standard error, instead of ending the process; a
/// program that is to end can still be sent SIGTERM or SIGABRT. May be called at any time, also before run().
/// Throws std::system_error when the signal cannot be caught.
void dump_on_sigquit();

}  // namespace leat
