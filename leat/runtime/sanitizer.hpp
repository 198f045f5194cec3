// What AddressSanitizer and ThreadSanitizer must be told about stacks that change under a thread's feet.
//
// ThreadSanitizer switches fibers without an implied synchronisation (no_sync): only what a program really
// orders, by channels, mutexes or wakes, counts as ordered, so that races between goroutines of one thread
// are found too. The price is that the scheduler's own state, private to a worker's thread, looks shared
// between the fibers that run there; so what the scheduler does is hidden (hidden_work), and what orders
// goroutines is said explicitly (give, take).
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define LEAT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAT_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define LEAT_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LEAT_TSAN 1
#endif
#endif

#if defined(LEAT_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#if defined(LEAT_TSAN)
#include <link.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/tsan_interface.h>
extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
void AnnotateIgnoreSyncBegin(const char* file, int line);
void AnnotateIgnoreSyncEnd(const char* file, int line);
void AnnotateBenignRaceSized(const char* file, int line, unsigned long address, unsigned long bytes,
                             const char* why);
}
#endif

#if defined(LEAT_TSAN)
#define LEAT_UNCHECKED __attribute__((no_sanitize("thread")))
#else
#define LEAT_UNCHECKED
#endif

namespace leat::runtime::sanitizer {

/// What a context carries for the sanitizers; empty in ordinary builds.
struct fiber {
#if defined(LEAT_ASAN)
  void* fake_stack = nullptr;
  const void* stack_low = nullptr;
  std::size_t stack_bytes = 0;
#endif
#if defined(LEAT_TSAN)
  void* tsan = nullptr;
#endif
};

/// Describes the stack of a goroutine that is about to start.
LEAT_UNCHECKED inline void create([[maybe_unused]] fiber& made, [[maybe_unused]] void* low,
                                  [[maybe_unused]] std::size_t bytes) {
#if defined(LEAT_ASAN)
  made.stack_low = low;
  made.stack_bytes = bytes;
  made.fake_stack = nullptr;
#endif
#if defined(LEAT_TSAN)
  made.tsan = __tsan_create_fiber(0);
#endif
}

/// The goroutine has ended, and another context runs. Its frames from `stack_pointer` up never returned, so
/// AddressSanitizer must be told that their red zones are no more: another goroutine will use the stack.
LEAT_UNCHECKED inline void destroy([[maybe_unused]] fiber& ended, [[maybe_unused]] void* stack_pointer) {
#if defined(LEAT_ASAN)
  const auto* top = static_cast<const char*>(ended.stack_low) + ended.stack_bytes;
  __asan_unpoison_memory_region(stack_pointer,
                                static_cast<std::size_t>(top - static_cast<const char*>(stack_pointer)));
#endif
#if defined(LEAT_TSAN)
  __tsan_destroy_fiber(ended.tsan);
  ended.tsan = nullptr;
#endif
}

/// Just before a switch from `from` to `to`. `final`: `from` will never run again.
LEAT_UNCHECKED inline void before_switch([[maybe_unused]] fiber& from, [[maybe_unused]] fiber& to,
                                         [[maybe_unused]] bool final = false) {
#if defined(LEAT_ASAN)
  __sanitizer_start_switch_fiber(final ? nullptr : &from.fake_stack, to.stack_low, to.stack_bytes);
#endif
#if defined(LEAT_TSAN)
  __tsan_switch_to_fiber(to.tsan, __tsan_switch_to_fiber_no_sync);
#endif
}

/// Just after a switch, in the context that now runs.
LEAT_UNCHECKED inline void after_switch([[maybe_unused]] fiber& here) {
#if defined(LEAT_ASAN)
  __sanitizer_finish_switch_fiber(here.fake_stack, nullptr, nullptr);
#endif
}

/// What `before` did happens before what follows take() on the same object.
LEAT_UNCHECKED inline void give([[maybe_unused]] void* object) {
#if defined(LEAT_TSAN)
  __tsan_release(object);
#endif
}
LEAT_UNCHECKED inline void take([[maybe_unused]] void* object) {
#if defined(LEAT_TSAN)
  __tsan_acquire(object);
#endif
}

/// Between these, ThreadSanitizer looks away from the calling fiber: neither its accesses nor its atomics
/// count.
LEAT_UNCHECKED inline void hide() {
#if defined(LEAT_TSAN)
  AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
#endif
}
LEAT_UNCHECKED inline void show() {
#if defined(LEAT_TSAN)
  AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
  AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
  AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
#endif
}

/// Goroutines of one thread touch its thread-local variables, errno above all, one after the other and
/// without any order that ThreadSanitizer knows of. Called once by each worker's thread.
inline void share_thread_locals() {
#if defined(LEAT_TSAN)
  constexpr auto share = [](dl_phdr_info* module, std::size_t, void*) {
    for (int i = 0; module->dlpi_tls_data && i < module->dlpi_phnum; ++i) {
      if (module->dlpi_phdr[i].p_type != PT_TLS) continue;
      AnnotateBenignRaceSized(__FILE__, __LINE__, reinterpret_cast<unsigned long>(module->dlpi_tls_data),
                              module->dlpi_phdr[i].p_memsz, "thread-local variables of a worker");
    }
    return 0;
  };
  dl_iterate_phdr(share, nullptr);
#endif
}

/// hide() until the end of the scope, which must be left by the fiber that entered it.
class hidden_work {
 public:
  LEAT_UNCHECKED hidden_work() { hide(); }
  LEAT_UNCHECKED ~hidden_work() { show(); }
  hidden_work(const hidden_work&) = delete;
  hidden_work& operator=(const hidden_work&) = delete;
};

}  // namespace leat::runtime::sanitizer
