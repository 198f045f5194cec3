#include <algorithm>
#include <mutex>
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
struct timer_state : runtime::timer_node, std::enable_shared_from_this<timer_state> {
  runtime::spinlock control;        // orders stop() and reset() calls of several goroutines
  chan<time_point> ticks{nullptr};  // buffers one value, so that firing never waits
  nanoseconds period{0};            // of a ticker; changed only while stopped
  std::move_only_function<void()> function;
  std::source_location where;
};

namespace {

constexpr nanoseconds spawn_retry = std::chrono::milliseconds(10);

// A moment so far away that it never comes is a pending timer all the same, not the absence of one.
constexpr time_point farthest = never - nanoseconds(1);

time_point sum(time_point from, nanoseconds span) noexcept {
  return span < farthest - from ? from + span : farthest;
}

time_point send_once(runtime::timer_node& node) noexcept {
  static_cast<timer_state&>(node).ticks.try_send(clock::now());
  return never;
}

// Ticks that are overdue by more than a period are dropped, but the beat is kept.
time_point send_tick(runtime::timer_node& node) noexcept {
  auto& state = static_cast<timer_state&>(node);
  const time_point now = clock::now();
  state.ticks.try_send(now);
  const auto missed = std::max((now - state.when) / state.period, clock::rep{0});
  return sum(state.when + missed * state.period, state.period);
}

time_point call_function(runtime::timer_node& node) noexcept {
  auto& state = static_cast<timer_state&>(node);
  try {
    leat::go([self = state.shared_from_this()] { self->function(); }, state.where);
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
  const bool unnoticed = state.ticks.try_receive().has_value();
  return pending || unnoticed;
}

timer_owner start_new(std::shared_ptr<timer_state> state, time_point when) {
  start(*state, when);
  return timer_owner(std::move(state));
}

void require_positive(nanoseconds period) {
  if (period <= nanoseconds::zero())
    throw std::invalid_argument("leat::ticker: the period must be above zero");
}

// The timer of after(): it belongs to the heap alone, and is gone when it has fired.
struct lone_timer : runtime::timer_node {
  chan<time_point> fired{1};
};

time_point fire_lone_timer(runtime::timer_node& node) noexcept {
  const std::unique_ptr<lone_timer> self(static_cast<lone_timer*>(&node));
  self->fired.try_send(clock::now());
  node.heap.store(nullptr, std::memory_order_relaxed);
  return runtime::timer_gone;
}

}  // namespace

timer_owner& timer_owner::operator=(timer_owner&& other) noexcept {
  const timer_owner old(std::exchange(state_, std::move(other.state_)));
  return *this;
}

timer_owner::~timer_owner() {
  if (state_) stop_timer(*state_);
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
  auto node = std::make_unique<lone_timer>();
  node->fire = fire_lone_timer;
  chan<time_point> fired = node->fired;
  if (!runtime::timer_start(*node, std::min(when, farthest))) {
    throw std::system_error(make_error_code(errc::not_running), "leat: after() works only inside leat::run");
  }
  [[maybe_unused]] const lone_timer* pending = node.release();
#if defined(LEAT_ASAN)
  __lsan_ignore_object(pending);  // the end of leat::run forgets timers that are pending
#endif
  return fired;
}

timer_owner make_timer(time_point when) {
  auto state = std::make_shared<timer_state>();
  state->ticks = chan<time_point>(1);
  state->fire = send_once;
  return start_new(std::move(state), when);
}

timer_owner make_timer(time_point when, std::move_only_function<void()> function,
                       std::source_location where) {
  auto state = std::make_shared<timer_state>();
  state->function = std::move(function);
  state->where = where;
  state->fire = call_function;
  return start_new(std::move(state), when);
}

timer_owner make_ticker(nanoseconds period) {
  require_positive(period);
  auto state = std::make_shared<timer_state>();
  state->ticks = chan<time_point>(1);
  state->period = period;
  state->fire = send_tick;
  return start_new(std::move(state), sum(clock::now(), period));
}

bool stop_timer(timer_state& state) noexcept {
  const std::lock_guard guard(state.control);
  return call_off(state);
}

bool reset_timer(timer_state& state, time_point when) {
  const std::lock_guard guard(state.control);
  const bool was_pending = call_off(state);
  start(state, when);
  return was_pending;
}

void reset_ticker(timer_state& state, nanoseconds period) {
  require_positive(period);
  const std::lock_guard guard(state.control);
  call_off(state);
  state.period = period;
  start(state, sum(clock::now(), period));
}

receiver<time_point> channel_of(const timer_state& state) noexcept {
  return state.ticks;
}

}  // namespace leat::detail
