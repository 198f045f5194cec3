#include <unwind.h>

#include <string_view>

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

// The name without the result type that demanglers put before those of templates, as in "int a::b<int>(int)".
std::string_view name_in(std::string_view function) {
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < function.size(); ++i) {
    const char letter = function[i];
    if (letter == '(' && depth == 0) break;  // parameters, or a nameless namespace
    if (letter == '<' || letter == '{' || letter == '(') ++depth;
    if (letter == '>' || letter == '}' || letter == ')') --depth;
    if (letter == ' ' && depth == 0) begin = i + 1;
  }
  return function.substr(begin);
}

// How every goroutine starts, which tells nothing.
bool is_start(std::string_view name) {
  return name == "leat_goroutine_main" || name == "leat_goroutine_entry" ||
         name.starts_with("leat::runtime::(anonymous namespace)::run_scheduler(");
}

// What stands between that and the goroutine's own function, which may have been put into it. Where there is
// debug information, the file tells: lambdas have no name.
bool is_wrapper(std::string_view name, std::string_view file) {
  return name.starts_with("leat::runtime::spawn<") || name.starts_with("leat::run<") ||
         name.starts_with("std::__invoke") || name.starts_with("std::invoke") ||
         file.ends_with("leat/runtime/spawn.hpp") || file.ends_with("leat/go.hpp") ||
         file.ends_with("leat/runtime/run.cpp") || file.ends_with("/bits/invoke.h") ||
         (file.ends_with("/functional") && name.starts_with("invoke<"));
}

// How goroutines park, and how reports are made. What has no linkage may have no more than its own name.
bool is_machinery(std::string_view name, std::string_view file) {
  const bool is_bare = name.find("::") == std::string_view::npos;
  return (name.starts_with("leat::runtime::") && !name.starts_with("leat::runtime::spawn<")) ||
         (is_bare && file.find("leat/runtime/") != std::string_view::npos) || name.starts_with("_Unwind_") ||
         name == "leat_visit_parked";
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
    for (const code_location& where : locate(place)) {
      const std::string_view name = name_in(where.function);
      const bool nothing_new =
          text.empty() ? is_machinery(name, where.file) : is_wrapper(name, where.file) && !where.file.empty();
      if (nothing_new || is_start(name)) continue;
      text += "    " + where.function + '\n';
      if (!where.file.empty()) text += "        at " + where.file + ":" + std::to_string(where.line) + '\n';
    }
  }
  if (text.empty()) return "    (no frames)\n";
  if (cut_off) text += "    (more frames, which are left out)\n";
  return text;
}

}  // namespace leat::runtime
