#include <algorithm>
#include <mutex>
#include <new>
#include <system_error>

#include <leat/error.hpp>
#include <leat/runtime/scheduler.hpp>
#include <leat/runtime/spawn.hpp>
#include <leat/runtime/stack.hpp>

namespace leat::runtime {
namespace {

constexpr std::uint64_t ids_per_block = 1024;
constexpr std::size_t closure_in_slot_most = std::size_t{8} << 10;  // larger ones get a stack of their own
constexpr std::size_t usual_stack_bytes = std::size_t{228}
                                          << 10;                // what a slot has besides closure and block
constexpr std::size_t stack_bytes_most = std::size_t{1} << 46;  // no address space holds more

// Null when none can be had. A closure that is large itself must not eat up the stack that its function
// needs.
goroutine* take_stack_for(worker* here, std::size_t closure_bytes, std::size_t stack_bytes) {
  if (stack_bytes > usual_stack_bytes || closure_bytes > closure_in_slot_most) {
    if (stack_bytes > stack_bytes_most || closure_bytes > stack_bytes_most) return nullptr;
    return map_stack(std::max(stack_bytes, usual_stack_bytes) + closure_bytes);
  }
  return here ? here->stacks.take() : take_stack();
}

std::uint64_t take_id(worker* here, scheduler& all) noexcept {
  if (!here) return all.id_blocks.fetch_add(1, std::memory_order_relaxed) + 1;
  if (here->next_id == here->last_id) {
    here->next_id = all.id_blocks.fetch_add(ids_per_block, std::memory_order_relaxed) + 1;
    here->last_id = here->next_id + ids_per_block;
  }
  return here->next_id++;
}

}  // namespace

goroutine* prepare(std::size_t size, std::size_t alignment, std::size_t stack_bytes,
                   std::source_location where) {
  const sanitizer::hidden_work hidden;
  worker* here = this_worker();
  std::unique_lock<std::mutex> alive(lifetime, std::defer_lock);
  if (!here) alive.lock();
  scheduler* all = here ? &here->owner : active_scheduler();
  if (!all) throw std::system_error(make_error_code(errc::not_running), "leat::go");
  goroutine* made = take_stack_for(here, size + alignment, stack_bytes);
  if (!made) throw std::bad_alloc();
  auto top = reinterpret_cast<std::uintptr_t>(made) - size;
  top -= top % std::max<std::size_t>(alignment, 16);
  made->closure = reinterpret_cast<void*>(top);
  made->saved = {made->closure, nullptr, reinterpret_cast<void*>(&leat_goroutine_entry)};
  made->exceptions = {};
  made->id = take_id(here, *all);
  made->pinned_to = nullptr;
  made->locals = nullptr;
  made->reason = wait_reason::none;
  made->started_at = where;
  return made;
}

void* closure_of(goroutine* made) noexcept {
  sanitizer::take(made);  // the stack, from the goroutine that used it before
  return made->closure;
}

void discard(goroutine* made) noexcept {
  const sanitizer::hidden_work hidden;
  if (!made->pooled) return unmap_stack(made);
  made->next = nullptr;
  give_stacks(made);
}

namespace {

void enter(goroutine* made, void (*run)(void*)) noexcept {
  sanitizer::give(made);
  const sanitizer::hidden_work hidden;
  made->run = run;
  sanitizer::create(made->fiber, made->stack_low,
                    static_cast<std::size_t>(reinterpret_cast<std::byte*>(made) - made->stack_low));
  if (worker* here = this_worker()) {
    bump(here->created);
  } else {
    made->state.store(goroutine_state::parked,
                      std::memory_order_release);  // not free, so that it may be queued
    const std::lock_guard guard(lifetime);
    if (scheduler* all = active_scheduler()) all->created_outside.fetch_add(1, std::memory_order_relaxed);
  }
  make_runnable_first_time(made);
}

}  // namespace

void start(goroutine* made, void (*run)(void*)) noexcept {
  enter(made, run);
  scheduling_point();
}

}  // namespace leat::runtime
