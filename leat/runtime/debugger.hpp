// What a debugger needs to know to find goroutines, also where the program has no type information (-g1): a
// variable with a name, `leat_debug`, that says at which offsets things stand and where lists begin. Read by
// leat/gdb/leat-gdb.py, of which every program carries a copy.
#pragma once

#include <cstdint>

#include <leat/runtime/goroutine.hpp>

namespace leat::runtime {

/// The script knows the order of the fields. Whoever changes it, or the meaning of one, raises `version`
/// here and there.
struct debug_table {
  // Where lists begin.
  const void* slabs;                // the std::vector of the stack pool's mappings
  const void* mapped;               // the std::vector of pointers to goroutines with mappings of their own
  const char* const* state_names;   // by state, ends with null
  const char* const* reason_names;  // by reason, ends with null
  void (*entry)();                  // where a goroutine goes on that has not run yet

  std::uint32_t version;

  // Offsets in a goroutine, and its size.
  std::uint32_t goroutine_stack_pointer;
  std::uint32_t goroutine_frame_pointer;
  std::uint32_t goroutine_resume;
  std::uint32_t goroutine_id;
  std::uint32_t goroutine_stack_low;
  std::uint32_t goroutine_state;
  std::uint32_t goroutine_reason;
  std::uint32_t goroutine_started_at;
  std::uint32_t goroutine_bytes;

  // Offsets in a slab, and its size; and how slots lie in one, from its high end downwards: the control block
  // of slot n is (n modulo colours) times colour_bytes plus block_bytes below the end of the slot.
  std::uint32_t slab_base;
  std::uint32_t slab_slots;
  std::uint32_t slab_carved;
  std::uint32_t slab_bytes;
  std::uint32_t slot_bytes;
  std::uint32_t slot_block_bytes;
  std::uint32_t slot_colours;
  std::uint32_t slot_colour_bytes;

  // Values of goroutine::state.
  std::uint32_t state_free;
  std::uint32_t state_running;
  std::uint32_t state_parked;
};

}  // namespace leat::runtime

/// The stack pool fills in what is about it when it is made; before that there are no goroutines.
extern "C" leat::runtime::debug_table leat_debug;
