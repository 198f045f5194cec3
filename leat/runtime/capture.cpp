#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <thread>

#include <leat/runtime/capture.hpp>
#include <leat/runtime/futex.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;

#if defined(LEAT_TSAN)
constexpr bool signals_come_at_once =
    false;  // ThreadSanitizer puts them off, for longer than a goroutine stays
#else
constexpr bool signals_come_at_once = true;
#endif
constexpr auto patience = 50ms;
constexpr int attempts = 5;
constexpr auto attempt_period = 1ms;

// stage    who sets it                    means
// idle     capture()                      a handler that comes now comes too late
// asked    capture()                      the handler on the target's thread shall answer
// taking   the handler                    it writes the answer: wait for it in any case
// done     the handler                    the answer is there
enum stage : std::uint32_t { idle, asked, taking, done };

struct capture_request {
  std::mutex lock;                         // one request at a time
  std::atomic<std::uint32_t> stage{idle};  // futex word
  std::atomic<const worker*> target{nullptr};
  const goroutine* running = nullptr;
  bool valid = false;
  captured answer;
};

constinit capture_request request;

struct registers {
  std::uintptr_t program_counter;
  std::uintptr_t stack_pointer;
};

registers registers_of(const void* interrupted) noexcept {
  const auto& machine = static_cast<const ucontext_t*>(interrupted)->uc_mcontext;
#if defined(__x86_64__)
  return {static_cast<std::uintptr_t>(machine.gregs[REG_RIP]),
          static_cast<std::uintptr_t>(machine.gregs[REG_RSP])};
#else
  return {machine.pc, machine.sp};
#endif
}

// Whether the interrupted code is the goroutine's own, and its frames can be unwound. During a switch they
// cannot: `after` tells of most of it; at the last instruction of one out of the worker's loop, the stack
// pointer is just what had been saved.
bool is_in(const worker& here, const goroutine& one, const registers& now) noexcept {
  if (here.running != &one || here.after != aftermath::nothing) return false;
  const bool on_its_stack = now.stack_pointer >= reinterpret_cast<std::uintptr_t>(one.stack_low) &&
                            now.stack_pointer < reinterpret_cast<std::uintptr_t>(&one);
  return on_its_stack && now.stack_pointer != reinterpret_cast<std::uintptr_t>(one.saved.stack_pointer);
}

void on_signal(int, siginfo_t*, void* interrupted) {
  const worker* here = this_worker();
  if (!here || request.target.load(std::memory_order_acquire) != here) return;
  std::uint32_t expected = asked;
  if (!request.stage.compare_exchange_strong(expected, taking, std::memory_order_acq_rel)) return;
  const int error = errno;
  const registers now = registers_of(interrupted);
  request.valid = is_in(*here, *request.running, now);
  if (request.valid) {
    request.answer = {request.running->id, request.running->started_at,
                      frames_of_interrupted(now.program_counter)};
  }
  request.stage.store(done, std::memory_order_release);
  futex_wake(request.stage);
  errno = error;
}

// False: no answer came in time.
bool await_answer() noexcept {
  const auto limit = std::chrono::steady_clock::now() + patience;
  for (;;) {
    std::uint32_t now = request.stage.load(std::memory_order_acquire);
    if (now == done) return true;
    const auto left = limit - std::chrono::steady_clock::now();
    if (now == asked && left <= 0ns && request.stage.compare_exchange_strong(now, idle)) return false;
    futex_wait(request.stage, now, std::max<std::chrono::nanoseconds>(left, attempt_period));
  }
}

}  // namespace

void prepare_capture() noexcept {
  if (!signals_come_at_once) return;
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction present{};
    if (::sigaction(SIGURG, nullptr, &present) != 0) return;
    if ((present.sa_flags & SA_SIGINFO) != 0 ||
        (present.sa_handler != SIG_DFL && present.sa_handler != SIG_IGN))
      return;
    const frame_list unused = frames_of_caller();  // lets the linker resolve what the handler will call
    static_cast<void>(unused.count);
    struct sigaction action{};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigfillset(&action.sa_mask);
    ::sigaction(SIGURG, &action, nullptr);
  });
}

std::optional<captured> capture(const worker& target, const goroutine& running) noexcept {
  struct sigaction present{};
  const bool handled = ::sigaction(SIGURG, nullptr, &present) == 0 && (present.sa_flags & SA_SIGINFO) != 0 &&
                       present.sa_sigaction == on_signal;
  const pid_t thread = target.thread;
  if (!handled || thread == 0) return std::nullopt;
  const std::lock_guard guard(request.lock);
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (target.running != &running) return std::nullopt;
    request.running = &running;
    request.target.store(&target, std::memory_order_relaxed);
    request.stage.store(asked, std::memory_order_release);
    if (::syscall(SYS_tgkill, ::getpid(), thread, SIGURG) != 0) {
      request.stage.store(idle, std::memory_order_relaxed);
      return std::nullopt;
    }
    if (!await_answer()) return std::nullopt;
    request.stage.store(idle, std::memory_order_relaxed);
    if (request.valid) return request.answer;
    std::this_thread::sleep_for(attempt_period);
  }
  return std::nullopt;
}

}  // namespace leat::runtime
