// Contexts: how work is told that it is no longer wanted, by when it must be done, and on whose behalf it
// runs.
//
//   auto [ctx, cancel] = leat::with_timeout(request, 2s);
//   leat::select(answers.on_receive(...), ctx.done().on_receive([&](auto) { log(ctx.error()); }));
//
// Contexts form a tree: cancelling one cancels all that were derived from it, and nothing else. Hand one on
// as the first parameter of what may wait. A deadline needs the runtime; all else works anywhere.
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <system_error>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <leat/chan.hpp>
#include <leat/deadline.hpp>
#include <leat/error.hpp>

namespace leat {

namespace detail {

class cancel_node;

// What a context handle refers to. Nodes keep their parents alive.
class context_node {
 public:
  explicit context_node(std::shared_ptr<const context_node> parent) noexcept;
  virtual ~context_node() = default;
  context_node(const context_node&) = delete;
  context_node& operator=(const context_node&) = delete;

  /// The nearest node, this one included, that can be cancelled; null if there is none.
  cancel_node* canceler() const noexcept { return canceler_; }
  const context_node* parent() const noexcept { return parent_.get(); }
  virtual const void* own_value(const std::type_info&) const noexcept { return nullptr; }

 protected:
  context_node(std::shared_ptr<const context_node> parent, cancel_node* canceler) noexcept
      : parent_(std::move(parent)), canceler_(canceler) {}

 private:
  const std::shared_ptr<const context_node> parent_;
  cancel_node* const canceler_;
};

template <typename T>
class value_node final : public context_node {
 public:
  template <typename... Arguments>
  explicit value_node(std::shared_ptr<const context_node> parent, Arguments&&... arguments)
      : context_node(std::move(parent)), value_(std::forward<Arguments>(arguments)...) {}

  const void* own_value(const std::type_info& type) const noexcept override {
    return type == typeid(T) ? &value_ : nullptr;
  }

 private:
  const T value_;
};

}  // namespace detail

/// A handle of a context: cheap to copy, shared, usable from any goroutine or thread.
class context {
 public:
  /// The root of all contexts: never cancelled, without deadline or values.
  context() noexcept = default;
  static context background() noexcept { return {}; }

  /// A channel that is closed when the context is cancelled, and never sent on; the nil channel, which waits
  /// for ever, if that cannot happen.
  receiver<unit> done() const;

  /// Why the context is cancelled: errc::canceled or errc::deadline_exceeded. No error (false) while it is
  /// not.
  std::error_code error() const noexcept;

  /// The reason that was given when it, or the ancestor from which that came, was cancelled; error() if none
  /// was.
  std::error_code cause() const noexcept;

  /// The moment when it will be cancelled at the latest.
  std::optional<time_point> deadline() const noexcept;

  /// The value of exactly this type that is nearest up the tree, or null. It lives as long as the context.
  template <typename T>
  const T* value() const noexcept {
    for (const detail::context_node* node = node_.get(); node; node = node->parent()) {
      if (const void* found = node->own_value(typeid(T))) return static_cast<const T*>(found);
    }
    return nullptr;
  }

  /// Whether both are handles of one context.
  friend bool operator==(const context&, const context&) noexcept = default;

  explicit context(std::shared_ptr<const detail::context_node> node) noexcept : node_(std::move(node)) {}
  const std::shared_ptr<const detail::context_node>& node() const noexcept { return node_; }

 private:
  std::shared_ptr<const detail::context_node> node_;  // null: the background
};

/// The right to cancel a context. Cancels when it is destroyed, so that nothing derived for a piece of work
/// outlives it. Any goroutine or thread may call it; the second call and all later ones do nothing.
class [[nodiscard]] cancel_handle {
 public:
  explicit cancel_handle(std::shared_ptr<detail::cancel_node> node) noexcept;
  cancel_handle(cancel_handle&& other) noexcept = default;
  cancel_handle& operator=(cancel_handle&& other) noexcept;
  ~cancel_handle();

  /// Cancels with errc::canceled; `cause` is what cause() tells then. Returns when the context and all that
  /// derives from it are cancelled and their done() channels closed, unless another call was first and is
  /// still at it.
  void operator()(std::error_code cause = {}) const noexcept;

 private:
  std::shared_ptr<detail::cancel_node> node_;
};

/// What derives a context that can be cancelled: `auto [ctx, cancel] = with_cancel(parent);`
struct [[nodiscard]] cancelable_context {
  context ctx;
  cancel_handle cancel;
};

/// A context that is cancelled by its handle, or with `parent`.
cancelable_context with_cancel(const context& parent);

/// A context that is also cancelled at `deadline`, with errc::deadline_exceeded; `cause` is what cause()
/// tells then. At once if that is past. The parent's deadline counts too. Throws std::system_error with
/// errc::not_running outside leat::run.
cancelable_context with_deadline_at(const context& parent, time_point deadline, std::error_code cause = {});

/// As with_deadline_at(), for any clock.
template <typename Clock, typename Duration>
cancelable_context with_deadline(const context& parent,
                                 const std::chrono::time_point<Clock, Duration>& deadline,
                                 std::error_code cause = {}) {
  return with_deadline_at(parent, deadline_at(deadline), cause);
}

/// As with_deadline_at(), `span` from now.
template <typename Rep, typename Period>
cancelable_context with_timeout(const context& parent, const std::chrono::duration<Rep, Period>& span,
                                std::error_code cause = {}) {
  return with_deadline_at(parent, deadline_after(span), cause);
}

/// A context that carries `value`, to be found by its type: make a type for each purpose, `struct user {
/// std::string name; };`, so that no two packages mean different things by one. It is const from then on, and
/// shared.
template <typename T>
context with_value(const context& parent, T value) {
  return context(std::make_shared<const detail::value_node<T>>(parent.node(), std::move(value)));
}

/// A context with the values of `parent`, which lives on when that is cancelled, and has no deadline.
context without_cancel(const context& parent);

/// Keeps a function registered with a context; see after_func(). Destroying it calls the registration off.
class [[nodiscard]] stop_handle {
 public:
  explicit stop_handle(std::shared_ptr<detail::cancel_node> node) noexcept;
  stop_handle(stop_handle&& other) noexcept = default;
  stop_handle& operator=(stop_handle&& other) noexcept;
  ~stop_handle();

  /// Calls it off. True: the function will not run. False: it has been started, or was called off before.
  bool operator()() const noexcept;

 private:
  std::shared_ptr<detail::cancel_node> node_;
};

/// Runs `function` in a goroutine of its own once `ctx` is cancelled, at once if it is already; where no
/// goroutine can be had, in the one that cancels. Keep the handle as long as the function is wanted:
///
///   auto stop = leat::after_func(ctx, [&] { conn.close(); });   // gives up what waits in conn
stop_handle after_func(const context& ctx, std::move_only_function<void()> function,
                       std::source_location where = std::source_location::current());

/// Parks the caller for `span`, or until `ctx` is cancelled. Errors: that of the context, and at once if it
/// is cancelled already.
result<void> sleep_until(const context& ctx, time_point moment);
template <typename Rep, typename Period>
result<void> sleep_for(const context& ctx, const std::chrono::duration<Rep, Period>& span) {
  return sleep_until(ctx, deadline_after(span));
}

}  // namespace leat
