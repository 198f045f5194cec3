// Nothing here is counted where it is hot, but once for each park and yield; what can be is derived.
#include <algorithm>
#include <mutex>

#include <leat/go.hpp>
#include <leat/runtime/scheduler.hpp>
#include <leat/runtime/stack.hpp>
#include <leat/stats.hpp>

namespace leat {
namespace {

std::uint64_t read(const std::atomic<std::int64_t>& counter) noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(counter.load(std::memory_order_relaxed), 0));
}

// The difference, where the larger may have been read too early.
std::uint64_t rest(std::uint64_t whole, std::uint64_t part) noexcept {
  return whole - std::min(whole, part);
}

void add(runtime_stats& sum, const runtime::worker& one) noexcept {
  // A switch ends a goroutine, yields or parks; which of them it was is counted when it is done.
  const std::uint64_t switches = one.tick.load(std::memory_order_relaxed);
  const std::uint64_t ended = read(one.ended);
  const std::uint64_t yields = read(one.yields);
  sum.switches += switches;
  sum.parks += rest(switches, ended + yields);
  sum.yields += yields;
  sum.ended += ended;
  sum.created += read(one.created);
  sum.steals += read(one.steals);
  sum.polls += read(one.polls);
  sum.events += read(one.events);
  sum.stacks_free += one.stacks.size();
}

}  // namespace

runtime_stats stats() {
  runtime_stats sum;
  {
    const std::lock_guard guard(runtime::lifetime);
    if (const runtime::scheduler* all = runtime::active_scheduler()) {
      sum.workers = static_cast<unsigned>(all->workers.size());
      sum.poller = all->pollers == poller_kind::io_uring ? "io_uring" : "epoll";
      for (const auto& one : all->workers)
        add(sum, *one);
      sum.created += read(all->created_outside);
      sum.wakes = read(all->wakes);
      sum.live = rest(sum.created, sum.ended);
    }
  }
  const runtime::stack_memory stacks = runtime::measure_stacks();
  sum.stack_reserved_bytes = stacks.reserved_bytes;
  sum.stack_committed_bytes = stacks.committed_bytes;
  sum.stacks_free += stacks.free;
  return sum;
}

}  // namespace leat
