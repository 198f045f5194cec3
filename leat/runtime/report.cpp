// Reports for people: deadlocks, exceptions that nobody caught, stacks that overflowed.
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <source_location>
#include <string_view>

#include <leat/runtime/frames.hpp>
#include <leat/runtime/overview.hpp>
#include <leat/runtime/report.hpp>
#include <leat/runtime/scheduler.hpp>
#include <leat/runtime/stack.hpp>

namespace leat::runtime {
namespace {

constexpr std::size_t places_most = 200;
constexpr std::size_t signal_stack_bytes = std::size_t{512} << 10;

std::terminate_handler terminate_before = nullptr;

std::string describe_exception() {
  const std::exception_ptr thrown = std::current_exception();
  if (!thrown) return "std::terminate was called";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    const auto* type = abi::__cxa_current_exception_type();
    int status = 0;
    char* name = type ? abi::__cxa_demangle(type->name(), nullptr, nullptr, &status) : nullptr;
    std::string text = std::string("uncaught ") + (name ? name : "exception") + ": " + error.what();
    std::free(name);
    return text;
  } catch (...) {
    const auto* type = abi::__cxa_current_exception_type();
    int status = 0;
    char* name = type ? abi::__cxa_demangle(type->name(), nullptr, nullptr, &status) : nullptr;
    std::string text = std::string("uncaught exception of type ") + (name ? name : "unknown");
    std::free(name);
    return text;
  }
}

[[noreturn]] void on_terminate() {
  if (const goroutine* self = current()) {
    const std::string stack = stack_of_caller();
    print_error("leat: " + describe_exception() + "\n\ngoroutine " + std::to_string(self->id) +
                " [running], started at " + start_of(self->started_at) + "\n" + stack);
    std::abort();
  }
  if (terminate_before) terminate_before();
  std::abort();
}

struct sigaction segv_before{};
struct sigaction bus_before{};

void hand_on(int number) {
  ::sigaction(number, number == SIGBUS ? &bus_before : &segv_before, nullptr);
}

// Allocates nothing: an overflow may come inside the allocator, and this much must be said in any case.
void print_overflow(const goroutine& self) noexcept {
  const auto stack_kib = (reinterpret_cast<const std::byte*>(&self) - self.stack_low) / 1024;
  const std::source_location& where = self.started_at;
  std::array<char, 2048> text;
  const int length =
      std::snprintf(text.data(), text.size(),
                    "leat: stack overflow: goroutine %llu used up its %td KiB of stack\n"
                    "started at %s:%u (%.1000s)\n"
                    "give it more with leat::go({.stack_bytes = ...}, f), or use less: large arrays and "
                    "deep recursion are the usual causes\n",
                    static_cast<unsigned long long>(self.id), stack_kib, where.file_name(),
                    static_cast<unsigned>(where.line()), where.function_name());
  if (length > 0) print_error({text.data(), std::min(static_cast<std::size_t>(length), text.size() - 1)});
}

// Runs on the worker's signal stack: the goroutine's own is exhausted.
void on_fault(int number, siginfo_t* info, void*) {
  const goroutine* self = current();
  if (!self || !in_guard(*self, info->si_addr)) {
    hand_on(number);  // the instruction faults again, for whoever handled it before us
    return;
  }
  ::alarm(10);  // what follows allocates at last, which may hang if the fault came inside the allocator
  print_overflow(*self);
#if defined(LEAT_TSAN)
  __sanitizer_print_stack_trace();  // ThreadSanitizer takes each allocation in a handler for a fault
#else
  print_error(stack_of_caller());
#endif
  hand_on(number);
}

}  // namespace

void print_error(std::string_view rest) noexcept {
  while (!rest.empty()) {
    const auto written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string stack_of_caller() {
  return describe(frames_of_caller());
}

std::string start_of(const std::source_location& where) {
  return std::string(where.file_name()) + ":" + std::to_string(where.line()) + " (" + where.function_name() +
         ")";
}

void report_deadlock() noexcept {
  sanitizer::hide();  // nothing orders what goroutines wrote before this
  static std::atomic_flag under_way;
  while (under_way.test_and_set())
    ::pause();  // the monitor and a worker both saw it: one report is enough
  print_error("leat: all goroutines are asleep: deadlock\n\n" +
              overview::of_sleepers().describe(places_most));
  std::fflush(nullptr);
  sanitizer::show();  // ThreadSanitizer takes an end in hiding for a fault
  ::_exit(2);
}

void install_crash_handlers() {
  static std::once_flag once;
  std::call_once(once, [] {
    terminate_before = std::set_terminate(on_terminate);
    struct sigaction action{};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGSEGV, &action, &segv_before);
    ::sigaction(SIGBUS, &action, &bus_before);
  });
}

void install_signal_stack(worker& here) {
  void* area = ::mmap(nullptr, signal_stack_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (area == MAP_FAILED) return;  // then an overflow ends the program without a report
  stack_t wanted{};
  wanted.ss_sp = area;
  wanted.ss_size = signal_stack_bytes;
  ::sigaltstack(&wanted, nullptr);
  here.signal_stack = area;
}

void remove_signal_stack(worker& here) noexcept {
  if (!here.signal_stack) return;
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  ::sigaltstack(&none, nullptr);
  ::munmap(here.signal_stack, signal_stack_bytes);
  here.signal_stack = nullptr;
}

}  // namespace leat::runtime
