// Explores all interleavings of a small concurrent program: a model of an algorithm, with a few threads of a
// few steps each. What a schedule that is chosen at random hits once in a billion runs, this cannot miss.
//
// A model is a plain value with nothing but bytes in it, so that two states are the same when their bytes
// are:
//
//   struct counter {
//     static constexpr unsigned threads = 2;
//     std::uint8_t shared = 0, at[2] = {}, read[2] = {};
//
//     const char* step(unsigned me) {               // the next step of one thread, which nothing interrupts;
//       switch (at[me]++) {                         // null, and nothing changed: it has ended, or must wait
//         case 0: read[me] = shared; return "reads";
//         case 1: shared = read[me] + 1; return "writes";
//         default: --at[me]; return nullptr;
//       }
//     }
//     const char* fault() const { return nullptr; }   // what must never be, in any state
//     const char* fault_at_end() const {               // what must not be when no thread can move
//       return shared == 2 ? nullptr : "an increment is lost";
//     }
//   };
//
// Every state that can be reached is visited once, the nearest first, so that the trace of a fault is a
// shortest one. A state from which no end can be reached is a fault, too: there the threads wait for ever, or
// go round in circles.
//
// A step is one access to what threads share, and all are seen in one order by everybody. So this finds
// mistakes in the algorithm, not in its memory orderings: for those see run_queue_orders_test.cpp,
// ThreadSanitizer, and the arguments beside the code.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace leat::testing {

/// What explore_model() found.
struct model_findings {
  std::size_t states = 0;
  std::string fault;  // what was wrong, and the steps that lead there; empty: nothing
};

/// A first-in, first-out list of small numbers, for models.
template <std::size_t Capacity>
struct model_queue {
  std::uint8_t count = 0;
  std::array<std::uint8_t, Capacity> entries{};

  bool empty() const { return count == 0; }

  void push(unsigned entry) { entries.at(count++) = static_cast<std::uint8_t>(entry); }

  unsigned pop() {
    const unsigned first = entries[0];
    remove(first);
    return first;
  }

  /// Takes out `entry`, once, if it is there. The place behind the last is cleared: equal queues have equal
  /// bytes.
  void remove(unsigned entry) {
    const auto place = std::find(entries.begin(), entries.begin() + count, entry);
    if (place == entries.begin() + count) return;
    std::move(place + 1, entries.begin() + count, place);
    entries.at(--count) = 0;
  }
};

template <typename Model>
class model_explorer {
  static_assert(std::is_trivially_copyable_v<Model> && std::has_unique_object_representations_v<Model>,
                "states are compared by their bytes");

 public:
  /// Visits the states that can be reached from `first`; more than `most` are a fault of the model.
  model_findings explore(const Model& first, std::size_t most) {
    reach(first, {none, 0, "begins"});
    for (std::size_t here = 0; here < visited_.size(); ++here) {
      if (visited_.size() > most) return {visited_.size(), "there are more states than may be"};
      if (const char* wrong = visit(here)) return {visited_.size(), told(here, wrong)};
    }
    return {visited_.size(), endless()};
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  struct origin {
    std::size_t before;  // the state from which it was reached first
    unsigned thread;
    const char* what;
  };
  struct visit_record {
    Model model;
    origin from;
  };

  const char* visit(std::size_t here) {
    const Model now = visited_[here].model;
    if (const char* wrong = now.fault()) return wrong;
    bool moves = false;
    for (unsigned thread = 0; thread < Model::threads; ++thread) {
      Model next = now;
      const char* what = next.step(thread);
      if (!what) continue;
      moves = true;
      edges_.emplace_back(reach(next, {here, thread, what}), here);
    }
    if (moves) return nullptr;
    ends_.push_back(here);
    return now.fault_at_end();
  }

  std::size_t reach(const Model& state, const origin& from) {
    const std::string key(reinterpret_cast<const char*>(&state), sizeof state);
    const auto [place, is_new] = numbers_.try_emplace(key, visited_.size());
    if (is_new) visited_.push_back({state, from});
    return place->second;
  }

  // Goes back from the ends; what is not met cannot get to any.
  std::string endless() {
    std::sort(edges_.begin(), edges_.end());
    std::vector<bool> may_end(visited_.size(), false);
    std::vector<std::size_t> left = ends_;
    while (!left.empty()) {
      const std::size_t state = left.back();
      left.pop_back();
      if (may_end[state]) continue;
      may_end[state] = true;
      auto edge = std::lower_bound(edges_.begin(), edges_.end(), std::pair(state, std::size_t{0}));
      for (; edge != edges_.end() && edge->first == state; ++edge)
        left.push_back(edge->second);
    }
    const auto lost = std::find(may_end.begin(), may_end.end(), false);
    if (lost == may_end.end()) return {};
    return told(static_cast<std::size_t>(lost - may_end.begin()), "from here on there is no end");
  }

  std::string told(std::size_t state, std::string_view wrong) const {
    std::vector<std::string> steps;
    for (; visited_[state].from.before != none; state = visited_[state].from.before) {
      const origin& from = visited_[state].from;
      steps.push_back("\n  thread " + std::to_string(from.thread) + " " + from.what);
    }
    std::string text(wrong);
    text += ", after:";
    for (auto step = steps.rbegin(); step != steps.rend(); ++step)
      text += *step;
    return text;
  }

  std::vector<visit_record> visited_;
  std::unordered_map<std::string, std::size_t> numbers_;
  std::vector<std::pair<std::size_t, std::size_t>> edges_;  // to, from
  std::vector<std::size_t> ends_;
};

/// Visits every state that the threads of `first` can come to, and returns how many there are and the fault
/// that is nearest, if there is one.
template <typename Model>
model_findings explore_model(const Model& first, std::size_t most_states = 2'000'000) {
  return model_explorer<Model>().explore(first, most_states);
}

}  // namespace leat::testing
