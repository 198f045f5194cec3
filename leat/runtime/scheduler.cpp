#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <leat/runtime/futex.hpp>
#include <leat/runtime/held_mutexes.hpp>
#include <leat/runtime/helping.hpp>
#include <leat/runtime/locals.hpp>
#include <leat/runtime/scheduler.hpp>
#include <leat/runtime/stack.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t loop_period = 64;                // switches between two passes through the loop
constexpr std::uint32_t global_take_most = loop_period;  // as many as leave the own queue meanwhile
constexpr std::uint32_t own_most =
    run_queue::capacity - global_take_most;  // so there is always room for them
constexpr std::uint32_t poll_period = 4;  // passes through the loop, at most, while much is runnable anyway
constexpr auto leave_patience = 1s;       // how long run() waits for goroutines that never park

std::atomic<std::uint64_t> generations{0};

void load_exceptions(worker& here, const goroutine& next) noexcept {
  std::memcpy(here.exceptions, &next.exceptions, sizeof(exception_globals));
}

void save_exceptions(const worker& here, goroutine& self) noexcept {
  std::memcpy(&self.exceptions, here.exceptions, sizeof(exception_globals));
}

void retire(worker& here, goroutine* ended) noexcept {
  sanitizer::destroy(ended->fiber, ended->saved.stack_pointer);
  ended->state.store(goroutine_state::free, std::memory_order_release);
  bump(here.ended);
  if (!ended->pooled) {
    unmap_stack(ended);
    return;
  }
  here.stacks.put(ended);
}

void push_last(worker& here, goroutine* entry) noexcept {
  if (!here.queue.push(entry, own_most)) {
    here.owner.global.push(entry, entry, 1);
    return;
  }
  // What ends this worker's own sleep comes while it still counts as idle: it is not to wake itself.
  if (here.asleep.load(std::memory_order_relaxed)) return;
  scheduler& all = here.owner;
  if (all.idle_count.load(std::memory_order_relaxed) == 0) return;
  if (all.eager.load(std::memory_order_relaxed)) all.wake_one();
}

// The newest are started first. When there are too many, the older ones line up behind everything else.
void push_newborn(worker& here, goroutine* entry) noexcept {
  scheduler& all = here.owner;
  while (!here.unstarted.push(entry)) {
    const newborns::list older = here.unstarted.take_older_half();
    if (older.count != 0) all.global.push(older.head, older.tail, older.count);
  }
  if (all.idle_count.load(std::memory_order_relaxed) == 0) return;
  if (all.eager.load(std::memory_order_relaxed)) all.wake_one();
}

// Does what the goroutine that has just stopped on this worker left to be done.
void finish_switch(worker& here) noexcept {
  const aftermath what = here.after;
  here.after = aftermath::nothing;
  switch (what) {
    case aftermath::nothing:
    case aftermath::resume:
      break;
    case aftermath::unlock:
      static_cast<spinlock*>(here.after_what)->unlock_for_parked();
      break;
    case aftermath::enqueue:
      bump(here.yields);
      make_runnable_last(static_cast<goroutine*>(here.after_what));
      break;
    case aftermath::retire:
      retire(here, static_cast<goroutine*>(here.after_what));
      break;
    case aftermath::call:
      here.after_release(here.after_what);
      break;
  }
}

goroutine* take_inbox(worker& here) noexcept {
  if (!here.inbox_head.load(std::memory_order_acquire)) return nullptr;
  here.inbox_lock.lock();
  goroutine* first = here.inbox_head.load(std::memory_order_relaxed);
  if (first) here.inbox_head.store(first->next, std::memory_order_relaxed);
  here.inbox_lock.unlock();
  return first;
}

goroutine* take_run_next(worker& here) noexcept {
  goroutine* next = here.run_next.load(std::memory_order_relaxed);
  if (!next) return nullptr;
  if (here.owner.workers.size() == 1) {
    here.run_next.store(nullptr, std::memory_order_relaxed);
    return next;
  }
  // A thief may have taken it; nobody but this worker ever puts one in.
  return here.run_next.exchange(nullptr, std::memory_order_acq_rel);
}

// What runs next without a look beyond this worker; null sends the worker through its loop.
goroutine* pick_local(worker& here) noexcept {
  const std::uint64_t tick = here.tick.load(std::memory_order_relaxed) + 1;
  here.tick.store(tick, std::memory_order_relaxed);
  if (tick % loop_period == 0 || here.owner.summons.load(std::memory_order_relaxed) != 0) return nullptr;
  if (goroutine* next = take_run_next(here)) return next;
  if (goroutine* next = here.unstarted.take_newest()) return next;
  // The two take turns: pinned goroutines that yield to each other must not starve the rest.
  const bool inbox_first = tick % 2 == 0;
  if (inbox_first) {
    if (goroutine* next = take_inbox(here)) return next;
  }
  if (goroutine* next = here.queue.pop()) {
    here.queue.warm();
    return next;
  }
  return inbox_first ? nullptr : take_inbox(here);
}

}  // namespace

bool timer_start_outside(timer_node& node, time_point when) noexcept {
  const std::lock_guard guard(lifetime);
  scheduler* all = active_scheduler();
  if (!all) return false;
  all->workers[0]->timers.start(node, when);
  all->workers[0]->poll->interrupt();  // it may sleep past that moment
  return true;
}

poller* poller_of_caller() noexcept {
  const sanitizer::hidden_work hidden;
  if (worker* here = this_worker()) return here->poll.get();
  const std::lock_guard guard(lifetime);
  scheduler* all = active_scheduler();
  return all ? all->workers[0]->poll.get() : nullptr;
}

void remove_from_poller(poller& watcher, std::uint64_t generation, descriptor& entry) noexcept {
  const sanitizer::hidden_work hidden;
  if (const worker* here = this_worker()) {
    if (here->owner.generation == generation) watcher.remove(entry);
    return;
  }
  const std::lock_guard guard(lifetime);
  const scheduler* all = active_scheduler();
  if (all && all->generation == generation) watcher.remove(entry);
}

std::uint64_t current_generation() noexcept {
  const sanitizer::hidden_work hidden;
  if (const worker* here = this_worker()) return here->owner.generation;
  const std::lock_guard guard(lifetime);
  const scheduler* all = active_scheduler();
  return all ? all->generation : 0;
}

void count_network_wait(std::int64_t change) noexcept {
  const sanitizer::hidden_work hidden;
  if (worker* here = this_worker()) bump(here->network_waits, change);
}

void wake_in_order(waiter& entry) noexcept {
  goroutine* owner = entry.owner;
  if (!owner) return wake(entry);
  sanitizer::give(owner);
  make_runnable_last(owner);
}

void make_runnable(goroutine* entry) noexcept {
  const sanitizer::hidden_work hidden;
  worker* here = this_worker();
  if (!here || entry->pinned_to) return make_runnable_last(entry);
  entry->state.store(goroutine_state::runnable, std::memory_order_relaxed);
  goroutine* displaced = here->run_next.load(std::memory_order_relaxed);
  if (!displaced) {
    here->run_next.store(entry, std::memory_order_release);
    scheduler& all = here->owner;
    if (all.eager.load(std::memory_order_relaxed) && all.idle_count.load(std::memory_order_relaxed) != 0) {
      all.wake_one();
    }
    return;
  }
  displaced = here->run_next.exchange(entry, std::memory_order_acq_rel);
  if (displaced) push_last(*here, displaced);
}

void make_runnable_last(goroutine* entry) noexcept {
  const sanitizer::hidden_work hidden;
  if (worker* here = this_worker()) {
    entry->state.store(goroutine_state::runnable, std::memory_order_relaxed);
    if (entry->pinned_to) return here->owner.push_pinned(entry);
    return push_last(*here, entry);
  }
  const std::lock_guard guard(lifetime);
  scheduler* all = active_scheduler();
  // A goroutine of a run that has ended is free, and never runs again.
  if (!all || entry->state.load(std::memory_order_relaxed) == goroutine_state::free) return;
  entry->state.store(goroutine_state::runnable, std::memory_order_relaxed);
  if (entry->pinned_to) return all->push_pinned(entry);
  all->global.push(entry, entry, 1);
  all->wake_one();
}

void make_runnable_first_time(goroutine* entry) noexcept {
  const sanitizer::hidden_work hidden;
  worker* here = this_worker();
  if (!here) return make_runnable_last(entry);
  entry->state.store(goroutine_state::runnable, std::memory_order_release);  // its control block is complete
  push_newborn(*here, entry);
}

// Not instrumented, as everything that switches: ThreadSanitizer keeps a stack of calls for each fiber.
LEAT_UNCHECKED void switch_away(worker* here, goroutine* self, aftermath after, void* what,
                                void (*release)(void*)) noexcept {
  sanitizer::give(&here->owner);  // to whoever called run(): this may be the last time
  sanitizer::hide();
  here->after = after;
  std::atomic_signal_fence(std::memory_order_seq_cst);  // before the look at `summons`: see pause.hpp
  here->after_what = what;
  here->after_release = release;
  save_exceptions(*here, *self);
  goroutine* next = pick_local(*here);
  here->running = next;
  if (next) {
    next->state.store(goroutine_state::running, std::memory_order_relaxed);
    load_exceptions(*here, *next);
    sanitizer::show();  // a fiber that never comes back must not stay hidden
    sanitizer::before_switch(self->fiber, next->fiber, after == aftermath::retire);
    switch_context(&self->saved, &next->saved);
  } else {
    *here->exceptions = {};
    sanitizer::show();
    sanitizer::before_switch(self->fiber, here->loop_fiber, after == aftermath::retire);
    switch_context(&self->saved, &here->loop);
  }
  sanitizer::after_switch(self->fiber);
  sanitizer::hide();
  finish_switch(*this_worker());  // not `here`: the goroutine may have moved
  sanitizer::show();
  sanitizer::take(self);
}

// The loop that a worker passes through when its own queue has nothing, or when it is time to look around.
struct worker_loop {
  scheduler& all;
  worker& here;
  helping others{all, here};
  bool just_polled = false;  // a sleep has ended by events, which are still to be dealt with

  LEAT_UNCHECKED void run() noexcept {
    sanitizer::hide();
    while (goroutine* next = find()) {
      here.running = next;
      next->state.store(goroutine_state::running, std::memory_order_relaxed);
      load_exceptions(here, *next);
      here.after = aftermath::resume;
      sanitizer::before_switch(here.loop_fiber, next->fiber);
      switch_context(&here.loop, &next->saved);
      sanitizer::after_switch(here.loop_fiber);
      finish_switch(here);
    }
    stop_searching();
    here.stacks.clear();
    sanitizer::show();
  }

 private:
  goroutine* find() noexcept {
    if (all.policy) return find_by_policy(all);
    for (;;) {
      if (all.stopping.load(std::memory_order_acquire)) return nullptr;
      if (all.paused.load(std::memory_order_seq_cst) != 0) rest();
      goroutine* next = look_here();
      if (!next && all.workers.size() > 1) next = others.look_elsewhere();
      if (next) {
        found_work();
        return next;
      }
      sleep();
    }
  }

  // Stays here while the goroutines are looked at. Says so, and asks again after it has said otherwise: the
  // next pause may have begun in between.
  void rest() noexcept {
    do {
      here.at_rest.store(true, std::memory_order_seq_cst);
      while (all.paused.load(std::memory_order_seq_cst) != 0)
        futex_wait(all.paused, 1);
      here.at_rest.store(false, std::memory_order_seq_cst);
    } while (all.paused.load(std::memory_order_seq_cst) != 0);
  }

  goroutine* look_here() noexcept {
    if (here.timers.earliest() != time_point::max()) fire_due_timers(here.timers, clock::now());
    if (here.poll->used() && time_to_poll()) {
      bump(here.events, here.poll->poll());
      bump(here.polls);
      here.unpolled = 0;
    }
    if (!is_dry() || is_alone()) all.take_share_of_global(here);  // else it depends: see helping.hpp
    // They take turns at being looked at first, so that none that never runs dry starves another. run_next
    // comes last: a pair that keeps waking each other fills it all the time.
    const std::uint64_t first = here.passes++;
    for (std::uint64_t source = 0; source < 3; ++source) {
      if (goroutine* next = take_from((first + source) % 3)) return next;
    }
    return take_run_next(here);
  }

  goroutine* take_from(std::uint64_t source) noexcept {
    return source == 0 ? take_inbox(here) : source == 1 ? here.queue.pop() : here.unstarted.take_oldest();
  }

  // What the poller would bring has to wait behind what is runnable already. The kernel keeps it in order
  // till then; brought early, it would fill the own queue and overtake what waits in the global one.
  bool time_to_poll() noexcept {
    if (std::exchange(just_polled, false) || about_to_sleep()) return false;
    const bool have_enough = here.queue.size() > global_take_most || all.global.size() != 0;
    return !have_enough || ++here.unpolled >= poll_period;
  }

  // Without others to look at, what comes next is a sleep, which polls by itself.
  bool about_to_sleep() const noexcept {
    return all.workers.size() == 1 && is_dry() && all.global.size() == 0 &&
           !here.inbox_head.load(std::memory_order_relaxed);
  }

  bool is_dry() const noexcept {
    return here.queue.size() == 0 && here.unstarted.size() == 0 &&
           !here.run_next.load(std::memory_order_relaxed);
  }

  bool is_alone() const noexcept {
    return all.idle_count.load(std::memory_order_relaxed) + 1 >= all.workers.size();
  }

  void stop_searching() noexcept {
    if (!here.searching) return;
    here.searching = false;
    all.searching.fetch_sub(1, std::memory_order_seq_cst);  // before a last look at what others left to us
  }

  void found_work() noexcept {
    if (!here.searching) return;
    stop_searching();
    all.eager.store(true, std::memory_order_relaxed);
    if (here.queue.size() + here.unstarted.size() > 0 && all.idle_count.load(std::memory_order_relaxed) > 0)
      all.wake_one();
  }

  bool work_is_visible() const noexcept {
    if (all.stopping.load(std::memory_order_seq_cst) || here.inbox_head.load(std::memory_order_seq_cst)) {
      return true;
    }
    return !is_dry() || others.has_more_come();
  }

  void become_idle() noexcept {
    const std::lock_guard guard(all.lock_);
    here.idle = true;
    here.next_idle = all.idle_list_;
    all.idle_list_ = &here;
    all.idle_count.fetch_add(1, std::memory_order_seq_cst);
    here.asleep.store(true, std::memory_order_seq_cst);
  }

  // Afterwards `searching` says whether somebody woke this worker to look for work.
  void become_awake() noexcept {
    {
      const std::lock_guard guard(all.lock_);
      here.asleep.store(false, std::memory_order_seq_cst);
      if (!here.idle) {
        here.searching = true;  // wake_one() took it out of the list, and counted it
      } else {
        here.idle = false;
        worker** link = &all.idle_list_;
        while (*link != &here)
          link = &(*link)->next_idle;
        *link = here.next_idle;
        all.idle_count.fetch_sub(1, std::memory_order_seq_cst);
      }
    }
    all.read_clock();
    all.nudge_monitor();
  }

  void sleep() noexcept {
    if (here.searching) {
      stop_searching();
      all.eager.store(false, std::memory_order_relaxed);
      all.hurry_monitor();
    }
    const bool untrimmed = here.stacks.trim(all.coarse_ms.load(std::memory_order_relaxed));
    become_idle();
    if (!work_is_visible()) {
      if (all.is_deadlocked()) {
        sanitizer::show();
        report_deadlock();
      }
      const time_point limit = untrimmed ? clock::now() + stack_cache::trim_period : time_point::max();
      bump(here.events, here.poll->sleep(std::min(here.timers.earliest(), limit)));
      bump(here.polls);
    }
    become_awake();
    share_what_came();
  }

  // Events that ended a sleep woke nobody yet; see push_last(). One goroutine is for this worker, more are
  // for all. A worker that searches shares what it finds anyway.
  void share_what_came() noexcept {
    const std::size_t came = here.queue.size();
    just_polled = came != 0;
    if (came < 2 || here.searching) return;
    if (all.idle_count.load(std::memory_order_relaxed) == 0) return;
    if (all.eager.load(std::memory_order_relaxed)) all.wake_one();
  }
};

scheduler::scheduler(unsigned workers_wanted, poller_kind polls_by)
    : pollers(choose_poller(polls_by)), generation(generations.fetch_add(1, std::memory_order_relaxed) + 1) {
  for (unsigned index = 0; index < workers_wanted; ++index) {
    workers.push_back(std::make_unique<worker>(*this, index, make_poller(pollers)));
    workers.back()->random = 0x9e3779b97f4a7c15U * (index + 1 + generation);
  }
}

scheduler::~scheduler() = default;

namespace {

// What a worker's thread sets up before its first goroutine, and takes down after its last.
class worker_thread {
 public:
  explicit worker_thread(worker& here) : here_(here) {
    set_this_worker(&here);
    mutexes_before_ = exchange_held_mutexes(0);
    here.exceptions = reinterpret_cast<exception_globals*>(abi::__cxa_get_globals());
    saved_ = *here.exceptions;
    here.thread = ::gettid();
    clockid_t time = CLOCK_MONOTONIC;
    ::pthread_getcpuclockid(::pthread_self(), &time);
    here.thread_time = time;
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // timers as precise as the kernel can
    install_signal_stack(here);
    sanitizer::share_thread_locals();
#if defined(LEAT_TSAN)
    here.loop_fiber.tsan = __tsan_get_current_fiber();
#endif
#if defined(LEAT_ASAN)
    pthread_attr_t attributes;
    void* low = nullptr;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &here.loop_fiber.stack_bytes);
    here.loop_fiber.stack_low = low;
    pthread_attr_destroy(&attributes);
#endif
  }

  ~worker_thread() {
    *here_.exceptions = saved_;
    remove_signal_stack(here_);
    exchange_held_mutexes(mutexes_before_);
    set_this_worker(nullptr);
  }

  worker_thread(const worker_thread&) = delete;
  worker_thread& operator=(const worker_thread&) = delete;

 private:
  worker& here_;
  exception_globals saved_;
  int mutexes_before_ = 0;  // held by the thread that called run()
};

}  // namespace

void scheduler::start_threads() {
  workers_left_.store(static_cast<std::uint32_t>(workers.size() - 1), std::memory_order_relaxed);
  for (std::size_t index = 1; index < workers.size(); ++index) {
    threads_.emplace_back([this, index] {
      {
        const worker_thread setup(*workers[index]);
        worker_loop{*this, *workers[index]}.run();
      }
      workers_left_.fetch_sub(1, std::memory_order_release);
      futex_wake(workers_left_);
    });
  }
  if (!policy) monitor_thread_ = std::thread([this] { monitor(); });
}

void scheduler::run(goroutine* main_goroutine) {
  read_clock();
  global.push(main_goroutine, main_goroutine, 1);
  start_threads();
  {
    const worker_thread setup(*workers[0]);
    worker_loop{*this, *workers[0]}.run();
  }
}

bool scheduler::join() noexcept {
  const time_point limit = clock::now() + leave_patience;
  for (;;) {
    const std::uint32_t left = workers_left_.load(std::memory_order_acquire);
    if (left == 0) break;
    const auto rest = limit - clock::now();
    if (rest <= clock::duration::zero()) break;
    futex_wait(workers_left_, left, rest);
  }
  nudge_monitor();
  if (monitor_thread_.joinable()) monitor_thread_.join();
  const bool all_left = workers_left_.load(std::memory_order_acquire) == 0;
  for (std::thread& thread : threads_) {
    if (all_left) {
      thread.join();
    } else {
      thread.detach();
    }
  }
  for (const auto& one : workers)
    one->timers.clear();
  return all_left;
}

void scheduler::stop() noexcept {
  const sanitizer::hidden_work hidden;
  stopping.store(true, std::memory_order_seq_cst);
  summons.fetch_add(1, std::memory_order_seq_cst);
  for (const auto& one : workers)
    one->poll->interrupt();
}

void scheduler::push_pinned(goroutine* entry) noexcept {
  worker& home = *entry->pinned_to;
  entry->next = nullptr;
  home.inbox_lock.lock();
  if (home.inbox_head.load(std::memory_order_relaxed)) {
    home.inbox_tail->next = entry;
  } else {
    home.inbox_head.store(entry, std::memory_order_seq_cst);
  }
  home.inbox_tail = entry;
  home.inbox_lock.unlock();
  if (this_worker() != &home && home.asleep.load(std::memory_order_seq_cst)) home.poll->interrupt();
}

void scheduler::take_share_of_global(worker& here) noexcept {
  const std::size_t share = global.size() / workers.size() + 1;
  const std::size_t room = run_queue::capacity - here.queue.size();
  global.take(std::min({share, std::size_t{global_take_most}, room}),
              [&here](goroutine* entry) { here.queue.push(entry); });
}

worker* scheduler::take_idle() noexcept {
  const std::lock_guard guard(lock_);
  worker* const chosen = idle_list_;
  if (!chosen) return nullptr;
  idle_list_ = chosen->next_idle;
  chosen->idle = false;
  idle_count.fetch_sub(1, std::memory_order_seq_cst);
  bump(wakes);
  return chosen;
}

void scheduler::wake_one() noexcept {
  do {
    std::uint32_t none = 0;
    if (searching.load(std::memory_order_seq_cst) != 0 ||
        !searching.compare_exchange_strong(none, 1, std::memory_order_seq_cst)) {
      return;
    }
    if (worker* const chosen = take_idle()) return chosen->poll->interrupt();
    searching.fetch_sub(1, std::memory_order_seq_cst);
    // Who has pushed meanwhile relied on a search that did not take place, and those who were awake may have
    // fallen asleep before that.
  } while (idle_count.load(std::memory_order_seq_cst) != 0 && global.size() != 0);
}

}  // namespace leat::runtime

extern "C" LEAT_UNCHECKED void leat_goroutine_main();

// Not noexcept: the unwinder then finds the end of the stack instead of a handler, and std::terminate is
// called where the exception was thrown, with all frames still there. A noexcept function counts as a
// handler, for which g++ unwinds.
extern "C" LEAT_UNCHECKED void leat_goroutine_main() {
  using namespace leat::runtime;
  sanitizer::hide();
  worker* here = this_worker();
  goroutine* self = here->running;
  sanitizer::after_switch(self->fiber);
  finish_switch(*here);
  sanitizer::show();
  sanitizer::take(self);
  if (schedule_policy* policy = here->owner.policy) [[unlikely]] {
    policy->call(*self);
  } else {
    self->run(self->closure);
  }
  if (self->locals) destroy_locals(*self);
  sanitizer::give(self);  // its stack, to whoever uses it next
  switch_away(this_worker(), self, aftermath::retire, self);
  __builtin_unreachable();
}
