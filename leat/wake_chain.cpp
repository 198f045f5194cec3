#include <utility>

#include <leat/runtime/scheduler.hpp>
#include <leat/wake_chain.hpp>

namespace leat::detail {

void wake_chain::wake_all() noexcept {
  if (first_ && first_ == last_) {  // one alone runs next, while what it waited for is warm
    last_ = nullptr;
    return runtime::wake(*std::exchange(first_, nullptr));
  }
  while (runtime::waiter* const entry = first_) {
    first_ = entry->next;
    runtime::wake_in_order(*entry);
  }
  last_ = nullptr;
}

}  // namespace leat::detail
