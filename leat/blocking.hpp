// Calls that would block a thread (files, databases, name look-ups, other people's libraries) go to threads
// of their own, while the goroutine that makes them is parked and its worker runs others.
//
//   auto bytes = leat::blocking([&] { return ::read(file, buffer, size); });
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace leat {

namespace runtime {
/// Runs job(argument) on the blocking pool and parks the caller until it has returned.
void run_blocking(void (*job)(void*), void* argument);
}  // namespace runtime

/// Calls `function` on a thread of the blocking pool and returns what it returns, or throws what it throws.
/// The goroutine is parked meanwhile, and cannot be interrupted: give the call itself a time limit where it
/// may hang. At most 256 calls run at once; more wait their turn. `errno` does not survive: return it from
/// the function. On a thread that is not a worker's, it just calls. Throws std::system_error when no thread
/// at all can be started.
template <typename F>
auto blocking(F&& function) -> std::invoke_result_t<F&> {
  using returned = std::invoke_result_t<F&>;
  struct call {
    std::remove_reference_t<F>* function;
    std::exception_ptr error;
    std::conditional_t<std::is_void_v<returned>, std::optional<char>, std::optional<returned>> value;
  } state{std::addressof(function), nullptr, std::nullopt};
  static_assert(!std::is_reference_v<returned>, "leat::blocking: return a value or a pointer");
  runtime::run_blocking(
      [](void* argument) {
        auto* self = static_cast<call*>(argument);
        try {
          if constexpr (std::is_void_v<returned>) {
            std::invoke(*self->function);
          } else {
            self->value.emplace(std::invoke(*self->function));
          }
        } catch (...) {
          self->error = std::current_exception();
        }
      },
      &state);
  if (state.error) std::rethrow_exception(std::move(state.error));
  if constexpr (!std::is_void_v<returned>) return std::move(*state.value);
}

}  // namespace leat
