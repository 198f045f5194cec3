// The values that a goroutine keeps for goroutine_local variables.
#pragma once

#include <leat/runtime/goroutine.hpp>

namespace leat::runtime {

/// Destroys the values of a goroutine that ends, on its own stack: their destructors may park.
void destroy_locals(goroutine& ending) noexcept;

}  // namespace leat::runtime
