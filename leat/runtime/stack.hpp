// Stacks: slots of 260 KiB of reserved address space in large mappings, touched only where used.
//
// Each slot ends, at its low end, in guard pages. MADV_GUARD_INSTALL makes them without a mapping of their
// own; where the kernel lacks it (before 6.13) mprotect does, at the price of two mappings a stack, of which
// vm.max_map_count allows 65530 by default: well before that the pool goes on with unguarded ones, and says
// so once.
//
// The control block of the goroutine stands at the top of the slot, shifted by a colour that depends on the
// slot, so that the hot lines of many goroutines do not all fall into the same cache sets. For the same
// reason a slot is an odd number of pages: 64 pages apart, the stacks of a few dozen goroutines fill the same
// few sets of the processor's address translation cache, and every switch pays for a walk of the page tables.
#pragma once

#include <cstddef>
#include <cstdint>

#include <leat/runtime/goroutine.hpp>

namespace leat::runtime {

/// 260 KiB and 16 KiB where pages are of 4 KiB; more where they are larger, as on some aarch64 systems.
std::size_t stack_slot_bytes() noexcept;
std::size_t stack_guard_bytes() noexcept;

/// A goroutine with a stack of the usual size, from the pool shared by all workers. Null when memory is out.
goroutine* take_stack() noexcept;

/// Up to `count` of them, linked by `next`; at least one unless memory is out.
goroutine* take_stacks(std::size_t count) noexcept;

/// Gives back a list of free goroutines, linked by `next`.
void give_stacks(goroutine* list) noexcept;

/// Free goroutines, linked by `next`.
struct stack_list {
  goroutine* head = nullptr;
  std::uint32_t count = 0;
};

/// For workers' own caches: a list as give_stack_list() took it, or, if there is none, a few others. Empty
/// when memory is out.
stack_list take_stack_list() noexcept;
void give_stack_list(stack_list list) noexcept;

/// Whether there are such lists whose stacks may have been deep, and trims those of one.
bool has_untrimmed_stack_list() noexcept;
void trim_stack_list() noexcept;

/// A goroutine with a stack of its own mapping, of at least `bytes`. Null when memory is out.
goroutine* map_stack(std::size_t bytes) noexcept;
void unmap_stack(goroutine* owner) noexcept;

/// Gives the pages that a free stack touched beyond its first few back to the kernel.
void trim_stack(const goroutine& owner) noexcept;

/// Calls `visit` for every goroutine whose state is not free. Only states are synchronised: read nothing else
/// of one that may be running. Goroutines with a mapping of their own are visited too.
void for_each_goroutine(void (*visit)(goroutine&, void*), void* argument);

/// The stacks that there are. What is committed of them is estimated from 256 of the pool's, evenly spread,
/// and from as many of those with a mapping of their own.
struct stack_memory {
  std::size_t reserved_bytes = 0;
  std::size_t committed_bytes = 0;
  std::size_t free = 0;  // in the pool, besides those in workers' own lists
};
stack_memory measure_stacks();

/// Whether `address` lies in the guard of the stack that holds `owner`.
bool in_guard(const goroutine& owner, const void* address) noexcept;

/// Forgets every goroutine that is not free: the runtime has stopped and will never run them. Their stacks
/// are never used again, because somebody outside (a thread at the other end of a channel, a call on the
/// blocking pool) may still write to what stands on them.
void abandon_goroutines() noexcept;

}  // namespace leat::runtime
