// Reports for people: deadlocks, exceptions that nobody caught, stacks that overflowed.
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <mutex>
#include <source_location>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <leat/runtime/report.hpp>
#include <leat/runtime/scheduler.hpp>
#include <leat/runtime/stack.hpp>
#include <leat/runtime/symbols.hpp>

namespace leat::runtime {
namespace {

constexpr std::size_t frames_most = 64;
constexpr std::size_t groups_most = 200;
constexpr std::uint64_t main_goroutine_id = 1;  // always told of: it is where a reader begins
constexpr std::size_t signal_stack_bytes = std::size_t{512} << 10;

struct frame_list {
  std::array<void*, frames_most> address;
  std::array<bool, frames_most> is_return;
  std::size_t count = 0;
};

_Unwind_Reason_Code add_frame(_Unwind_Context* unwound, void* argument) {
  auto& frames = *static_cast<frame_list*>(argument);
  int before_instruction = 0;
  const auto place = _Unwind_GetIPInfo(unwound, &before_instruction);
  if (place == 0 || frames.count == frames_most) return _URC_END_OF_STACK;
  frames.address[frames.count] = reinterpret_cast<void*>(place);
  frames.is_return[frames.count] = before_instruction == 0;
  ++frames.count;
  return _URC_NO_REASON;
}

void collect(void* argument) {
  _Unwind_Backtrace(add_frame, argument);
}

const code_location& locate_cached(void* address, bool is_return) {
  static std::unordered_map<void*, code_location> known;
  auto [place, is_new] = known.try_emplace(address);
  if (is_new) place->second = locate(address, is_return);
  return place->second;
}

// How goroutines start, which tells nothing. A closure inlined into its start is not of this kind.
bool is_start(const std::string& function) {
  return function == "leat_goroutine_main" || function == "leat_goroutine_entry";
}

// How goroutines park, and how this report is made.
bool is_machinery(const std::string& function) {
  return (function.starts_with("leat::runtime::") && !function.starts_with("leat::runtime::spawn<") &&
          !function.starts_with("leat::runtime::run_main")) ||
         function.starts_with("_Unwind_") || function == "leat_visit_parked";
}

std::string describe(const frame_list& frames) {
  std::string text;
  for (std::size_t i = 0; i < frames.count; ++i) {
    const code_location& where = locate_cached(frames.address[i], frames.is_return[i]);
    if ((text.empty() && is_machinery(where.function)) || is_start(where.function)) continue;
    text += "    " + where.function + '\n';
    if (!where.file.empty()) text += "        at " + where.file + ":" + std::to_string(where.line) + '\n';
  }
  return text.empty() ? "    (no frames)\n" : text;
}

void print(std::string_view rest) noexcept {
  while (!rest.empty()) {
    const auto written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Goroutines that stand at the same place are told together: there may be a million of them.
struct overview {
  std::map<std::string, std::vector<std::uint64_t>> groups;
  std::size_t left_out = 0;  // goroutines that stand elsewhere, when there are too many places to tell of
};

void add_to_overview(goroutine& one, void* argument) {
  auto& all = *static_cast<overview*>(argument);
  std::string text = std::string("[") + to_string(one.reason) + "], started at " + start_of(one) + "\n";
  if (one.state.load(std::memory_order_acquire) == goroutine_state::parked) text += stack_of_parked(one);
  const bool is_told =
      all.groups.size() < groups_most || one.id == main_goroutine_id || all.groups.contains(text);
  if (is_told) {
    all.groups[std::move(text)].push_back(one.id);
  } else {
    ++all.left_out;
  }
}

std::string describe_all() {
  overview all;
  for_each_goroutine(add_to_overview, &all);
  std::map<std::uint64_t, std::string> by_first_id;
  for (auto& [text, ids] : all.groups) {
    const std::uint64_t first = std::ranges::min(ids);
    std::string heading = "goroutine " + std::to_string(first);
    if (ids.size() > 1) heading += " and " + std::to_string(ids.size() - 1) + " more at the same place";
    by_first_id[first] = heading + " " + text + "\n";
  }
  std::string whole;
  for (const auto& [id, text] : by_first_id)
    whole += text;
  if (all.left_out > 0) {
    whole += std::to_string(all.left_out) + " more at other places, which are left out here\n";
  }
  return whole;
}

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
    print("leat: " + describe_exception() + "\n\ngoroutine " + std::to_string(self->id) +
          " [running], started at " + start_of(*self) + "\n" + stack);
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
  if (length > 0) print({text.data(), std::min(static_cast<std::size_t>(length), text.size() - 1)});
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
  print(stack_of_caller());
#endif
  hand_on(number);
}

}  // namespace

const char* to_string(wait_reason reason) noexcept {
  switch (reason) {
    case wait_reason::none:
      return "runnable";
    case wait_reason::chan_send:
      return "chan send";
    case wait_reason::chan_receive:
      return "chan receive";
    case wait_reason::nil_chan:
      return "nil chan";
    case wait_reason::select:
      return "select";
    case wait_reason::empty_select:
      return "select with nothing that can be ready";
    case wait_reason::mutex:
      return "mutex";
    case wait_reason::shared_mutex:
      return "shared mutex";
    case wait_reason::condition:
      return "condition variable";
    case wait_reason::semaphore:
      return "semaphore";
    case wait_reason::wait_group:
      return "wait group";
    case wait_reason::once:
      return "once";
    case wait_reason::sleep:
      return "sleep";
    case wait_reason::network:
      return "network";
    case wait_reason::descriptor_lock:
      return "turn at a descriptor";
    case wait_reason::blocking_call:
      return "blocking call";
    case wait_reason::bubble:
      return "the others of the bubble";
  }
  return "unknown";
}

std::string stack_of_parked(const goroutine& parked) {
  frame_list frames;
  leat_visit_parked(&parked.saved, collect, &frames);
  return describe(frames);
}

std::string stack_of_caller() {
  frame_list frames;
  collect(&frames);
  return describe(frames);
}

std::string start_of(const goroutine& one) {
  const std::source_location& where = one.started_at;
  return std::string(where.file_name()) + ":" + std::to_string(where.line()) + " (" + where.function_name() +
         ")";
}

void report_deadlock() noexcept {
  sanitizer::hide();  // nothing orders what goroutines wrote before this
  static std::atomic_flag under_way;
  while (under_way.test_and_set())
    ::pause();  // the monitor and a worker both saw it: one report is enough
  print("leat: all goroutines are asleep: deadlock\n\n" + describe_all());
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
