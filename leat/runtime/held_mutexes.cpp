// Counts the mutexes that each thread holds, by standing in front of the C library's functions. Only in debug
// builds, and not under the sanitizers, which stand there themselves.
#include <leat/runtime/held_mutexes.hpp>

#if defined(LEAT_CHECKS_HELD_MUTEXES)

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include <leat/runtime/report.hpp>

namespace {

__attribute__((tls_model("initial-exec"))) __thread int mutexes_held = 0;

using operation = int (*)(pthread_mutex_t*);

// The function of that name behind this one. Kept without a guard variable, whose initialisation may itself
// lock.
operation find_real(std::atomic<operation>& kept, const char* name) noexcept {
  operation real = kept.load(std::memory_order_relaxed);
  if (!real) {
    real = reinterpret_cast<operation>(::dlsym(RTLD_NEXT, name));
    kept.store(real, std::memory_order_relaxed);
  }
  return real;
}

constinit std::atomic<operation> real_lock{nullptr};
constinit std::atomic<operation> real_trylock{nullptr};
constinit std::atomic<operation> real_unlock{nullptr};

}  // namespace

extern "C" {

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  const int error = find_real(real_lock, "pthread_mutex_lock")(mutex);
  if (error == 0) ++mutexes_held;
  return error;
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  const int error = find_real(real_trylock, "pthread_mutex_trylock")(mutex);
  if (error == 0) ++mutexes_held;
  return error;
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  const int error = find_real(real_unlock, "pthread_mutex_unlock")(mutex);
  if (error == 0) --mutexes_held;
  return error;
}

}  // extern "C"

namespace leat::runtime {

[[gnu::noinline]] void check_no_mutex_is_held(const goroutine& parking) noexcept {
  const int held = mutexes_held;
  if (held <= 0) return;
  std::fprintf(stderr,
               "leat: goroutine %llu parks [%s] while it holds %d std::mutex%s\n"
               "use leat::mutex, which may be held while waiting, or unlock it before\nstarted at %s\n%s",
               static_cast<unsigned long long>(parking.id), to_string(parking.reason), held,
               held == 1 ? "" : "es", start_of(parking).c_str(), stack_of_caller().c_str());
  std::abort();
}

}  // namespace leat::runtime

#endif
