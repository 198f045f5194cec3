// The stack of a goroutine while it runs, taken by a signal to its worker's thread (SIGURG, as in Go: nobody
// dies of a stray one, debuggers let it pass, and it is next to unused).
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>

#include <leat/runtime/frames.hpp>
#include <leat/runtime/worker.hpp>

namespace leat::runtime {

/// Makes capture() possible, by handling SIGURG, unless the program does so itself. Any number of times.
void prepare_capture() noexcept;

/// Of a goroutine while it ran; afterwards it may be gone.
struct captured {
  std::uint64_t id = 0;
  std::source_location started_at;
  frame_list frames;
};

/// What there is to know of `running` if `target` runs it, or nothing: when it does no more, when the thread
/// does not answer within 50 ms, without prepare_capture(), and under ThreadSanitizer, which puts signals
/// off. System calls that the goroutine makes may be interrupted; most start again (SA_RESTART).
std::optional<captured> capture(const worker& target, const goroutine& running) noexcept;

}  // namespace leat::runtime
