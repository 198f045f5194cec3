// How go() makes a goroutine: its closure is built directly on the new stack.
#pragma once

#include <cstddef>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

namespace leat::runtime {

struct goroutine;

/// A new goroutine with `size` bytes for its closure, aligned to `alignment`. `stack_bytes` 0: the usual 260
/// KiB. Throws std::bad_alloc, or std::system_error (errc::not_running) when the runtime does not run.
goroutine* prepare(std::size_t size, std::size_t alignment, std::size_t stack_bytes,
                   std::source_location where);

/// Where the closure is to be built.
void* closure_of(goroutine* made) noexcept;

/// Gives back what was prepared but not started.
void discard(goroutine* made) noexcept;

/// Makes it runnable; `run` will be called with the closure, and must destroy it.
void start(goroutine* made, void (*run)(void*)) noexcept;

template <typename F>
void spawn(F&& function, std::size_t stack_bytes, std::source_location where) {
  using closure = std::decay_t<F>;
  goroutine* made = prepare(sizeof(closure), alignof(closure), stack_bytes, where);
  try {
    ::new (closure_of(made)) closure(std::forward<F>(function));
  } catch (...) {
    discard(made);
    throw;
  }
  start(made, [](void* place) {
    auto* self = static_cast<closure*>(place);
    struct destroyer {
      closure* doomed;
      ~destroyer() { std::destroy_at(doomed); }
    } const guard{self};
    std::move (*self)();
  });
}

}  // namespace leat::runtime
