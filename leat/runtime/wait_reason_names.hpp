// What goroutines wait on, in words.
#pragma once

#include <leat/runtime/waiter.hpp>

namespace leat::runtime {

/// A word or two, as in "chan receive"; null for what is no reason.
constexpr const char* to_string(wait_reason reason) noexcept {
  switch (reason) {
    case wait_reason::none:
      return "runnable";
    case wait_reason::chan_send:
      return "chan send";
    case wait_reason::chan_receive:
      return "chan receive";
    case wait_reason::nil_chan:
      return "nil chan";
    case wait_reason::select:
      return "select";
    case wait_reason::empty_select:
      return "select with nothing that can be ready";
    case wait_reason::mutex:
      return "mutex";
    case wait_reason::shared_mutex:
      return "shared mutex";
    case wait_reason::condition:
      return "condition variable";
    case wait_reason::semaphore:
      return "semaphore";
    case wait_reason::wait_group:
      return "wait group";
    case wait_reason::once:
      return "once";
    case wait_reason::sleep:
      return "sleep";
    case wait_reason::network_read:
      return "network read";
    case wait_reason::network_write:
      return "network write";
    case wait_reason::descriptor_lock:
      return "turn at a descriptor";
    case wait_reason::blocking_call:
      return "blocking call";
    case wait_reason::file:
      return "file";
    case wait_reason::bubble:
      return "the others of the bubble";
  }
  return nullptr;
}

}  // namespace leat::runtime
