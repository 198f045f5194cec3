// Goroutines: functions that run concurrently, millions of them, on as many threads as there are processors.
//
//   int main() {
//     return leat::run([] {
//       leat::go([] { std::puts("from a goroutine"); });
//       leat::yield();
//     });
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <leat/runtime/spawn.hpp>

namespace leat {

/// By what means workers learn which descriptors are ready, and where they sleep when nothing can run.
enum class poller_kind : std::uint8_t {
  by_environment,  ///< what the environment variable LEAT_POLLER says: "epoll", "io_uring" or "auto"
  automatic,       ///< what measured best: epoll, and io_uring for files if the kernel allows it
  epoll,           ///< and no system call of io_uring
  io_uring,        ///< needs Linux 6.0, and that no sysctl or seccomp filter forbids it
};

/// How run() sets up the runtime.
struct run_options {
  /// Threads that run goroutines. 0: the environment variable LEAT_WORKERS, else one for each processor that
  /// the process may use.
  unsigned workers = 0;

  /// The same on all workers. If LEAT_POLLER is not set either, automatic.
  poller_kind poller = poller_kind::by_environment;
};

/// How one goroutine differs from others.
struct go_options {
  /// Bytes of stack, reserved and not touched until used. 0: the usual stack of 260 KiB, of which 224 are
  /// sure.
  std::size_t stack_bytes = 0;
};

namespace runtime {
void run_main(const run_options& options, void (*body)(void*), void* argument, std::source_location where);
}

/// Runs `body` as the main goroutine and returns what it returns, or 0 if that is void. When it returns, the
/// program's goroutines have ended too: those that still wait are forgotten, without running their
/// destructors, as in Go.
///
/// The calling thread becomes one of the workers until then. Throws std::logic_error when the runtime runs
/// already; std::invalid_argument when LEAT_WORKERS or LEAT_POLLER make no sense; std::system_error when
/// threads or descriptors cannot be had, or io_uring is asked for by name and the kernel refuses it. An
/// exception that leaves any goroutine, the main one included, ends the program with a report.
template <typename F>
auto run(const run_options& options, F&& body, std::source_location where = std::source_location::current()) {
  using returned = std::invoke_result_t<F&>;
  if constexpr (std::is_void_v<returned>) {
    runtime::run_main(
        options, [](void* argument) { std::invoke(*static_cast<std::remove_reference_t<F>*>(argument)); },
        const_cast<void*>(static_cast<const volatile void*>(std::addressof(body))), where);
    return 0;
  } else {
    struct call {
      std::remove_reference_t<F>* body;
      returned value;
    } state{std::addressof(body), returned()};
    runtime::run_main(
        options,
        [](void* argument) {
          auto* self = static_cast<call*>(argument);
          self->value = std::invoke(*self->body);
        },
        &state, where);
    return std::move(state.value);
  }
}

template <typename F>
  requires std::invocable<F&>
auto run(F&& body, std::source_location where = std::source_location::current()) {
  return run(run_options{}, std::forward<F>(body), where);
}

/// Starts a goroutine that calls `function`, a copy or the moved-in original of what is given. It never
/// blocks; the goroutine runs when a worker is free, in no particular order with others that were started.
/// May be called from any thread while the runtime runs. Throws std::bad_alloc when no stack can be had,
/// std::system_error with errc::not_running outside run().
template <typename F>
  requires std::invocable<std::decay_t<F>>
void go(F&& function, std::source_location where = std::source_location::current()) {
  runtime::spawn(std::forward<F>(function), 0, where);
}

template <typename F>
  requires std::invocable<std::decay_t<F>>
void go(const go_options& options, F&& function,
        std::source_location where = std::source_location::current()) {
  runtime::spawn(std::forward<F>(function), options.stack_bytes, where);
}

/// Lets other goroutines run first. On a thread that is not a worker's: std::this_thread::yield().
void yield() noexcept;

/// The number of the running goroutine, 1 for the main one; 0 on a thread that is not a worker's.
std::uint64_t goroutine_id() noexcept;

/// How many goroutines exist, the calling one included.
std::size_t goroutine_count() noexcept;

/// How many threads run goroutines; 0 when the runtime does not run.
unsigned worker_count() noexcept;

/// While one exists, its goroutine runs on one thread only: for libraries that keep state in thread-local
/// storage across calls that may park. Nests. On a thread that is not a worker's it does nothing.
class pinned {
 public:
  pinned() noexcept;
  ~pinned();
  pinned(const pinned&) = delete;
  pinned& operator=(const pinned&) = delete;

 private:
  bool outermost_;
};

}  // namespace leat
