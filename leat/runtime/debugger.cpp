#include <array>
#include <cstddef>

#include <leat/runtime/debugger.hpp>
#include <leat/runtime/wait_reason_names.hpp>

// Each program carries the script, so that the two are of one version, and gdb loads it by itself where it
// trusts the program. Kind 4 is Python text; its first line is a name for gdb's messages. The section takes
// no memory when the program runs.
#if defined(LEAT_GDB_SCRIPT)
asm(R"(
.pushsection .debug_gdb_scripts, "MS", %progbits, 1
.byte 4
.ascii "leat-gdb.py\n"
.incbin ")" LEAT_GDB_SCRIPT R"("
.byte 0
.popsection
)");
#endif

namespace leat::runtime {
namespace {

constexpr std::size_t names_most = 64;

constexpr auto reason_names = [] {
  std::array<const char*, names_most> names{};
  for (std::size_t i = 0; i + 1 < names.size(); ++i)
    names[i] = to_string(static_cast<wait_reason>(i));
  return names;
}();

// In the order of goroutine_state.
constexpr std::array<const char*, 5> state_names{"free", "runnable", "running", "parked", nullptr};

static_assert(sizeof(std::source_location) == sizeof(void*), "the script reads it as libstdc++ lays it out");

}  // namespace
}  // namespace leat::runtime

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"  // g++ and clang allow it wherever no base is virtual
using leat::runtime::context;
using leat::runtime::goroutine;
constinit leat::runtime::debug_table leat_debug{
    .slabs = nullptr,
    .mapped = nullptr,
    .state_names = leat::runtime::state_names.data(),
    .reason_names = leat::runtime::reason_names.data(),
    .entry = &leat_goroutine_entry,
    .version = 1,
    .goroutine_stack_pointer = offsetof(goroutine, saved) + offsetof(context, stack_pointer),
    .goroutine_frame_pointer = offsetof(goroutine, saved) + offsetof(context, frame_pointer),
    .goroutine_resume = offsetof(goroutine, saved) + offsetof(context, resume),
    .goroutine_id = offsetof(goroutine, id),
    .goroutine_stack_low = offsetof(goroutine, stack_low),
    .goroutine_state = offsetof(goroutine, state),
    .goroutine_reason = offsetof(goroutine, reason),
    .goroutine_started_at = offsetof(goroutine, started_at),
    .goroutine_bytes = sizeof(goroutine),
    .slab_base = 0,
    .slab_slots = 0,
    .slab_carved = 0,
    .slab_bytes = 0,
    .slot_bytes = 0,
    .slot_block_bytes = 0,
    .slot_colours = 0,
    .slot_colour_bytes = 0,
    .state_free = static_cast<std::uint32_t>(leat::runtime::goroutine_state::free),
    .state_running = static_cast<std::uint32_t>(leat::runtime::goroutine_state::running),
    .state_parked = static_cast<std::uint32_t>(leat::runtime::goroutine_state::parked),
};
#pragma GCC diagnostic pop
