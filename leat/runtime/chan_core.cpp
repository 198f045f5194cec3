#include <leat/chan.hpp>
#include <leat/runtime/chan_core.hpp>
#include <leat/runtime/scheduler.hpp>

namespace leat::runtime {

bool chan_core::wait_to_send(void* slot) noexcept {
  waiter self;
  self.slot = slot;
  senders.push(self);
  park(self, lock, wait_reason::chan_send);
  return self.ok;
}

bool chan_core::wait_to_receive(void* slot) noexcept {
  waiter self;
  self.slot = slot;
  receivers.push(self);
  park(self, lock, wait_reason::chan_receive);
  return self.ok;
}

void chan_core::close() {
  scheduling_point();
  lock.lock();
  if (closed.load(std::memory_order_relaxed)) {
    lock.unlock();
    throw channel_error("leat: close of a closed channel");
  }
  closed.store(true, std::memory_order_release);
  waiter* woken = nullptr;
  waiter** end = &woken;
  for (wait_queue* queue : {&receivers, &senders}) {
    while (waiter* entry = queue->pop()) {
      *end = entry;
      end = &entry->next;
    }
  }
  *end = nullptr;
  lock.unlock();
  while (woken) {
    waiter* next = woken->next;
    wake_in_order(*woken);
    woken = next;
  }
}

void throw_send_on_closed() {
  throw channel_error("leat: send on a closed channel");
}

void throw_close_of_nil() {
  throw channel_error("leat: close of a nil channel");
}

}  // namespace leat::runtime
