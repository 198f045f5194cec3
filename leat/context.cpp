// The tree of contexts. A node that can be cancelled stands in the list of the nearest one above it; the list
// does not own it, so it takes itself out when it is cancelled or destroyed.
//
// Invariants, whenever a node's lock is free:
//  - `canceled` is set exactly when `error` is; both, and `cause`, never change afterwards;
//  - a cancelled node has no children in its list, and `done`, if there is one, is closed or about to be;
//  - a child's place in the list (`linked`, `next_sibling`, `previous_sibling`) is guarded by its parent's
//  lock.
//
// No two nodes' locks are ever held together. Cancelling goes down the tree with a list, not by recursion,
// because stacks are small and trees may be deep.
#include <algorithm>
#include <atomic>
#include <mutex>

#include <leat/context.hpp>
#include <leat/go.hpp>
#include <leat/runtime/timer_node.hpp>

namespace leat {
namespace detail {

class cancel_node final : public context_node,
                          public std::enable_shared_from_this<cancel_node>,
                          private runtime::timer_node {
 public:
  cancel_node(std::shared_ptr<const context_node> parent, time_point deadline,
              std::error_code timeout_cause) noexcept
      : context_node(std::move(parent), this), deadline_(deadline), timeout_cause_(timeout_cause) {}
  cancel_node(std::shared_ptr<const context_node> parent, std::move_only_function<void()> function,
              std::source_location where)
      : cancel_node(std::move(parent), never, {}) {
    function_ = std::move(function);
    where_ = where;
  }
  ~cancel_node() override;

  /// Joins the parent's list, so as to be cancelled with it, and starts the timer if the deadline is its own.
  void start();

  /// Cancels this node and all below. False: it was cancelled already.
  bool cancel(std::error_code error, std::error_code cause) noexcept;

  /// Cancels it without calling its function. False: too late.
  bool call_off() noexcept;

  receiver<unit> done();
  std::error_code error() const noexcept {
    return canceled_.load(std::memory_order_acquire) ? error_ : std::error_code{};
  }
  std::error_code cause() const noexcept {
    return canceled_.load(std::memory_order_acquire) ? cause_ : std::error_code{};
  }
  time_point deadline() const noexcept { return deadline_; }

 private:
  using node_ptr = std::shared_ptr<cancel_node>;

  cancel_node* above() const noexcept { return parent() ? parent()->canceler() : nullptr; }
  bool adopt(cancel_node& child) noexcept;
  void disown(cancel_node& child) noexcept;
  bool cancel_alone(std::error_code error, std::error_code cause, node_ptr& work) noexcept;
  void take_children(node_ptr& work) noexcept;
  void run_function() noexcept;
  static time_point deadline_passed(runtime::timer_node& node) noexcept;

  const time_point deadline_;
  const std::error_code timeout_cause_;
  std::source_location where_;
  std::atomic<bool> canceled_{false};  // written under lock_

  mutable runtime::spinlock lock_;  // guards what follows, up to the place in the parent's list
  std::error_code error_;
  std::error_code cause_;
  chan<unit> done_{nullptr};  // made when first asked for
  std::move_only_function<void()> function_;
  cancel_node* first_child_ = nullptr;

  cancel_node* next_sibling_ = nullptr;
  cancel_node* previous_sibling_ = nullptr;
  bool linked_ = false;

  // While somebody cancels: what comes after this node in the list of what is still to be done. Held by the
  // list.
  node_ptr next_work_;
  // The timer's own reference, while it waits for memory for a goroutine.
  node_ptr late_;
};

context_node::context_node(std::shared_ptr<const context_node> parent) noexcept
    : parent_(std::move(parent)), canceler_(parent_ ? parent_->canceler() : nullptr) {}

cancel_node::~cancel_node() {
  runtime::timer_stop(*this);
  if (cancel_node* const parent = above()) parent->disown(*this);
}

void cancel_node::start() {
  cancel_node* const parent = above();
  if (parent && !parent->adopt(*this)) {
    cancel(parent->error(), parent->cause());
    return;
  }
  if (deadline_ == never || (parent && parent->deadline() <= deadline_))
    return;  // the parent's timer serves both
  if (deadline_ <= runtime::clock::now()) {
    cancel(errc::deadline_exceeded, timeout_cause_);
    return;
  }
  fire = deadline_passed;
  if (!runtime::timer_start(*this, deadline_)) {
    throw std::system_error(make_error_code(errc::not_running),
                            "leat: a context's deadline works only inside leat::run");
  }
  // Cancelled meanwhile, it would have found no timer to stop.
  if (canceled_.load(std::memory_order_acquire)) runtime::timer_stop(*this);
}

// False: this node is cancelled, and takes no more children.
bool cancel_node::adopt(cancel_node& child) noexcept {
  const std::lock_guard guard(lock_);
  if (canceled_.load(std::memory_order_relaxed)) return false;
  child.next_sibling_ = first_child_;
  if (first_child_) first_child_->previous_sibling_ = &child;
  first_child_ = &child;
  child.linked_ = true;
  return true;
}

void cancel_node::disown(cancel_node& child) noexcept {
  const std::lock_guard guard(lock_);
  if (!std::exchange(child.linked_, false)) return;
  (child.previous_sibling_ ? child.previous_sibling_->next_sibling_ : first_child_) = child.next_sibling_;
  if (child.next_sibling_) child.next_sibling_->previous_sibling_ = child.previous_sibling_;
}

bool cancel_node::cancel(std::error_code error, std::error_code cause) noexcept {
  runtime::scheduling_point();
  if (!cause) cause = error;
  node_ptr work;
  if (!cancel_alone(error, cause, work)) return false;
  while (work) {
    const node_ptr node = std::move(work);
    work = std::move(node->next_work_);
    node->cancel_alone(error, cause, work);
  }
  return true;
}

// Cancels this node and puts its children in front of `work`. False: it was cancelled already.
bool cancel_node::cancel_alone(std::error_code error, std::error_code cause, node_ptr& work) noexcept {
  chan<unit> closing{nullptr};
  {
    const std::lock_guard guard(lock_);
    if (canceled_.load(std::memory_order_relaxed)) return false;
    error_ = error;
    cause_ = cause;
    canceled_.store(true, std::memory_order_release);
    closing = done_;
    take_children(work);
  }
  runtime::timer_stop(*this);
  if (cancel_node* const parent = above()) parent->disown(*this);
  if (closing) closing.close();
  run_function();
  return true;
}

// Under lock_: empties the list. Children that are just being destroyed are left alone.
void cancel_node::take_children(node_ptr& work) noexcept {
  for (cancel_node* child = std::exchange(first_child_, nullptr); child;) {
    cancel_node* const next = child->next_sibling_;
    child->linked_ = false;
    if (node_ptr alive = child->weak_from_this().lock()) {
      alive->next_work_ = std::move(work);
      work = std::move(alive);
    }
    child = next;
  }
}

void cancel_node::run_function() noexcept {
  std::move_only_function<void()> function;
  {
    const std::lock_guard guard(lock_);
    function = std::exchange(function_, nullptr);
  }
  if (!function) return;
  try {
    leat::go(std::move(function), where_);
  } catch (...) {  // then it has not been moved
    function();
  }
}

bool cancel_node::call_off() noexcept {
  std::move_only_function<void()> dropped;
  {
    const std::lock_guard guard(lock_);
    dropped = std::exchange(function_, nullptr);
  }
  const bool in_time = dropped != nullptr;
  cancel(errc::canceled, {});
  return in_time;
}

receiver<unit> cancel_node::done() {
  {
    const std::lock_guard guard(lock_);
    if (done_) return done_;
  }
  chan<unit> made;
  bool is_late = false;
  {
    const std::lock_guard guard(lock_);
    if (done_) return done_;
    done_ = made;
    is_late = canceled_.load(std::memory_order_relaxed);
  }
  // Whoever cancels closes what it finds; what is made later is closed here.
  if (is_late) made.close();
  return made;
}

// Runs under the heap's lock, where cancelling is not possible, because it stops timers. Nor may the last
// reference go here, because the destructor does so too: it moves to the goroutine, or stays in the node.
time_point cancel_node::deadline_passed(runtime::timer_node& node) noexcept {
  auto& self = static_cast<cancel_node&>(node);
  if (!self.late_) self.late_ = self.weak_from_this().lock();
  if (!self.late_) return never;
  try {
    leat::go([&self] {
      const node_ptr owner = std::move(self.late_);
      owner->cancel(errc::deadline_exceeded, owner->timeout_cause_);
    });
    return never;
  } catch (...) {  // no memory for a stack: late is better than never
    return runtime::clock::now() + std::chrono::milliseconds(10);
  }
}

}  // namespace detail

namespace {

detail::cancel_node* canceler(const context& ctx) noexcept {
  return ctx.node() ? ctx.node()->canceler() : nullptr;
}

class detached_node final : public detail::context_node {
 public:
  explicit detached_node(std::shared_ptr<const context_node> parent) noexcept
      : context_node(std::move(parent), nullptr) {}
};

}  // namespace

receiver<unit> context::done() const {
  detail::cancel_node* const node = canceler(*this);
  return node ? node->done() : receiver<unit>(nullptr);
}

std::error_code context::error() const noexcept {
  runtime::scheduling_point();
  const detail::cancel_node* const node = canceler(*this);
  return node ? node->error() : std::error_code{};
}

std::error_code context::cause() const noexcept {
  const detail::cancel_node* const node = canceler(*this);
  return node ? node->cause() : std::error_code{};
}

std::optional<time_point> context::deadline() const noexcept {
  const detail::cancel_node* const node = canceler(*this);
  if (!node || node->deadline() == never) return std::nullopt;
  return node->deadline();
}

cancelable_context with_deadline_at(const context& parent, time_point deadline, std::error_code cause) {
  const time_point earliest = std::min(deadline, parent.deadline().value_or(never));
  auto node = std::make_shared<detail::cancel_node>(parent.node(), earliest, cause);
  node->start();
  return {context(node), cancel_handle(node)};
}

cancelable_context with_cancel(const context& parent) {
  return with_deadline_at(parent, never);
}

context without_cancel(const context& parent) {
  return context(std::make_shared<const detached_node>(parent.node()));
}

stop_handle after_func(const context& ctx, std::move_only_function<void()> function,
                       std::source_location where) {
  auto node = std::make_shared<detail::cancel_node>(ctx.node(), std::move(function), where);
  node->start();
  return stop_handle(std::move(node));
}

result<void> sleep_until(const context& ctx, time_point moment) {
  if (const std::error_code error = ctx.error()) return std::unexpected(error);
  leat::select(ctx.done().on_receive([](std::optional<unit>) {}), leat::on_deadline(moment, [] {}));
  if (const std::error_code error = ctx.error()) return std::unexpected(error);
  return {};
}

cancel_handle::cancel_handle(std::shared_ptr<detail::cancel_node> node) noexcept : node_(std::move(node)) {}

cancel_handle& cancel_handle::operator=(cancel_handle&& other) noexcept {
  const cancel_handle old(std::exchange(node_, std::move(other.node_)));
  return *this;
}

cancel_handle::~cancel_handle() {
  (*this)();
}

void cancel_handle::operator()(std::error_code cause) const noexcept {
  if (node_) node_->cancel(errc::canceled, cause);
}

stop_handle::stop_handle(std::shared_ptr<detail::cancel_node> node) noexcept : node_(std::move(node)) {}

stop_handle& stop_handle::operator=(stop_handle&& other) noexcept {
  const stop_handle old(std::exchange(node_, std::move(other.node_)));
  return *this;
}

stop_handle::~stop_handle() {
  (*this)();
}

bool stop_handle::operator()() const noexcept {
  return node_ && node_->call_off();
}

}  // namespace leat
