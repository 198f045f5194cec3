// Globals that outlive every thread. Not for users.
#pragma once

namespace leat::net {

/// A global that is never destroyed: goroutines may still run, and use it, while the program exits.
template <typename T>
class immortal {
 public:
  constexpr immortal() noexcept : value() {}
  constexpr ~immortal() {}  // NOLINT(modernize-use-equals-default): the union's would be deleted
  immortal(const immortal&) = delete;
  immortal& operator=(const immortal&) = delete;

  T* operator->() noexcept { return &value; }

 private:
  union {
    T value;
  };
};

}  // namespace leat::net
