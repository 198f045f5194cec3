// The frames of a stack: taken as addresses, which is quick, and told in words later.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <leat/runtime/goroutine.hpp>

namespace leat::runtime {

/// A stack, innermost frame first. Of a call that has not returned, the address lies inside the call.
struct frame_list {
  static constexpr std::size_t most = 64;

  std::array<std::uintptr_t, most> places{};
  std::size_t count = 0;
  bool cut_off = false;  // there are more

  std::span<const std::uintptr_t> all() const noexcept { return std::span(places).first(count); }
};

/// Of a goroutine that does not run, and stands still for that long. Allocates nothing.
frame_list frames_of_parked(const goroutine& parked) noexcept;

/// Of the calling code, this function included. Allocates nothing.
frame_list frames_of_caller() noexcept;

/// Of the code that a signal has interrupted, where `program_counter` stood; for its handler. Allocates
/// nothing.
frame_list frames_of_interrupted(std::uintptr_t program_counter) noexcept;

/// In words: two lines for each frame, without those of the runtime itself that come first.
std::string describe(std::span<const std::uintptr_t> places, bool cut_off);
inline std::string describe(const frame_list& frames) {
  return describe(frames.all(), frames.cut_off);
}

}  // namespace leat::runtime
