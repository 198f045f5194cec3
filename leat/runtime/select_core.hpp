// The part of select that does not depend on what the channels carry.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include <leat/runtime/chan_core.hpp>

namespace leat::runtime {

enum class attempt : std::uint8_t;

/// One channel operation of a select. Nothing of it is touched by others once select_wait() has returned.
struct select_case {
  select_case() noexcept {}

  chan_core* core = nullptr;  // null: the nil channel, never ready
  bool sends = false;
  /// Under the channel's lock: completes the operation if it need not wait.
  attempt (*try_locked)(select_case& self, waiter*& woken) noexcept = nullptr;
  void* slot = nullptr;  // the value to send, or where to put what is received
  union {
    waiter entry;  // made when the select has to wait, which many never do
  };
};
static_assert(std::is_trivially_destructible_v<waiter>);

inline constexpr std::size_t no_case = static_cast<std::size_t>(-1);

/// Whether it seems ready: a look without the lock.
inline bool may_complete(const select_case& one) noexcept {
  return one.core && (one.sends ? one.core->may_send() : one.core->may_receive());
}

/// Completes exactly one of the operations, chosen uniformly among those that are ready, and returns its
/// index. When none is ready: returns no_case at once unless `may_wait`; else parks until one is, or until
/// `deadline`. Throws channel_error when it chose to send on a closed channel.
std::size_t select_wait(std::span<select_case* const> cases, bool may_wait, time_point deadline);

}  // namespace leat::runtime
