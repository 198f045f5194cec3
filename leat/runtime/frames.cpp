#include <unwind.h>

#include <leat/runtime/frames.hpp>
#include <leat/runtime/symbols.hpp>

namespace leat::runtime {
namespace {

struct walk {
  frame_list frames;
  std::uintptr_t begin_at = 0;  // skip what comes before this address; 0: nothing
};

_Unwind_Reason_Code add_frame(_Unwind_Context* unwound, void* argument) {
  auto& state = *static_cast<walk*>(argument);
  frame_list& frames = state.frames;
  int before_instruction = 0;
  const std::uintptr_t address = _Unwind_GetIPInfo(unwound, &before_instruction);
  if (address == 0) return _URC_END_OF_STACK;
  if (state.begin_at != 0) {
    if (address != state.begin_at) return _URC_NO_REASON;
    state.begin_at = 0;
  }
  if (frames.count == frame_list::most) {
    frames.cut_off = true;
    return _URC_END_OF_STACK;
  }
  frames.places[frames.count++] = before_instruction != 0 ? address : address - 1;
  return _URC_NO_REASON;
}

void take(void* argument) {
  _Unwind_Backtrace(add_frame, argument);
}

// How goroutines start, which tells nothing. A closure inlined into its start is not of this kind.
bool is_start(const std::string& function) {
  return function == "leat_goroutine_main" || function == "leat_goroutine_entry" ||
         function.starts_with("leat::runtime::(anonymous namespace)::run_scheduler(") ||
         function.starts_with("leat::testing::(anonymous namespace)::bubble_policy::") ||
         function.starts_with("leat::testing::detail::");
}

// How goroutines park, and how reports are made.
bool is_machinery(const std::string& function) {
  return (function.starts_with("leat::runtime::") && !function.starts_with("leat::runtime::spawn<")) ||
         function.starts_with("_Unwind_") || function == "leat_visit_parked";
}

}  // namespace

frame_list frames_of_parked(const goroutine& parked) noexcept {
  walk state;
  leat_visit_parked(&parked.saved, take, &state);
  return state.frames;
}

[[gnu::noinline]] frame_list frames_of_caller() noexcept {
  walk state;
  take(&state);
  return state.frames;
}

frame_list frames_of_interrupted(std::uintptr_t program_counter) noexcept {
  walk state;
  state.begin_at = program_counter;
  take(&state);
  return state.frames;
}

std::string describe(std::span<const std::uintptr_t> places, bool cut_off) {
  std::string text;
  for (const std::uintptr_t place : places) {
    const code_location& where = locate(place);
    if ((text.empty() && is_machinery(where.function)) || is_start(where.function)) continue;
    text += "    " + where.function + '\n';
    if (!where.file.empty()) text += "        at " + where.file + ":" + std::to_string(where.line) + '\n';
  }
  if (text.empty()) return "    (no frames)\n";
  if (cut_off) text += "    (more frames, which are left out)\n";
  return text;
}

}  // namespace leat::runtime
