// The blocking pool: threads that are started when a call finds none idle, and end after a while without
// work.
//
// The pool outlives every run of the runtime and is never destroyed: a call may still hang in the kernel when
// the program ends, and nobody can wait for it.
#include <signal.h>

#include <condition_variable>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#include <leat/blocking.hpp>
#include <leat/runtime/scheduler.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;

constexpr int threads_most = 256;
constexpr auto idle_most = 10s;

struct job {
  void (*function)(void*);
  void* argument;
  waiter* caller;
  spinlock* guard;
  job* next = nullptr;
};

class blocking_pool {
 public:
  // Throws when the job can run on no thread; then it is not queued.
  void submit(job& work) {
    const std::lock_guard guard(lock_);
    if (idle_ <= queued_ && threads_ < threads_most) start_thread();
    (tail_ ? tail_->next : head_) = &work;
    tail_ = &work;
    ++queued_;
    wanted_.notify_one();
  }

  int threads() {
    const std::lock_guard guard(lock_);
    return threads_;
  }

 private:
  void start_thread() {
    // Signals are for the program's own threads.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      std::thread([this] { work(); }).detach();
      ++threads_;
      ++idle_;
    } catch (const std::system_error&) {
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      if (threads_ == 0) throw;  // else the job waits for one of those that exist
      return;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void work() {
    std::unique_lock guard(lock_);
    for (;;) {
      if (!wanted_.wait_for(guard, idle_most, [this] { return head_ != nullptr; })) {
        --threads_;
        --idle_;
        return;
      }
      job* next = head_;
      head_ = next->next;
      if (!head_) tail_ = nullptr;
      --queued_;
      --idle_;
      guard.unlock();
      perform(*next);
      guard.lock();
      ++idle_;
    }
  }

  static void perform(job& work) noexcept {
    work.function(work.argument);
    // The caller may go on, and its stack with `work` vanish, as soon as it is woken. It holds its lock until
    // it has stopped, so that this cannot come too early.
    waiter& caller = *work.caller;
    work.guard->lock();
    work.guard->unlock();
    wake(caller);
  }

  std::mutex lock_;  // guards what follows
  std::condition_variable wanted_;
  job* head_ = nullptr;
  job* tail_ = nullptr;
  int queued_ = 0;
  int threads_ = 0;
  int idle_ = 0;
};

blocking_pool& pool() noexcept {
  alignas(blocking_pool) static std::byte storage[sizeof(blocking_pool)];
  static blocking_pool* const instance = new (storage) blocking_pool;
  return *instance;
}

}  // namespace

int blocking_threads() noexcept {
  return pool().threads();
}

void run_blocking(void (*function)(void*), void* argument) {
  worker* here = this_worker();
  if (!here) return function(argument);
  std::atomic<std::int64_t>& outside = here->owner.outside;
  outside.fetch_add(1, std::memory_order_relaxed);
  waiter self;
  spinlock guard;
  guard.lock();
  job work{function, argument, &self, &guard};
  try {
    pool().submit(work);
  } catch (...) {
    outside.fetch_sub(1, std::memory_order_relaxed);
    throw;
  }
  park(self, guard, wait_reason::blocking_call);
  outside.fetch_sub(1, std::memory_order_release);
}

}  // namespace leat::runtime
