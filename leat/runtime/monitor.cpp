// The monitor: see scheduler.hpp for what it is there for.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string_view>

#include <leat/runtime/dump_request.hpp>
#include <leat/runtime/file_request.hpp>
#include <leat/runtime/futex.hpp>
#include <leat/runtime/hogs.hpp>
#include <leat/runtime/scheduler.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;

constexpr auto first_period = std::chrono::nanoseconds(1ms);
constexpr auto longest_period = std::chrono::nanoseconds(8ms);
constexpr auto foreign_threads_period = std::chrono::nanoseconds(1s);
constexpr int calm_ticks_before_slowing = 50;
constexpr int idle_ticks_before_sleeping = 8;

// Not the scheduler's, for a signal handler uses them: no more than one runs at a time.
constinit std::atomic<std::uint32_t> monitor_asleep{
    0};  // futex word: 1 while it waits for somebody to wake up
constinit std::atomic<bool> dump_wanted{false};

// Threads of this process, or a negative number: cannot know. The kernel tells it as the number of links of
// their folder, which is right for one moment. To count the entries is not: when a thread ends meanwhile,
// others may be left out.
int all_threads() noexcept {
  constexpr int links_of_any_folder = 2;
  struct stat tasks;
  if (::stat("/proc/self/task", &tasks) != 0) return -1;
  const int count = static_cast<int>(tasks.st_nlink) - links_of_any_folder;
  return count < 1 ? -1 : count;
}

bool works_for_a_ring(const char* thread) noexcept {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%.20s/comm", thread);
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char name[16] = {};
  const ssize_t length = ::read(file, name, sizeof name);
  ::close(file);
  return length > 0 && std::string_view(name, static_cast<std::size_t>(length)).starts_with("iou-wrk");
}

// The kernel's threads, which do for rings what cannot be done without waiting, and stay for some seconds in
// case there is more. They wake nobody but by a completion, which is waited for elsewhere.
int threads_of_rings() noexcept {
  DIR* tasks = ::opendir("/proc/self/task");
  if (!tasks) return 0;
  int count = 0;
  while (const dirent* entry = ::readdir(tasks)) {
    if (entry->d_name[0] != '.' && works_for_a_ring(entry->d_name)) ++count;
  }
  ::closedir(tasks);
  return count;
}

// Threads of this process that leat knows nothing of; they may wake goroutines, by a channel for example.
// When in doubt there are some.
int foreign_threads(std::size_t workers) noexcept {
  const int count = all_threads();
  if (count < 0) return 1;
#if defined(LEAT_TSAN)
  constexpr int others = 1;  // ThreadSanitizer's own
#else
  constexpr int others = 0;
#endif
  constexpr int monitors = 1;
  const int unknown = count - static_cast<int>(workers) - monitors - blocking_threads() - others;
  if (unknown <= 0 || !file_request::any_made()) return unknown;
  const int of_rings = threads_of_rings();
  const bool none_came = all_threads() == count;  // else they need not be among the unknown
  return none_came ? unknown - of_rings : unknown;
}

}  // namespace

bool scheduler::all_asleep() const noexcept {
  for (const auto& one : workers) {
    if (!one->asleep.load(std::memory_order_seq_cst)) return false;
  }
  return true;
}

void scheduler::nudge_monitor() noexcept {
  if (monitor_asleep.load(std::memory_order_seq_cst) == 0) return;
  if (monitor_asleep.exchange(0, std::memory_order_seq_cst) != 0) futex_wake(monitor_asleep);
}

void request_dump() noexcept {
  dump_wanted.store(true, std::memory_order_seq_cst);
  if (monitor_asleep.exchange(0, std::memory_order_seq_cst) != 0) futex_wake(monitor_asleep);
}

void scheduler::read_clock() noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  coarse_ms.store(std::chrono::floor<std::chrono::milliseconds>(now).count(), std::memory_order_relaxed);
}

// After a search in vain nobody is woken until the next tick, which is to come soon, then.
void scheduler::hurry_monitor() noexcept {
  if (!monitor_slow_.exchange(false, std::memory_order_acq_rel)) return;
  monitor_hurries_.fetch_add(1, std::memory_order_release);
  futex_wake(monitor_hurries_);
}

// Whether a worker has not switched since the last look although others wait behind it, and remembers for the
// next.
bool scheduler::someone_is_stuck(std::vector<std::uint64_t>& seen_ticks) noexcept {
  bool stuck = false;
  const time_point now = clock::now();
  for (std::size_t index = 0; index < workers.size(); ++index) {
    worker& one = *workers[index];
    const std::uint64_t tick = one.tick.load(std::memory_order_relaxed);
    const bool moved = tick != seen_ticks[index];
    seen_ticks[index] = tick;
    if (moved || one.asleep.load(std::memory_order_relaxed)) continue;
    if (one.run_next.load(std::memory_order_relaxed) || one.queue.size() != 0 || one.unstarted.size() != 0 ||
        one.poll->used() || one.timers.earliest() <= now) {
      stuck = true;
    }
  }
  return stuck;
}

// Wakes an idle worker, if there is something for it to do. With nobody idle there is nobody to wake: a
// machine that is busy all over needs as little care as a quiet one.
bool scheduler::help_who_needs_it(std::vector<std::uint64_t>& seen_ticks) noexcept {
  const bool stuck = someone_is_stuck(seen_ticks);
  if (idle_count.load(std::memory_order_relaxed) == 0) return false;
  bool waiting = global.size() != 0;
  for (const auto& one : workers)
    waiting = waiting || one->queue.size() != 0 || one->unstarted.size() != 0;
  if (stuck) rescue.store(true, std::memory_order_release);
  if (stuck || waiting) wake_one();
  return stuck || waiting;
}

void scheduler::monitor() noexcept {
  std::vector<std::uint64_t> seen_ticks(workers.size());
  hog_watch hogs(*this);
  auto period = first_period;
  int calm_ticks = 0;
  int idle_ticks = 0;
  while (!stopping.load(std::memory_order_acquire)) {
    read_clock();
    if (dump_wanted.exchange(false, std::memory_order_seq_cst)) print_dump(*this);
    if (all_asleep() && ++idle_ticks > idle_ticks_before_sleeping) {
      monitor_asleep.store(1, std::memory_order_seq_cst);
      while (all_asleep() && !stopping.load(std::memory_order_seq_cst) &&
             !dump_wanted.load(std::memory_order_seq_cst) &&
             monitor_asleep.load(std::memory_order_seq_cst) != 0) {
        if (is_deadlocked()) report_deadlock();
        // Nobody tells of the end of a foreign thread that might have helped.
        futex_wait(monitor_asleep, 1, all_wait() ? foreign_threads_period : std::chrono::nanoseconds::max());
      }
      monitor_asleep.store(0, std::memory_order_seq_cst);
      period = first_period;
      calm_ticks = idle_ticks = 0;
      continue;
    }
    if (!all_asleep()) idle_ticks = 0;
    const std::uint32_t hurries = monitor_hurries_.load(std::memory_order_acquire);
    monitor_slow_.store(period > first_period, std::memory_order_release);
    futex_wait(monitor_hurries_, hurries, period);
    if (monitor_hurries_.load(std::memory_order_acquire) != hurries) {
      period = first_period;
      calm_ticks = 0;
      continue;
    }
    hogs.look();
    const bool searched_in_vain = !eager.exchange(true, std::memory_order_relaxed);
    if (help_who_needs_it(seen_ticks) || searched_in_vain) {
      period = first_period;
      calm_ticks = 0;
    } else if (++calm_ticks > calm_ticks_before_slowing) {
      period = std::min(period * 2, longest_period);
    }
  }
  dump_wanted.store(false, std::memory_order_relaxed);  // a later run is not meant
}

// Whether all workers are idle and nothing that leat knows of will make a goroutine runnable.
bool scheduler::all_wait() noexcept {
  const std::lock_guard guard(lock_);
  if (idle_count.load(std::memory_order_relaxed) != workers.size() || global.size() != 0) return false;
  if (outside.load(std::memory_order_acquire) != 0) return false;
  std::int64_t network_waits = 0;
  for (const auto& one : workers) {
    network_waits += one->network_waits.load(std::memory_order_relaxed);
    if (one->timers.earliest() != time_point::max() || one->queue.size() != 0) return false;
    if (one->unstarted.size() != 0) return false;
    if (one->inbox_head.load(std::memory_order_relaxed) || one->run_next.load(std::memory_order_relaxed)) {
      return false;
    }
  }
  return network_waits == 0;
}

// How often any worker has moved on.
std::uint64_t scheduler::ticks() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& one : workers)
    sum += one->tick.load(std::memory_order_seq_cst);
  return sum;
}

// Called by a worker that is about to sleep and already counts as idle. It looks twice: between the looks, a
// thread that leat does not know may have woken a goroutine, and ended before the threads were counted. That
// goroutine may in turn have started the next such thread, after the count: nobody may have run in between.
bool scheduler::is_deadlocked() noexcept {
  const std::uint64_t before = ticks();
  return all_wait() && foreign_threads(workers.size()) <= 0 && all_wait() && ticks() == before;
}

}  // namespace leat::runtime
