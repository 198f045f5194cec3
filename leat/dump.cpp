// Who describes all goroutines needs a stack of some size and some time, so for SIGQUIT the monitor does: its
// thread is there anyway, and is none of those that run goroutines. The handler only leaves word.
#include <signal.h>

#include <cerrno>
#include <cstddef>
#include <mutex>
#include <system_error>

#include <leat/blocking.hpp>
#include <leat/dump.hpp>
#include <leat/runtime/capture.hpp>
#include <leat/runtime/dump_request.hpp>
#include <leat/runtime/overview.hpp>
#include <leat/runtime/report.hpp>
#include <leat/runtime/scheduler.hpp>

namespace leat {
namespace {

constexpr std::size_t places_most = 2000;

void on_sigquit(int) {
  const int error = errno;
  const runtime::sanitizer::hidden_work hidden;
  if (runtime::active_scheduler()) {
    runtime::request_dump();
  } else {
    runtime::print_error(
        "leat: SIGQUIT: there are no goroutines, for leat::run has not begun or has ended\n");
  }
  errno = error;
}

}  // namespace

std::string describe_goroutines() {
  runtime::prepare_capture();
  if (const runtime::worker* here = runtime::this_worker()) {
    const runtime::overview seen = runtime::overview::of_all(here->owner);
    return blocking([&] { return seen.describe(places_most); });  // looking up names takes a large stack
  }
  runtime::overview seen;
  {
    const std::lock_guard guard(runtime::lifetime);
    if (runtime::scheduler* all = runtime::active_scheduler()) seen = runtime::overview::of_all(*all);
  }
  return seen.describe(places_most);
}

void dump_on_sigquit() {
  runtime::prepare_capture();
  struct sigaction action{};
  action.sa_handler = on_sigquit;
  action.sa_flags = SA_RESTART | SA_ONSTACK;  // goroutine stacks are small
  sigfillset(&action.sa_mask);
  if (::sigaction(SIGQUIT, &action, nullptr) != 0)
    throw std::system_error(errno, std::system_category(), "leat::dump_on_sigquit: cannot catch SIGQUIT");
}

void runtime::print_dump(scheduler& all) noexcept {
  try {
    const overview seen = runtime::overview::of_all(all);
    const std::size_t count = seen.count();
    print_error("leat: SIGQUIT: " + std::to_string(count) + (count == 1 ? " goroutine" : " goroutines") +
                " on " + std::to_string(all.workers.size()) +
                (all.workers.size() == 1 ? " worker\n\n" : " workers\n\n") + seen.describe(places_most));
  } catch (const std::exception& error) {
    print_error(std::string("leat: SIGQUIT: cannot tell of the goroutines: ") + error.what() + "\n");
  }
}

}  // namespace leat
