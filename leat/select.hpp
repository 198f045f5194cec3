// Select: wait on several channel operations at once, and do exactly one of them.
//
//   leat::select(
//       jobs.on_receive([&](std::optional<job> j) { ... }),   // nothing: closed
//       results.on_send(r, [&] { ... }),
//       leat::on_timeout(2s, [&] { ... }),
//       leat::otherwise([&] { ... }));                        // Go's default
//
// Among the operations that are ready one is chosen at random, each with the same probability. If none is
// ready, select parks (it never polls) until one is, the earliest timeout passes, or, with otherwise(), it
// does not wait at all. The handler runs after the operation is complete and no lock is held. Select returns
// the index of the case that was chosen, counted over all arguments.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <vector>

#include <leat/chan.hpp>
#include <leat/deadline.hpp>
#include <leat/runtime/select_core.hpp>

namespace leat {

namespace runtime {

struct channel_case_tag {};
struct timeout_case_tag {};
struct default_case_tag {};

// The channel of a case: that of a handle which outlives the case, or kept alive by the case itself.
template <typename T>
class case_channel {
 public:
  explicit case_channel(const channel_handle<T>& lent) noexcept : target_(lent.get()) {}
  explicit case_channel(channel_handle<T>&& given) noexcept : target_(given.get()), kept_(std::move(given)) {}

  channel<T>* get() const noexcept { return target_; }

  void keep() noexcept {
    if (!target_ || kept_.get()) return;
    target_->retain();
    kept_ = channel_handle<T>(target_);
  }

  void reset() noexcept {
    target_ = nullptr;
    kept_ = channel_handle<T>();
  }

 private:
  channel<T>* target_;
  channel_handle<T> kept_;
};

/// What on_receive() makes.
template <typename T, typename F>
class receive_case : public select_case {
 public:
  using tag = channel_case_tag;

  receive_case(case_channel<T> from, F then) : from_(std::move(from)), then_(std::move(then)) {}
  receive_case(receive_case&& other) noexcept(std::is_nothrow_move_constructible_v<F>)
      : receive_case(std::move(other.from_), std::move(other.then_)) {}

  /// From now on the channel lives as long as the case.
  void keep() noexcept { from_.keep(); }

  void prepare() noexcept {
    core = from_.get();
    sends = false;
    slot = static_cast<void*>(&value_);
    try_locked = [](select_case& self, waiter*& woken) noexcept {
      auto& own = static_cast<receive_case&>(self);
      return own.from_.get()->try_receive_locked(own.value_, woken);
    };
  }

  void finish() {
    auto taken = unwrap<T>(std::move(value_));
    value_.reset();
    std::invoke(then_, std::move(taken));
  }

 private:
  case_channel<T> from_;
  F then_;
  std::optional<parcel<T>> value_;
};

/// What on_send() makes.
template <typename T, typename F>
class send_case : public select_case {
 public:
  using tag = channel_case_tag;

  send_case(case_channel<T> to, parcel<T> value, F then)
      : to_(std::move(to)), value_(std::move(value)), then_(std::move(then)) {}
  send_case(send_case&& other) noexcept(std::is_nothrow_move_constructible_v<parcel<T>> &&
                                        std::is_nothrow_move_constructible_v<F>)
      : send_case(std::move(other.to_), std::move(other.value_), std::move(other.then_)) {}

  /// From now on the channel lives as long as the case.
  void keep() noexcept { to_.keep(); }

  void prepare() noexcept {
    core = to_.get();
    sends = true;
    slot = static_cast<void*>(&value_);
    try_locked = [](select_case& self, waiter*& woken) noexcept {
      auto& own = static_cast<send_case&>(self);
      return own.to_.get()->try_send_locked(own.value_, woken);
    };
  }

  void finish() {
    to_.reset();  // the value is gone: in a list, this case is never ready again
    if constexpr (std::is_pointer_v<F>) {
      if (then_) then_();
    } else {
      std::invoke(then_);
    }
  }

 private:
  case_channel<T> to_;
  parcel<T> value_;
  F then_;
};

/// What on_timeout() and on_deadline() make.
template <typename F>
struct timeout_case {
  using tag = timeout_case_tag;
  time_point deadline;
  F then;
};

/// What otherwise() makes.
template <typename F>
struct default_case {
  using tag = default_case_tag;
  F then;
};

template <typename Case>
using tag_of = typename std::remove_cvref_t<Case>::tag;
template <typename Case>
inline constexpr bool is_channel_case = std::same_as<tag_of<Case>, channel_case_tag>;
template <typename Case>
inline constexpr bool is_timeout_case = std::same_as<tag_of<Case>, timeout_case_tag>;
template <typename Case>
inline constexpr bool is_default_case = std::same_as<tag_of<Case>, default_case_tag>;

template <typename T, typename Base>
template <typename F>
send_case<T, std::decay_t<F>> sending<T, Base>::on_send(T value, F&& then) const& {
  return {case_channel<T>(this->handle_), wrap<T>(std::move(value)), std::forward<F>(then)};
}

template <typename T, typename Base>
template <typename F>
send_case<T, std::decay_t<F>> sending<T, Base>::on_send(T value, F&& then) && {
  return {case_channel<T>(std::move(this->handle_)), wrap<T>(std::move(value)), std::forward<F>(then)};
}

template <typename T, typename Base>
send_case<T, void (*)()> sending<T, Base>::on_send(T value) const& {
  return {case_channel<T>(this->handle_), wrap<T>(std::move(value)), nullptr};
}

template <typename T, typename Base>
send_case<T, void (*)()> sending<T, Base>::on_send(T value) && {
  return {case_channel<T>(std::move(this->handle_)), wrap<T>(std::move(value)), nullptr};
}

template <typename T, typename F>
constexpr void require_receive_handler() {
  static_assert(
      std::invocable<std::decay_t<F>&, std::optional<T>>,
      "leat: the handler of on_receive takes a std::optional<T>; it is empty when the channel is closed");
}

template <typename T, typename Base>
template <typename F>
receive_case<T, std::decay_t<F>> receiving<T, Base>::on_receive(F&& then) const& {
  require_receive_handler<T, F>();
  return {case_channel<T>(this->handle_), std::forward<F>(then)};
}

template <typename T, typename Base>
template <typename F>
receive_case<T, std::decay_t<F>> receiving<T, Base>::on_receive(F&& then) && {
  require_receive_handler<T, F>();
  return {case_channel<T>(std::move(this->handle_)), std::forward<F>(then)};
}

}  // namespace runtime

/// A case for select(): chosen when nothing else was ready by `deadline`.
template <typename F>
auto on_deadline(std::chrono::steady_clock::time_point deadline, F&& then) {
  return runtime::timeout_case<std::decay_t<F>>{deadline, std::forward<F>(then)};
}

/// A case for select(): chosen when nothing else is ready for `span`, counted from this call.
template <typename Rep, typename Period, typename F>
auto on_timeout(std::chrono::duration<Rep, Period> span, F&& then) {
  return on_deadline(deadline_after(span), std::forward<F>(then));
}

/// A case for select(): chosen when nothing else is ready now.
template <typename F>
auto otherwise(F&& then) {
  return runtime::default_case<std::decay_t<F>>{std::forward<F>(then)};
}

/// Does exactly one of `cases` and calls its handler; returns its index among the arguments. With no case
/// that can ever be ready (none at all, or only nil channels) it waits for ever. Throws channel_error when it
/// chose to send on a closed channel, and what handlers throw.
template <typename... Cases>
std::size_t select(Cases&&... cases) {
  constexpr std::size_t channels = (std::size_t{runtime::is_channel_case<Cases>} + ... + 0);
  constexpr std::size_t defaults = (std::size_t{runtime::is_default_case<Cases>} + ... + 0);
  static_assert(defaults <= 1, "leat::select: at most one otherwise()");
  std::array<runtime::select_case*, channels> list{};
  auto deadline = runtime::time_point::max();
  std::size_t filled = 0;
  [[maybe_unused]] const auto collect = [&](auto& one) {
    using given = std::remove_cvref_t<decltype(one)>;
    if constexpr (runtime::is_channel_case<given>) {
      one.prepare();
      list[filled++] = &one;
    } else if constexpr (runtime::is_timeout_case<given>) {
      deadline = std::min(deadline, one.deadline);
    }
  };
  (collect(cases), ...);
  const bool give_up = defaults != 0 && std::ranges::none_of(list, [](const runtime::select_case* one) {
                         return runtime::may_complete(*one);
                       });
  if (give_up) runtime::scheduling_point();
  const std::size_t chosen = give_up ? runtime::no_case : runtime::select_wait(list, defaults == 0, deadline);
  // Which argument that was: the chosen channel case, else the default, else the earliest timeout.
  std::size_t channel_index = 0;
  std::size_t index = 0;
  std::size_t fired = runtime::no_case;
  [[maybe_unused]] const auto dispatch = [&](auto& one) {
    using given = std::remove_cvref_t<decltype(one)>;
    const std::size_t here = index++;
    if (fired != runtime::no_case) return;
    if constexpr (runtime::is_channel_case<given>) {
      if (channel_index++ != chosen) return;
      fired = here;
      one.finish();
    } else if constexpr (runtime::is_default_case<given>) {
      if (chosen != runtime::no_case) return;
      fired = here;
      std::invoke(one.then);
    } else {
      if (chosen != runtime::no_case || defaults != 0 || one.deadline != deadline) return;
      fired = here;
      std::invoke(one.then);
    }
  };
  (dispatch(cases), ...);
  return fired;
}

/// A select over cases that are only known at run time. It may be used again and again; a send case is spent
/// once it was chosen, and never ready afterwards.
///
///   leat::select_list inputs;
///   for (auto& c : channels) inputs.add(c.on_receive([&](std::optional<int> v) { ... }));
///   std::size_t which = inputs.select();
class select_list {
 public:
  /// Adds a case as select() takes them; its index is the number of cases added before. The list keeps the
  /// channel alive.
  template <typename Case>
  void add(Case one) {
    if constexpr (runtime::is_channel_case<Case>) one.keep();
    entries_.push_back(std::make_unique<holder<Case>>(std::move(one)));
  }

  std::size_t size() const noexcept { return entries_.size(); }
  void clear() noexcept { entries_.clear(); }

  /// As leat::select() with the cases that were added.
  std::size_t select() {
    channels_.clear();
    indexes_.clear();
    auto deadline = runtime::time_point::max();
    std::size_t fallback = runtime::no_case;
    bool may_wait = true;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      entry& one = *entries_[i];
      if (runtime::select_case* channel_case = one.prepare()) {
        channels_.push_back(channel_case);
        indexes_.push_back(i);
      } else if (one.is_default()) {
        may_wait = false;
        fallback = i;
      } else if (may_wait && one.deadline() <= deadline) {
        deadline = one.deadline();
        fallback = i;
      }
    }
    const std::size_t chosen = runtime::select_wait(channels_, may_wait, deadline);
    const std::size_t fired = chosen == runtime::no_case ? fallback : indexes_[chosen];
    entries_[fired]->finish();
    return fired;
  }

 private:
  struct entry {
    entry() = default;
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
    virtual ~entry() = default;
    virtual runtime::select_case* prepare() noexcept = 0;  // null: not a channel's
    virtual bool is_default() const noexcept = 0;
    virtual runtime::time_point deadline() const noexcept = 0;
    virtual void finish() = 0;
  };

  template <typename Case>
  struct holder final : entry {
    explicit holder(Case one) : held(std::move(one)) {}
    runtime::select_case* prepare() noexcept override {
      if constexpr (runtime::is_channel_case<Case>) {
        held.prepare();
        return &held;
      } else {
        return nullptr;
      }
    }
    bool is_default() const noexcept override { return runtime::is_default_case<Case>; }
    runtime::time_point deadline() const noexcept override {
      if constexpr (runtime::is_timeout_case<Case>) {
        return held.deadline;
      } else {
        return runtime::time_point::max();
      }
    }
    void finish() override {
      if constexpr (runtime::is_channel_case<Case>) {
        held.finish();
      } else {
        std::invoke(held.then);
      }
    }
    Case held;
  };

  std::vector<std::unique_ptr<entry>> entries_;
  std::vector<runtime::select_case*> channels_;  // kept between calls to save allocations
  std::vector<std::size_t> indexes_;
};

}  // namespace leat
