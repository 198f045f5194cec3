// For tests in net_allocation_test, the program that counts allocations.
#pragma once

namespace leat::net {

/// How often goroutines have asked operator new for memory.
long allocations_of_goroutines() noexcept;

}  // namespace leat::net
