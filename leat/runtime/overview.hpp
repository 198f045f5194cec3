// All goroutines in words: those that stand at the same place are told of together, for there may be a
// million of them.
//
//   goroutine 7 and 999 more at the same place [chan receive, for 3 ms to 2.5 s], started at mill.cpp:17
//   (...)
//       grind(leat::chan<int> const&)
//           at mill.cpp:9
//
// It is made in two steps. Taking it reads control blocks and walks stacks, while goroutines stand still;
// describing it looks up names and lines, which takes much longer, when they run again.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <leat/runtime/frames.hpp>
#include <leat/runtime/goroutine.hpp>

namespace leat::runtime {

struct scheduler;

class overview {
 public:
  /// Of goroutines that all stand still because no worker does anything: for the report of a deadlock, whose
  /// goroutines have waited since just now.
  static overview of_sleepers();

  /// Of goroutines that go on meanwhile, in a pause that it makes. Walks stacks for a fifth of a second at
  /// most (some ten thousand): of any further goroutines it knows all but their frames.
  static overview of_all(scheduler& all);

  std::size_t count() const noexcept { return count_; }

  /// Tells of the goroutines at up to `places_most` places besides that of the main one; and how many it
  /// leaves out.
  std::string describe(std::size_t places_most) const;

 private:
  enum class stack : std::uint8_t { taken, cut_off, not_started, running, too_many };

  // What goroutines that are told of together have in common.
  struct place {
    std::string_view doing;
    unsigned worker = 0;  // of those that run: which, plus one
    std::string_view start_file;
    std::uint_least32_t start_line = 0;
    std::string_view start_function;
    stack known = stack::taken;
    std::vector<std::uintptr_t> frames;

    void set(const frame_list& taken);
    auto operator<=>(const place&) const = default;
  };

  struct members {
    std::uint64_t first = 0;  // the smallest number
    std::size_t count = 0;
    std::chrono::milliseconds waited_least{0};
    std::chrono::milliseconds waited_most{0};
    bool waits = false;

    void add(const members& others) noexcept;
  };

  struct collector;
  static void visit(goroutine& one, void* argument);
  static std::string state_and_start(const place& where);
  static std::string stack_of(const place& where);
  static std::string heading(const members& who, std::string_view rest);

  std::map<place, members> groups_;
  std::size_t count_ = 0;
};

/// As in "12 ms", "3.2 s", "4 min 5 s", "2 h 30 min", "3 days 4 h".
std::string describe(std::chrono::milliseconds span);

}  // namespace leat::runtime
