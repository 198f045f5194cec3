// Names and lines for addresses of code, for reports. Not fast, and not safe in a signal handler unless the
// program is about to end anyway.
#pragma once

#include <string>

namespace leat::runtime {

struct code_location {
  std::string function;  // demangled; "??" when unknown
  std::string file;      // empty when unknown
  int line = 0;
};

/// What stands at `address`. `is_return`: it is a return address, so the call before it is meant.
code_location locate(const void* address, bool is_return);

}  // namespace leat::runtime
