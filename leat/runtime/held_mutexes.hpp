// A debug build finds goroutines that park while they hold a std::mutex: they may go on in another thread
// than the one that must unlock it, and whoever locks it meanwhile blocks a whole worker, perhaps the one
// that was to wake them.
#pragma once

#include <leat/runtime/goroutine.hpp>

#if !defined(NDEBUG) && !defined(LEAT_ASAN) && !defined(LEAT_TSAN)
#define LEAT_CHECKS_HELD_MUTEXES 1
#endif

namespace leat::runtime {

#if defined(LEAT_CHECKS_HELD_MUTEXES)
/// Ends the program with a report when the calling thread holds a pthread mutex. `parking` is about to stop.
void check_no_mutex_is_held(const goroutine& parking) noexcept;
#else
inline void check_no_mutex_is_held(const goroutine&) noexcept {}
#endif

}  // namespace leat::runtime
