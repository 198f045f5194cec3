// What the compiler must refuse, and in words that say why: one mistake in each part, which misuse_test.py
// compiles alone. What it `says` is a pattern that must be found in the compiler's errors; g++ and clang put
// things differently.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <leat/leat.hpp>

namespace {

[[maybe_unused]] void try_out(const leat::chan<int>& both, const leat::sender<int>& to,
                              const leat::receiver<int>& from) {
#if defined(nothing)
  // says: no error, so that the rest of this file is known to be right
  to.send(1);
  from.receive();
  both.close();
#elif defined(send_on_a_receiver)
  // says: no member named .send.
  from.send(1);
#elif defined(try_send_on_a_receiver)
  // says: no member named .try_send.
  from.try_send(1);
#elif defined(close_a_receiver)
  // says: no member named .close.
  from.close();
#elif defined(receive_from_a_sender)
  // says: no member named .receive.
  to.receive();
#elif defined(try_receive_from_a_sender)
  // says: no member named .try_receive.
  to.try_receive();
#elif defined(loop_over_a_sender)
  // says: begin
  for (int value : to)
    static_cast<void>(value);
#elif defined(select_a_send_on_a_receiver)
  // says: no member named .on_send.
  leat::select(from.on_send(1, [] {}));
#elif defined(select_a_receive_from_a_sender)
  // says: no member named .on_receive.
  leat::select(to.on_receive([](std::optional<int>) {}));
#elif defined(a_sender_becomes_a_channel)
  // says: conversion from .*sender<int>
  const leat::chan<int> back = to;
#elif defined(a_receiver_becomes_a_channel)
  // says: conversion from .*receiver<int>
  const leat::chan<int> back = from;
#elif defined(a_receiver_becomes_a_sender)
  // says: conversion from .*receiver<int>
  const leat::sender<int> other = from;
#elif defined(a_sender_is_passed_for_a_channel)
  // says: no match(ing function)? for call
  [](leat::chan<int>) {}(to);
#elif defined(a_channel_of_another_type)
  // says: conversion from .*chan<int>
  const leat::receiver<long> wider = both;
#elif defined(a_value_of_another_type)
  // says: invalid conversion from .const char|cannot initialize a parameter of type .int.
  both.send("one");
#elif defined(a_value_of_another_type_in_select)
  // says: no matching (member )?function for call to .*on_send
  leat::select(both.on_send(std::string("one"), [] {}));
#elif defined(a_value_that_is_kept_but_cannot_be_copied)
  // says: deleted
  const leat::chan<std::unique_ptr<int>> c;
  auto kept = std::make_unique<int>(1);
  c.send(kept);
#elif defined(a_handler_that_knows_no_close)
  // says: the handler of on_receive takes a std::optional<T>; it is empty when
  leat::select(both.on_receive([](std::string) {}));
#elif defined(two_defaults)
  // says: leat::select: at most one otherwise\(\)
  leat::select(leat::otherwise([] {}), both.on_send(1), leat::otherwise([] {}));
#elif defined(a_channel_of_references)
  // says: leat::chan: T must be an object that can be moved, and not const
  const leat::chan<int&> references;
#elif defined(a_channel_of_constants)
  // says: leat::chan: T must be an object that can be moved, and not const
  const leat::chan<const int> constants;
#elif defined(a_channel_of_what_cannot_be_moved)
  // says: leat::chan: T must be an object that can be moved, and not const
  const leat::chan<leat::mutex> c;
#elif defined(a_number_for_a_channel)
  // says: conversion from .*int.* to .*chan<int>
  const leat::chan<int> c = 3;
#elif defined(a_copied_condition_variable)
  // says: deleted
  const leat::condition_variable one;
  const leat::condition_variable two(one);
#elif defined(a_copied_mutex)
  // says: deleted
  const leat::mutex one;
  const leat::mutex two(one);
#elif defined(a_goroutine_without_a_function)
  // says: no matching function for call to .go
  leat::go(42);
#else
#error "this part has no name"
#endif
  static_cast<void>(both);
  static_cast<void>(to);
  static_cast<void>(from);
}

}  // namespace
