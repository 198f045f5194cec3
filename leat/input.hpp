// What is typed at a program or piped into it, line by line, without holding up a worker.
//
//   const auto typed = leat::input_lines();
//   for (const std::string& line : typed) say(line);          // until the end of the input
//
// A channel, because who waits for the keyboard mostly waits for something else too:
//
//   leat::select(typed.on_receive([&](auto line) { ... }), heard.on_receive([&](auto line) { ... }));
//
// The descriptor is shared with whoever started the program (a shell, the other parts of a pipeline), so it
// is not made non-blocking, which would change it for them as well: a thread of the blocking pool waits.
#pragma once

#include <cstddef>
#include <string>

#include <leat/chan.hpp>

namespace leat {

/// The longest line that input_lines() hands over whole unless told otherwise.
inline constexpr std::size_t input_line_limit_bytes = 64 * 1024;

/// The lines that come in on `fd`, standard input unless told otherwise, without their ends, LF or CRLF; the
/// last one may lack it. A line of more than `limit_bytes` comes in pieces of that size, so that an endless
/// one takes no endless memory. The channel is closed at the end of the input, or when `fd` cannot be read.
///
/// Starts a goroutine, which reads on as lines are received; at most one line and what one read(2) brings are
/// read ahead. What it has read nobody else can get at, so ask for the lines of a descriptor once. It ends
/// with the input, and `fd`, which stays the caller's, has to be open until then. Throws
/// std::invalid_argument for a limit of zero, and as leat::go does.
receiver<std::string> input_lines(int fd = 0, std::size_t limit_bytes = input_line_limit_bytes);

}  // namespace leat
