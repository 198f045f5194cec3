// What must hold whatever the input: a fuzzer sees an abort.
#pragma once

#include <cstdlib>

inline void require(bool what) {
  if (!what) std::abort();
}
