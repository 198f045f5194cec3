// A run: from the first goroutine, which becomes the main one, to its end, which is that of all.
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include <leat/go.hpp>
#include <leat/runtime/scheduler.hpp>
#include <leat/runtime/stack.hpp>

namespace leat::runtime {
namespace {

std::atomic<scheduler*> active{nullptr};

unsigned default_workers() {
  if (const char* text = std::getenv("LEAT_WORKERS"); text && *text) {
    const std::string_view wanted = text;
    unsigned count = 0;
    const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), count);
    if (error != std::errc() || end != wanted.data() + wanted.size() || count == 0 || count > 1024) {
      throw std::invalid_argument("LEAT_WORKERS is \"" + std::string(wanted) +
                                  "\": it must be a number from 1 to 1024");
    }
    return count;
  }
  cpu_set_t usable;
  if (::sched_getaffinity(0, sizeof usable, &usable) == 0) {
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&usable)));
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

void run_scheduler(std::unique_ptr<scheduler> all, void (*body)(void*), void* argument,
                   std::source_location where) {
  {
    const std::lock_guard guard(lifetime);
    if (active_scheduler()) throw std::logic_error("leat::run called while another leat::run is active");
    active.store(all.get(), std::memory_order_release);
  }
  install_crash_handlers();
  goroutine* main_goroutine = nullptr;
  struct call {
    scheduler* all;
    void (*body)(void*);
    void* argument;
    void operator()() && {
      body(argument);
      all->stop();
    }
  };
  try {
    main_goroutine = prepare(sizeof(call), alignof(call), 0, where);
    ::new (closure_of(main_goroutine)) call{all.get(), body, argument};
    main_goroutine->run = [](void* place) { std::move (*static_cast<call*>(place))(); };
    sanitizer::create(
        main_goroutine->fiber, main_goroutine->stack_low,
        static_cast<std::size_t>(reinterpret_cast<std::byte*>(main_goroutine) - main_goroutine->stack_low));
    sanitizer::give(main_goroutine);
    main_goroutine->state.store(goroutine_state::runnable, std::memory_order_relaxed);
    bump(all->workers[0]->created);
    all->run(main_goroutine);
  } catch (...) {
    const std::lock_guard guard(lifetime);
    active.store(nullptr, std::memory_order_release);
    throw;
  }
  const bool all_left = all->join();
  sanitizer::take(all.get());
  {
    const std::lock_guard guard(lifetime);
    active.store(nullptr, std::memory_order_release);
    abandon_goroutines();
  }
  if (!all_left) [[maybe_unused]]
    auto* kept = all.release();  // a goroutine that never parks still uses it
}

}  // namespace

std::mutex lifetime;

scheduler* active_scheduler() noexcept {
  return active.load(std::memory_order_acquire);
}

void run_main(const run_options& options, void (*body)(void*), void* argument, std::source_location where) {
  if (this_worker())
    throw std::logic_error("leat::run called from a goroutine: start one with leat::go instead");
  const unsigned count = options.workers != 0 ? options.workers : default_workers();
  run_scheduler(std::make_unique<scheduler>(count, options.poller), body, argument, where);
}

void run_with_policy(schedule_policy& policy, void (*body)(void*), void* argument,
                     std::source_location where) {
  if (this_worker()) throw std::logic_error("leat: a bubble starts a run of its own: not from a goroutine");
  auto all = std::make_unique<scheduler>(1, poller_kind::by_environment);
  all->policy = &policy;
  all->summons.store(1, std::memory_order_relaxed);
  all->workers[0]->random = policy.random_state();
  run_scheduler(std::move(all), body, argument, where);
}

}  // namespace leat::runtime
