// Goroutines that work on one thing together: the first that fails calls off the others, and all have ended
// when wait() returns.
//
//   leat::task_group pages(request);
//   pages.limit(8);
//   for (auto& url : urls)
//     pages.go([&](const leat::context& ctx) -> leat::result<void> { return fetch(ctx, url); });
//   if (auto all = pages.wait(); !all) log(all.error());
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

#include <leat/context.hpp>
#include <leat/semaphore.hpp>
#include <leat/wait_group.hpp>

namespace leat {

namespace detail {

template <typename F>
concept task_with_context = std::invocable<F, const context&>;

template <typename F>
concept task_without_context = std::invocable<F>;

template <typename F>
decltype(auto) run_task(F&& task, const context& ctx) {
  if constexpr (task_with_context<F>) {
    return std::invoke(std::forward<F>(task), ctx);
  } else {
    return std::invoke(std::forward<F>(task));
  }
}

}  // namespace detail

/// What task_group::go() runs: a function that takes a const leat::context&, or nothing, and returns void or
/// leat::result<void>.
template <typename F>
concept group_task =
    (detail::task_with_context<F> || detail::task_without_context<F>) &&
    requires(F&& task, const context& ctx) {
      requires std::is_void_v<decltype(detail::run_task(std::forward<F>(task), ctx))> ||
                   std::convertible_to<decltype(detail::run_task(std::forward<F>(task), ctx)), result<void>>;
    };

/// A group of goroutines with one context and one outcome. Destroying it cancels the context and waits for
/// all of them, so they may refer to whatever outlives the group.
class task_group {
 public:
  /// A group whose context derives from `parent`.
  explicit task_group(const context& parent = context::background());
  ~task_group();
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  /// The group's context. It is cancelled by the first failure, with that error as its cause, by cancel(),
  /// and when wait() returns.
  const context& ctx() const noexcept { return cancelable_.ctx; }

  /// Lets at most `count` tasks run at once. To be called before the first task; throws std::logic_error
  /// afterwards, and std::invalid_argument for a count of zero.
  void limit(std::size_t count);

  /// Runs `task` in a goroutine; waits first, where limit() says so, until another has ended. A returned
  /// error or an exception of it is the group's outcome, if it is the first. Throws as leat::go does.
  template <typename F>
    requires group_task<std::decay_t<F>>
  void go(F&& task, std::source_location where = std::source_location::current()) {
    enter();
    start(std::forward<F>(task), where);
  }

  /// As go(), unless it would have to wait; returns whether it started the task.
  template <typename F>
    requires group_task<std::decay_t<F>>
  bool try_go(F&& task, std::source_location where = std::source_location::current()) {
    if (!try_enter()) return false;
    start(std::forward<F>(task), where);
    return true;
  }

  /// Calls off what still runs: cancels the context. That alone is not a failure of the group.
  void cancel() noexcept { cancelable_.cancel(); }

  /// Waits until all tasks have ended, also those that tasks start meanwhile. Returns the first error that a
  /// task returned, or throws the first exception that left one, whichever came first.
  result<void> wait();

 private:
  template <typename F>
  void start(F&& task, std::source_location where) {
    try {
      tasks_.go(
          [this, task = std::forward<F>(task)]() mutable {
            run(std::move(task));
            leave();
          },
          where);
    } catch (...) {
      leave();
      throw;
    }
  }

  // Takes the task by value: all that it holds is gone before its place in the group is free.
  template <typename F>
  void run(F task) {
    try {
      if constexpr (std::is_void_v<decltype(detail::run_task(std::move(task), ctx()))>) {
        detail::run_task(std::move(task), ctx());
      } else if (const result<void> outcome = detail::run_task(std::move(task), ctx()); !outcome) {
        fail(outcome.error(), nullptr);
      }
    } catch (const std::system_error& error) {
      fail(error.code(), std::current_exception());
    } catch (...) {
      fail(errc::canceled, std::current_exception());
    }
  }

  void enter();
  bool try_enter();
  void leave() noexcept;
  void fail(std::error_code error, std::exception_ptr exception) noexcept;

  cancelable_context cancelable_;
  wait_group tasks_;
  std::unique_ptr<semaphore> places_;  // null: no limit
  std::atomic<bool> begun_{false};

  runtime::spinlock lock_;  // guards what follows
  bool failed_ = false;
  std::error_code error_;
  std::exception_ptr exception_;
};

}  // namespace leat
