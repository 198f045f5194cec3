#include <algorithm>
#include <array>
#include <mutex>

#include <leat/runtime/timer_heap.hpp>

namespace leat::runtime {
namespace {

constexpr std::size_t arity = 4;

}  // namespace

void timer_heap::start(timer_node& node, time_point when) noexcept {
  const std::lock_guard guard(lock_);
  node.when = when;
  insert(node);
  publish_earliest();
}

bool timer_heap::stop(timer_node& node) noexcept {
  const std::lock_guard guard(lock_);
  if (node.heap.load(std::memory_order_relaxed) != this) return false;
  take_out(node.index);
  node.heap.store(nullptr, std::memory_order_relaxed);
  publish_earliest();
  return true;
}

bool timer_heap::move(timer_node& node, time_point when) noexcept {
  const std::lock_guard guard(lock_);
  if (node.heap.load(std::memory_order_relaxed) != this) return false;
  node.when = when;
  sift(node.index, {when, &node});
  publish_earliest();
  return true;
}

bool timer_heap::fire_due(time_point now) noexcept {
  if (earliest() > now) return false;
  const std::lock_guard guard(lock_);
  bool fired = false;
  while (!entries_.empty() && entries_.front().when <= now) {
    fire_at(0);
    fired = true;
  }
  publish_earliest();
  return fired;
}

void timer_heap::fire_one_due(time_point now, std::uint64_t choice) noexcept {
  std::array<std::size_t, 64> due;  // the first that are found, if there are more
  std::size_t count = 0;
  const std::lock_guard guard(lock_);
  const auto consider = [&](std::size_t place) {
    if (place < entries_.size() && entries_[place].when <= now && count < due.size()) due[count++] = place;
  };
  consider(0);
  for (std::size_t seen = 0; seen < count; ++seen) {  // what is not due has nothing due below it
    for (std::size_t child = 1; child <= arity; ++child)
      consider(due[seen] * arity + child);
  }
  if (count == 0) return;
  fire_at(due[choice % count]);
  publish_earliest();
}

void timer_heap::clear() noexcept {
  const std::lock_guard guard(lock_);
  for (const entry& pending : entries_)
    pending.node->heap.store(nullptr, std::memory_order_relaxed);
  entries_.clear();
  publish_earliest();
}

void timer_heap::fire_at(std::size_t place) noexcept {
  timer_node* node = entries_[place].node;
  take_out(place);
  const time_point next = node->fire(*node);
  if (next == timer_gone) return;
  if (next == time_point::max()) {
    node->heap.store(nullptr, std::memory_order_release);
  } else {
    node->when = next;
    insert(*node);
  }
}

void timer_heap::insert(timer_node& node) noexcept {
  node.heap.store(this, std::memory_order_relaxed);
  entries_.push_back({node.when, &node});
  sift_up(entries_.size() - 1, entries_.back());
}

void timer_heap::take_out(std::size_t place) noexcept {
  const entry last = entries_.back();
  entries_.pop_back();
  if (place != entries_.size()) sift(place, last);
}

void timer_heap::sift(std::size_t place, entry moved) noexcept {
  if (place > 0 && moved.when < entries_[(place - 1) / arity].when) {
    sift_up(place, moved);
  } else {
    sift_down(place, moved);
  }
}

void timer_heap::place_at(std::size_t place, entry moved) noexcept {
  entries_[place] = moved;
  moved.node->index = static_cast<std::uint32_t>(place);
}

void timer_heap::sift_up(std::size_t place, entry moved) noexcept {
  while (place > 0) {
    const std::size_t parent = (place - 1) / arity;
    if (entries_[parent].when <= moved.when) break;
    place_at(place, entries_[parent]);
    place = parent;
  }
  place_at(place, moved);
}

void timer_heap::sift_down(std::size_t place, entry moved) noexcept {
  const std::size_t count = entries_.size();
  for (;;) {
    const std::size_t first = place * arity + 1;
    if (first >= count) break;
    std::size_t least = first;
    for (std::size_t child = first + 1; child < std::min(first + arity, count); ++child) {
      if (entries_[child].when < entries_[least].when) least = child;
    }
    if (moved.when <= entries_[least].when) break;
    place_at(place, entries_[least]);
    place = least;
  }
  place_at(place, moved);
}

void timer_heap::publish_earliest() noexcept {
  const time_point first = entries_.empty() ? time_point::max() : entries_.front().when;
  earliest_.store(first.time_since_epoch().count(), std::memory_order_release);
}

}  // namespace leat::runtime
