// The control block of a goroutine. It stands at the top of the goroutine's own stack, above the closure that
// it runs, so that an idle goroutine needs no memory but the first page of that stack.
#pragma once

#include <cstdint>
#include <source_location>

#include <leat/runtime/arch.hpp>
#include <leat/runtime/sanitizer.hpp>
#include <leat/runtime/waiter.hpp>

namespace leat::runtime {

// state      who sets it                            means
// free       whoever retires it                     its stack stands in a free list
// runnable   whoever wakes or starts it             in a queue, or about to be
// running    the worker that switches to it         on a worker's thread
// parked     itself, before it switches away        stands in the queues of what it waits on
enum class goroutine_state : std::uint8_t { free = 0, runnable, running, parked };

/// A goroutine's share of the C++ runtime's exception state (Itanium C++ ABI 2.2.2), swapped at every switch.
struct exception_globals {
  void* caught = nullptr;
  std::uintptr_t uncaught = 0;  // an unsigned int and its padding
};

struct goroutine {
  context saved;                 // where it goes on; valid while it does not run
  goroutine* next = nullptr;     // in the queue or list that holds it
  exception_globals exceptions;  // while it does not run
  void (*run)(void*) = nullptr;  // calls and destroys the closure
  void* closure = nullptr;
  std::uint64_t id = 0;            // never reused within a process
  worker* pinned_to = nullptr;     // the only worker that may run it, or null
  void* locals = nullptr;          // goroutine_local values, owned; see goroutine_local.hpp
  std::byte* stack_low = nullptr;  // lowest usable address, above the guard
  std::size_t slot_bytes = 0;      // of the whole reservation that holds the stack
  std::atomic<goroutine_state> state{goroutine_state::free};
  wait_reason reason = wait_reason::none;
  bool pooled = true;          // its stack is a slot of the pool, not a mapping of its own
  std::int64_t parked_ms = 0;  // when it parked last, in the scheduler's coarse time
  std::source_location started_at;
  [[no_unique_address]] sanitizer::fiber fiber;
};

}  // namespace leat::runtime
