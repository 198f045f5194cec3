// Names and lines for addresses of code, for reports. Not fast the first time, for then the program's debug
// information is read; and not safe in a signal handler unless the program is about to end anyway.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace leat::runtime {

struct code_location {
  std::string function;  // demangled; "??" when unknown
  std::string file;      // empty when unknown
  int line = 0;
};

/// What stands at `place`, an address inside the instruction that is meant: the function, and before it those
/// that the compiler put into its code there, innermost first. Never empty. Remembers what it found; any
/// thread may ask.
const std::vector<code_location>& locate(std::uintptr_t place);

}  // namespace leat::runtime
