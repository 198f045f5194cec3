// A debug build finds goroutines that park, or let others run, while they hold a mutex of the C or C++
// library: they may go on in another thread than the one that must unlock it, and whoever locks it meanwhile
// blocks a whole worker, perhaps the one that was to wake them.
//
// It sees std::mutex, std::recursive_mutex, std::timed_mutex, std::shared_mutex and their kin, also those
// that other libraries lock, for all of them end in the C library's pthread_mutex_ and pthread_rwlock_
// functions. It does not see C's mtx_lock(), nor what was locked before leat::run().
#pragma once

#include <leat/runtime/goroutine.hpp>

#if !defined(NDEBUG) && !defined(LEAT_ASAN) && !defined(LEAT_TSAN)
#define LEAT_CHECKS_HELD_MUTEXES 1
#endif

namespace leat::runtime {

#if defined(LEAT_CHECKS_HELD_MUTEXES)
/// Ends the program with a report when the calling thread holds a mutex. `stopping` is about to do what
/// `verb` says, as in "parks [chan receive]".
void check_no_mutex_is_held(const goroutine& stopping, const char* verb) noexcept;

/// Says that the calling thread becomes a worker (or ceases to be one), whose goroutines hold none of what it
/// holds. Returns how many it held; to be given back at the end.
int exchange_held_mutexes(int held) noexcept;
#else
inline void check_no_mutex_is_held(const goroutine&, const char*) noexcept {}
inline int exchange_held_mutexes(int) noexcept {
  return 0;
}
#endif

}  // namespace leat::runtime
