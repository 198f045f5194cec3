#include <algorithm>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <system_error>

#include <leat/error.hpp>
#include <leat/go.hpp>
#include <leat/runtime/deadline_wait.hpp>
#include <leat/runtime/sanitizer.hpp>
#include <leat/runtime/timer_heap.hpp>
#include <leat/runtime/timer_node.hpp>
#include <leat/time.hpp>

namespace leat::detail {

using std::chrono::nanoseconds;

// A timer fires under its heap's lock, and there takes the lock of the channel. So nobody may call
// timer_start() or timer_stop() while holding a channel's lock; `control` is taken before both.
//
// What sends stands in front of its channel, in one allocation, and lives as long as that.
struct timer_state : runtime::timer_node {
  runtime::channel<time_point>* ticks = nullptr;  // buffers one value, so that firing never waits
  nanoseconds period{0};                          // of a ticker; changed only while stopped
  runtime::spinlock control;                      // orders stop() and reset() calls of several goroutines
};

namespace {

constexpr nanoseconds spawn_retry = std::chrono::milliseconds(10);

// A moment so far away that it never comes is a pending timer all the same, not the absence of one.
constexpr time_point farthest = never - nanoseconds(1);

time_point sum(time_point from, nanoseconds span) noexcept {
  return span < farthest - from ? from + span : farthest;
}

struct function_timer : timer_state {
  std::shared_ptr<function_timer> self;  // until its owner goes
  std::move_only_function<void()> function;
  std::source_location where;
};

timer_state* make_sender(time_point (*fire)(runtime::timer_node&) noexcept) {
  using channel = runtime::channel<time_point>;
  static_assert(std::is_trivially_destructible_v<timer_state>, "its memory goes with the channel's");
  constexpr std::size_t room =
      (sizeof(timer_state) + channel::alignment - 1) / channel::alignment * channel::alignment;
  channel* const ticks = channel::make_behind(room, 1);
  auto* const made = ::new (reinterpret_cast<std::byte*>(ticks) - room) timer_state;
  made->ticks = ticks;
  made->fire = fire;
  return made;
}

// Once it is stopped.
void give_up(timer_state& state) noexcept {
  if (state.ticks) {
    state.ticks->release();
  } else {
    const auto last = std::move(static_cast<function_timer&>(state).self);
  }
}

void send(timer_state& state, time_point now) noexcept {
  state.ticks->try_send(now);
}

time_point send_once(runtime::timer_node& node) noexcept {
  send(static_cast<timer_state&>(node), clock::now());
  return never;
}

// That of after() belongs to the heap alone, and is gone when it has fired.
time_point send_and_go(runtime::timer_node& node) noexcept {
  auto& state = static_cast<timer_state&>(node);
  send(state, clock::now());
  state.heap.store(nullptr, std::memory_order_relaxed);
  give_up(state);
  return runtime::timer_gone;
}

// Ticks that are overdue by more than a period are dropped, but the beat is kept.
time_point send_tick(runtime::timer_node& node) noexcept {
  auto& state = static_cast<timer_state&>(node);
  const time_point now = clock::now();
  send(state, now);
  const auto missed = std::max((now - state.when) / state.period, clock::rep{0});
  return sum(state.when + missed * state.period, state.period);
}

time_point call_function(runtime::timer_node& node) noexcept {
  auto& state = static_cast<function_timer&>(node);
  try {
    leat::go([self = state.self] { self->function(); }, state.where);
    return never;
  } catch (...) {  // no memory for a stack: late is better than never
    return clock::now() + spawn_retry;
  }
}

void start(timer_state& state, time_point when) {
  if (!runtime::timer_start(state, std::min(when, farthest))) {
    throw std::system_error(make_error_code(errc::not_running), "leat: a timer works only inside leat::run");
  }
}

// Under `control`. Whether a moment, to come or come but unnoticed, was called off.
bool call_off(timer_state& state) noexcept {
  const bool pending = runtime::timer_stop(state);
  std::optional<time_point> unnoticed;
  if (state.ticks) state.ticks->try_receive(unnoticed);
  return pending || unnoticed;
}

timer_owner start_owned(timer_state* state, time_point when) {
  timer_owner owner(state);
  start(*state, when);
  return owner;
}

void require_positive(nanoseconds period) {
  if (period <= nanoseconds::zero())
    throw std::invalid_argument("leat::ticker: the period must be above zero");
}

}  // namespace

timer_owner& timer_owner::operator=(timer_owner&& other) noexcept {
  const timer_owner old(std::exchange(state_, std::exchange(other.state_, nullptr)));
  return *this;
}

timer_owner::~timer_owner() {
  if (!state_) return;
  call_off(*state_);
  give_up(*state_);
}

void sleep(time_point deadline) noexcept {
  if (deadline <= clock::now()) return;
  runtime::waiter self;
  runtime::select_ticket ticket;
  self.ticket = &ticket;
  runtime::deadline_wait wait(self, std::min(deadline, farthest));
  wait.park([](void*) {}, nullptr, runtime::wait_reason::sleep);
}

receiver<time_point> after(time_point when) {
  timer_state* const state = make_sender(send_and_go);
  receiver<time_point> fired = channel_of(*state);
  try {
    start(*state, when);
  } catch (...) {
    give_up(*state);
    throw;
  }
#if defined(LEAT_ASAN)
  __lsan_ignore_object(state);  // the end of leat::run forgets timers that are pending
#endif
  return fired;
}

timer_owner make_timer(time_point when) {
  return start_owned(make_sender(send_once), when);
}

timer_owner make_timer(time_point when, std::move_only_function<void()> function,
                       std::source_location where) {
  const auto state = std::make_shared<function_timer>();
  state->self = state;
  state->function = std::move(function);
  state->where = where;
  state->fire = call_function;
  return start_owned(state.get(), when);
}

timer_owner make_ticker(nanoseconds period) {
  require_positive(period);
  timer_state* const state = make_sender(send_tick);
  state->period = period;
  return start_owned(state, sum(clock::now(), period));
}

bool stop_timer(timer_state& state) noexcept {
  runtime::scheduling_point();
  const std::lock_guard guard(state.control);
  return call_off(state);
}

bool reset_timer(timer_state& state, time_point when) {
  runtime::scheduling_point();
  const std::lock_guard guard(state.control);
  if (runtime::timer_move(state, std::min(when, farthest))) return true;
  const bool was_pending = call_off(state);
  start(state, when);
  return was_pending;
}

void reset_ticker(timer_state& state, nanoseconds period) {
  require_positive(period);
  runtime::scheduling_point();
  const std::lock_guard guard(state.control);
  call_off(state);
  state.period = period;
  start(state, sum(clock::now(), period));
}

receiver<time_point> channel_of(const timer_state& state) noexcept {
  return state.ticks ? runtime::receiver_of(*state.ticks) : receiver<time_point>(nullptr);
}

}  // namespace leat::detail
