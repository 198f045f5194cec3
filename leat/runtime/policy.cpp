#include <leat/runtime/interleave.hpp>
#include <leat/runtime/policy.hpp>
#include <leat/runtime/scheduler.hpp>

namespace leat::runtime {

constinit std::atomic<bool> bubble_runs{false};

// The loop of the one worker. What others do to a scheduler's private parts, this does without their haste.
struct policy_loop {
  scheduler& all;
  worker& here;
  schedule_policy& policy;

  goroutine* find() noexcept {
    for (;;) {
      collect();
      if (all.stopping.load(std::memory_order_acquire)) return nullptr;
      fire_timers();
      if (goroutine* next = policy.take_next()) return next;
      if (awaits_outside()) {
        sleep();
      } else {
        policy.settle(all, here.timers.earliest());
      }
    }
  }

  // Hands over all that was made runnable.
  void collect() noexcept {
    if (here.poll->used() && ++here.unpolled >= polls_apart) poll();
    take_global();
    take_inbox();
    while (goroutine* one = here.queue.pop())
      policy.add(*one);
    while (goroutine* one = here.unstarted.take_oldest())
      policy.add(*one);
    if (goroutine* one = here.run_next.exchange(nullptr, std::memory_order_acq_rel)) policy.add(*one);
  }

 private:
  static constexpr std::uint32_t polls_apart = 16;  // looks at the queues between two at the poller

  void poll() noexcept {
    here.unpolled = 0;
    here.poll->poll();
  }

  void take_global() noexcept {
    all.global.take(SIZE_MAX, [this](goroutine* one) { policy.add(*one); });
  }

  void take_inbox() noexcept {
    if (!here.inbox_head.load(std::memory_order_relaxed)) return;
    const std::lock_guard guard(here.inbox_lock);
    while (goroutine* one = here.inbox_head.load(std::memory_order_relaxed)) {
      here.inbox_head.store(one->next, std::memory_order_relaxed);
      policy.add(*one);
    }
  }

  void fire_timers() noexcept {
    for (std::uint64_t choice; here.timers.earliest() <= policy.now() && policy.fires_timer(choice);) {
      sanitizer::show();
      here.timers.fire_one_due(policy.now(), choice);
      sanitizer::hide();
      collect();
    }
  }

  bool awaits_outside() const noexcept {
    return all.outside.load(std::memory_order_acquire) != 0 ||
           here.network_waits.load(std::memory_order_relaxed) != 0;
  }

  // Until a descriptor is ready, or a thread that is no worker makes a goroutine runnable.
  void sleep() noexcept {
    {
      const std::lock_guard guard(all.lock_);
      here.idle = true;
      here.next_idle = nullptr;
      all.idle_list_ = &here;
      all.idle_count.store(1, std::memory_order_seq_cst);
      here.asleep.store(true, std::memory_order_seq_cst);
    }
    if (all.global.size() == 0 && !here.inbox_head.load(std::memory_order_seq_cst) && awaits_outside()) {
      here.poll->sleep(time_point::max());
    }
    const std::lock_guard guard(all.lock_);
    here.asleep.store(false, std::memory_order_seq_cst);
    if (here.idle) {
      here.idle = false;
      all.idle_list_ = nullptr;
      all.idle_count.store(0, std::memory_order_seq_cst);
    } else {
      all.searching.fetch_sub(1, std::memory_order_seq_cst);  // wake_one() counted this worker as searching
    }
  }
};

goroutine* find_by_policy(scheduler& all) noexcept {
  return policy_loop{all, *all.workers[0], *all.policy}.find();
}

schedule_policy* current_policy() noexcept {
  const worker* here = this_worker();
  return here ? here->owner.policy : nullptr;
}

time_point bubble_time() noexcept {
  const sanitizer::hidden_work hidden;
  const schedule_policy* policy = current_policy();
  return policy ? policy->now() : std::chrono::steady_clock::now();
}

LEAT_UNCHECKED void interleave() noexcept {
  worker* here = this_worker();
  if (!here || !here->running) return;  // timers' callbacks, for one, run in nobody's name
  schedule_policy* policy = here->owner.policy;
  if (!policy) return;
  {
    const sanitizer::hidden_work hidden;
    policy_loop{here->owner, *here, *policy}.collect();
    if (!policy->preempts(*here->running)) return;
  }
  switch_away(here, here->running, aftermath::enqueue, here->running);
}

}  // namespace leat::runtime
