// Counts the mutexes that each thread holds, by standing in front of the C library's functions. Only in debug
// builds, and not under the sanitizers, which stand there themselves.
//
// A wait on a condition variable unlocks and locks inside the C library, unseen: before and after it the
// mutex is held.
#include <leat/runtime/held_mutexes.hpp>

#if defined(LEAT_CHECKS_HELD_MUTEXES)

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <leat/runtime/report.hpp>

namespace {

__attribute__((tls_model("initial-exec"))) __thread int mutexes_held = 0;

// The function of that name behind ours. Kept without a guard variable, whose initialisation may itself lock.
template <typename Function>
Function* behind(std::atomic<Function*>& kept, const char* name) noexcept {
  Function* real = kept.load(std::memory_order_relaxed);
  if (!real) {
    real = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
    kept.store(real, std::memory_order_relaxed);
  }
  return real;
}

// A robust mutex whose owner died is locked all the same.
int count_locked(int error) noexcept {
  if (error == 0 || error == EOWNERDEAD) ++mutexes_held;
  return error;
}

int count_unlocked(int error) noexcept {
  if (error == 0) --mutexes_held;
  return error;
}

}  // namespace

namespace {

using mutex_function = int(pthread_mutex_t*);
using timed_mutex_function = int(pthread_mutex_t*, const timespec*);
using clock_mutex_function = int(pthread_mutex_t*, clockid_t, const timespec*);
using rwlock_function = int(pthread_rwlock_t*);
using timed_rwlock_function = int(pthread_rwlock_t*, const timespec*);
using clock_rwlock_function = int(pthread_rwlock_t*, clockid_t, const timespec*);

constinit std::atomic<mutex_function*> real_mutex_lock{nullptr};
constinit std::atomic<mutex_function*> real_mutex_trylock{nullptr};
constinit std::atomic<timed_mutex_function*> real_mutex_timedlock{nullptr};
constinit std::atomic<clock_mutex_function*> real_mutex_clocklock{nullptr};
constinit std::atomic<mutex_function*> real_mutex_unlock{nullptr};
constinit std::atomic<rwlock_function*> real_rwlock_rdlock{nullptr};
constinit std::atomic<rwlock_function*> real_rwlock_tryrdlock{nullptr};
constinit std::atomic<timed_rwlock_function*> real_rwlock_timedrdlock{nullptr};
constinit std::atomic<clock_rwlock_function*> real_rwlock_clockrdlock{nullptr};
constinit std::atomic<rwlock_function*> real_rwlock_wrlock{nullptr};
constinit std::atomic<rwlock_function*> real_rwlock_trywrlock{nullptr};
constinit std::atomic<timed_rwlock_function*> real_rwlock_timedwrlock{nullptr};
constinit std::atomic<clock_rwlock_function*> real_rwlock_clockwrlock{nullptr};
constinit std::atomic<rwlock_function*> real_rwlock_unlock{nullptr};

}  // namespace

extern "C" {

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  return count_locked(behind(real_mutex_lock, "pthread_mutex_lock")(mutex));
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  return count_locked(behind(real_mutex_trylock, "pthread_mutex_trylock")(mutex));
}

int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* limit) noexcept {
  return count_locked(behind(real_mutex_timedlock, "pthread_mutex_timedlock")(mutex, limit));
}

int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock, const timespec* limit) noexcept {
  return count_locked(behind(real_mutex_clocklock, "pthread_mutex_clocklock")(mutex, clock, limit));
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  return count_unlocked(behind(real_mutex_unlock, "pthread_mutex_unlock")(mutex));
}

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  return count_locked(behind(real_rwlock_rdlock, "pthread_rwlock_rdlock")(lock));
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t* lock) noexcept {
  return count_locked(behind(real_rwlock_tryrdlock, "pthread_rwlock_tryrdlock")(lock));
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t* lock, const timespec* limit) noexcept {
  return count_locked(behind(real_rwlock_timedrdlock, "pthread_rwlock_timedrdlock")(lock, limit));
}

int pthread_rwlock_clockrdlock(pthread_rwlock_t* lock, clockid_t clock, const timespec* limit) noexcept {
  return count_locked(behind(real_rwlock_clockrdlock, "pthread_rwlock_clockrdlock")(lock, clock, limit));
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  return count_locked(behind(real_rwlock_wrlock, "pthread_rwlock_wrlock")(lock));
}

int pthread_rwlock_trywrlock(pthread_rwlock_t* lock) noexcept {
  return count_locked(behind(real_rwlock_trywrlock, "pthread_rwlock_trywrlock")(lock));
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t* lock, const timespec* limit) noexcept {
  return count_locked(behind(real_rwlock_timedwrlock, "pthread_rwlock_timedwrlock")(lock, limit));
}

int pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock, const timespec* limit) noexcept {
  return count_locked(behind(real_rwlock_clockwrlock, "pthread_rwlock_clockwrlock")(lock, clock, limit));
}

int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  return count_unlocked(behind(real_rwlock_unlock, "pthread_rwlock_unlock")(lock));
}

}  // extern "C"

namespace leat::runtime {

[[gnu::noinline]] void check_no_mutex_is_held(const goroutine& stopping, const char* verb) noexcept {
  const int held = mutexes_held;
  if (held <= 0) return;
  const std::string reason =
      std::string_view(verb) == "parks" ? std::string(" [") + to_string(stopping.reason) + "]" : "";
  print_error("leat: goroutine " + std::to_string(stopping.id) + " " + verb + reason + " while it holds " +
              std::to_string(held) + (held == 1 ? " std::mutex" : " std::mutexes") +
              "\nit may go on in another thread, which must not unlock it, and who locks it meanwhile blocks "
              "a worker:"
              "\nuse leat::mutex, which may be held while waiting, or unlock it before\nstarted at " +
              start_of(stopping.started_at) + "\n" + stack_of_caller());
  std::abort();
}

[[gnu::noinline]] int exchange_held_mutexes(int held) noexcept {
  return std::exchange(mutexes_held, held);
}

}  // namespace leat::runtime

#endif
