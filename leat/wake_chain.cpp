#include <leat/runtime/scheduler.hpp>
#include <leat/wake_chain.hpp>

namespace leat::detail {

void wake_chain::wake_all() noexcept {
  while (runtime::waiter* const entry = first_) {
    first_ = entry->next;
    runtime::wake_in_order(*entry);
  }
  last_ = nullptr;
}

}  // namespace leat::detail
