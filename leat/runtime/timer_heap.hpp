// A worker's pending timers: a 4-ary heap of moments, with each node's place kept in the node so that
// stopping one is as cheap as starting it.
//
// Other workers may start nothing here, but they stop what they find here, and fire what the owner is late
// with; so everything happens under the lock. Callbacks run under it too: after timer_stop() no callback can
// be under way.
#pragma once

#include <cstddef>
#include <vector>

#include <leat/runtime/spinlock.hpp>
#include <leat/runtime/timer_node.hpp>

namespace leat::runtime {

/// What a fire callback returns when the node must not be touched any more: it has already set `heap` to null
/// and may be gone.
inline constexpr time_point timer_gone = time_point::min();

struct timer_heap {
  void start(timer_node& node, time_point when) noexcept;
  /// True: it stood in this heap and is out of it.
  bool stop(timer_node& node) noexcept;
  /// Changes the moment of one that stands in this heap. False: it does not.
  bool move(timer_node& node, time_point when) noexcept;
  /// Fires all that is due at `now`. Returns whether anything fired.
  bool fire_due(time_point now) noexcept;
  /// Fires one of those that are due at `now`, if any is: which one, `choice` tells.
  void fire_one_due(time_point now, std::uint64_t choice) noexcept;
  /// The earliest moment, or time_point::max().
  time_point earliest() const noexcept {
    return time_point(clock::duration(earliest_.load(std::memory_order_acquire)));
  }
  /// Forgets all nodes, which will not fire: the runtime has stopped.
  void clear() noexcept;

 private:
  struct entry {
    time_point when;  // a copy beside the pointer: comparing touches no node
    timer_node* node;
  };

  void fire_at(std::size_t place) noexcept;
  void insert(timer_node& node) noexcept;
  void take_out(std::size_t place) noexcept;
  void sift(std::size_t place, entry moved) noexcept;
  void place_at(std::size_t place, entry moved) noexcept;
  void sift_up(std::size_t place, entry moved) noexcept;
  void sift_down(std::size_t place, entry moved) noexcept;
  void publish_earliest() noexcept;

  mutable spinlock lock_;  // guards entries_, and `heap`, `when` and `index` of the nodes in it
  std::vector<entry> entries_;
  std::atomic<clock::rep> earliest_{clock::duration::max().count()};
};

}  // namespace leat::runtime
