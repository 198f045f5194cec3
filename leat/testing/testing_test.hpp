// For the tests of bubbles and searches.
#pragma once

#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <leat/runtime/sanitizer.hpp>
#include <leat/testing/bubble_run.hpp>

namespace leat::testing {

#if defined(LEAT_TSAN)
inline constexpr unsigned slowness = 20;
#elif defined(LEAT_ASAN)
inline constexpr unsigned slowness = 5;
#else
inline constexpr unsigned slowness = 1;
#endif

/// What several goroutines note, in the order in which they do. Virtual time orders nothing, so it has a
/// lock; one that is no scheduling point.
class journal {
 public:
  void add(std::string_view words) {
    const std::lock_guard hold(guard_);
    text_ += words;
  }
  std::string text() const {
    const std::lock_guard hold(guard_);
    return text_;
  }

 private:
  mutable std::mutex guard_;
  std::string text_;
};

/// While one exists, LEAT_SEED is what it says, or is not set.
class environment_with_text {
 public:
  explicit environment_with_text(std::optional<std::string> text) {
    if (const char* found = std::getenv("LEAT_SEED")) before_ = found;
    set(text);
  }
  ~environment_with_text() { set(before_); }
  environment_with_text(const environment_with_text&) = delete;
  environment_with_text& operator=(const environment_with_text&) = delete;

 private:
  static void set(const std::optional<std::string>& text) {
    if (text) {
      ::setenv("LEAT_SEED", text->c_str(), 1);
    } else {
      ::unsetenv("LEAT_SEED");
    }
  }

  std::optional<std::string> before_;
};

struct environment_without_seed : environment_with_text {
  environment_without_seed() : environment_with_text(std::nullopt) {}
};

struct environment_with_seed : environment_with_text {
  explicit environment_with_seed(std::uint64_t seed) : environment_with_text(detail::seed_text(seed)) {}
};

}  // namespace leat::testing
