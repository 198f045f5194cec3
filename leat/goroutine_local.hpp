// Variables of which each goroutine has its own, as threads have with thread_local: goroutines move between
// threads, so thread_local does not serve them.
//
//   leat::goroutine_local<int> depth;      // static storage
//   ++depth.get();
#pragma once

#include <cstddef>
#include <memory>

namespace leat {

namespace runtime {

/// The calling goroutine's (or, elsewhere, thread's) value for `key`, made by `make` when there is none yet.
void* local_value(const void* key, void* (*make)(), void (*destroy)(void*));

}  // namespace runtime

/// A variable with one value for each goroutine, and for each thread that is no worker. The value is made by
/// default on first use and destroyed when its goroutine ends. The object itself must outlive all goroutines
/// that use it, so give it static storage.
template <typename T>
class goroutine_local {
 public:
  constexpr goroutine_local() noexcept = default;
  goroutine_local(const goroutine_local&) = delete;
  goroutine_local& operator=(const goroutine_local&) = delete;

  /// The caller's value. The first use in a goroutine allocates; throws what T's constructor throws.
  T& get() {
    return *static_cast<T*>(runtime::local_value(
        this, []() -> void* { return std::make_unique<T>().release(); },
        [](void* value) { std::default_delete<T>()(static_cast<T*>(value)); }));
  }

  T& operator*() { return get(); }
  T* operator->() { return &get(); }
};

}  // namespace leat
