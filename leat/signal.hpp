// Signals of the operating system, as values on a channel.
#pragma once

#include <initializer_list>

#include <leat/chan.hpp>

namespace leat {

/// From now on the process no longer dies of the `wanted` signals; their numbers arrive on the channel that
/// is returned. Up to 16 wait there; more are dropped. Call it from a goroutine; it holds until the program
/// ends.
///
///   auto stop = leat::notify_signals({SIGINT, SIGTERM});
///   stop.receive();
///
/// Throws std::system_error when a signal cannot be caught (SIGKILL, SIGSTOP) or descriptors run out.
receiver<int> notify_signals(std::initializer_list<int> wanted);

}  // namespace leat
