// What waits and what does not, as tables: every operation, in every form in which it can be written, on
// every kind of channel, and with elements of many types.
#include <any>
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <leat/chan.hpp>
#include <leat/parked_test.hpp>
#include <leat/select.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using testing::await_parked;
using testing::parked_count;

LEAT_TEST_ON_WORKERS(sending_in_every_form);
LEAT_TEST_ON_WORKERS(receiving_in_every_form);
LEAT_TEST_ON_WORKERS(elements_of_every_type);
LEAT_TEST_ON_WORKERS(a_received_value);
LEAT_TEST_ON_WORKERS(the_expressions_of_a_select);

constexpr auto never_mind = [](auto&&...) {};
constexpr auto must_not_run = [](auto&&...) { ADD_FAILURE() << "a case that must not be chosen"; };

enum class outcome { done, waits, throws };

// What `operation` comes to in a goroutine of its own. One that waits does so until the program ends.
outcome outcome_of(std::function<void()> operation) {
  const std::size_t waiting = parked_count();
  const auto result = std::make_shared<std::atomic<int>>(-1);
  go([result, operation = std::move(operation)] {
    outcome found = outcome::done;
    try {
      operation();
    } catch (const channel_error&) {
      found = outcome::throws;
    }
    *result = static_cast<int>(found);
  });
  while (*result < 0)
    if (parked_count() > waiting)
      return outcome::waits;
    else
      leat::yield();
  return static_cast<outcome>(result->load());
}

// Makes a channel with one property, anew for each operation.
using maker = std::function<chan<int>()>;

chan<int> make_full() {
  const chan<int> c{10};
  while (c.size() < c.capacity())
    c.send(7);
  return c;
}

chan<int> closed(const chan<int>& c) {
  c.close();
  return c;
}

struct form {
  const char* name;
  std::function<void(const chan<int>&)> operation;
};

const form sends[] = {
    {"send", [](const chan<int>& c) { c.send(7); }},
    {"send by a sender", [](const chan<int>& c) { sender<int>(c).send(7); }},
    {"select of one", [](const chan<int>& c) { select(c.on_send(7)); }},
    {"select beside a nil channel",
     [](const chan<int>& c) { select(c.on_send(7), sender<int>().on_send(7, must_not_run)); }},
    {"select of the same twice", [](const chan<int>& c) { select(c.on_send(7), c.on_send(7)); }},
    {"select of a list",
     [](const chan<int>& c) {
       select_list list;
       list.add(c.on_send(7));
       list.select();
     }},
};

const form sends_without_waiting[] = {
    {"try_send", [](const chan<int>& c) { c.try_send(7); }},
    {"select with otherwise", [](const chan<int>& c) { select(c.on_send(7), otherwise(never_mind)); }},
};

const form receives[] = {
    {"receive", [](const chan<int>& c) { c.receive(); }},
    {"receive by a receiver", [](const chan<int>& c) { receiver<int>(c).receive(); }},
    {"select of one", [](const chan<int>& c) { select(c.on_receive(never_mind)); }},
    {"select beside a nil channel",
     [](const chan<int>& c) { select(c.on_receive(never_mind), receiver<int>().on_receive(must_not_run)); }},
    {"select of the same twice",
     [](const chan<int>& c) { select(c.on_receive(never_mind), c.on_receive(never_mind)); }},
    {"select of a list",
     [](const chan<int>& c) {
       select_list list;
       list.add(c.on_receive(never_mind));
       list.select();
     }},
    {"the first step of a loop",
     [](const chan<int>& c) {
       for ([[maybe_unused]] const int value : c)
         return;
     }},
};

const form receives_without_waiting[] = {
    {"try_receive", [](const chan<int>& c) { c.try_receive(); }},
    {"select with otherwise",
     [](const chan<int>& c) { select(c.on_receive(never_mind), otherwise(never_mind)); }},
};

void expect_of_all(std::span<const form> forms, const char* kind, const maker& make, outcome expected) {
  for (const form& one : forms) {
    EXPECT_EQ(outcome_of([&one, c = make()] { one.operation(c); }), expected)
        << one.name << ", on a channel that is " << kind;
  }
}

TEST_P(sending_in_every_form, waits_or_not_or_throws_as_the_channel_demands) {
  run([] {
    const struct {
      const char* kind;
      maker make;
      outcome expected;
    } table[] = {
        {"nil", [] { return chan<int>(nullptr); }, outcome::waits},
        {"unbuffered", [] { return chan<int>(); }, outcome::waits},
        {"empty", [] { return chan<int>(10); }, outcome::done},
        {"full", make_full, outcome::waits},
        {"closed and unbuffered", [] { return closed(chan<int>()); }, outcome::throws},
        {"closed and empty", [] { return closed(chan<int>(10)); }, outcome::throws},
        {"closed and full", [] { return closed(make_full()); }, outcome::throws},
    };
    for (const auto& [kind, make, expected] : table) {
      expect_of_all(sends, kind, make, expected);
      const auto without_waiting = expected == outcome::waits ? outcome::done : expected;
      expect_of_all(sends_without_waiting, kind, make, without_waiting);
    }
  });
}

TEST_P(receiving_in_every_form, waits_or_not_as_the_channel_demands) {
  run([] {
    const struct {
      const char* kind;
      maker make;
      outcome expected;
    } table[] = {
        {"nil", [] { return chan<int>(nullptr); }, outcome::waits},
        {"unbuffered", [] { return chan<int>(); }, outcome::waits},
        {"empty", [] { return chan<int>(10); }, outcome::waits},
        {"full", make_full, outcome::done},
        {"closed and unbuffered", [] { return closed(chan<int>()); }, outcome::done},
        {"closed and empty", [] { return closed(chan<int>(10)); }, outcome::done},
        {"closed and full", [] { return closed(make_full()); }, outcome::done},
    };
    for (const auto& [kind, make, expected] : table) {
      expect_of_all(receives, kind, make, expected);
      expect_of_all(receives_without_waiting, kind, make, outcome::done);
    }
    EXPECT_EQ(outcome_of([] { select(); }), outcome::waits);
    EXPECT_EQ(outcome_of([] { select_list().select(); }), outcome::waits);
    EXPECT_EQ(outcome_of([] { select(otherwise(never_mind)); }), outcome::done);
  });
}

// --- Types ---

template <typename T>
void meet_without_waiting(const T& value, auto&& same) {
  const chan<T> c;
  EXPECT_FALSE(c.try_receive());
  EXPECT_FALSE(c.try_send(value));
  EXPECT_EQ(select(c.on_receive(must_not_run), otherwise(never_mind)), 1U);
  EXPECT_EQ(select(c.on_send(value, must_not_run), otherwise(never_mind)), 1U);

  wait_group other;
  const auto receive = [&] { EXPECT_TRUE(same(*c.receive(), value)); };
  const auto send = [&] { c.send(value); };
  const auto take = [&](const std::optional<T>& got) { EXPECT_TRUE(same(*got, value)); };
  other.go(receive);
  await_parked(1);
  EXPECT_TRUE(c.try_send(value));
  other.wait();
  other.go(receive);
  await_parked(1);
  EXPECT_EQ(select(c.on_send(value), otherwise(must_not_run)), 0U);
  other.wait();
  other.go(send);
  await_parked(1);
  EXPECT_TRUE(same(*c.try_receive(), value));
  other.wait();
  other.go(send);
  await_parked(1);
  EXPECT_EQ(select(c.on_receive(take), otherwise(must_not_run)), 0U);
  other.wait();
}

template <typename T>
void pass_a_buffer_without_waiting(const T& value, auto&& same) {
  const chan<T> c{1};
  const auto take = [&](const std::optional<T>& got) { EXPECT_TRUE(same(*got, value)); };
  EXPECT_FALSE(c.try_receive());
  EXPECT_EQ(select(c.on_receive(must_not_run), otherwise(never_mind)), 1U);
  EXPECT_TRUE(c.try_send(value));
  EXPECT_FALSE(c.try_send(value));
  EXPECT_EQ(select(c.on_send(value, must_not_run), otherwise(never_mind)), 1U);
  EXPECT_TRUE(same(*c.try_receive(), value));
  EXPECT_EQ(select(c.on_send(value), otherwise(must_not_run)), 0U);
  EXPECT_EQ(select(c.on_receive(take), otherwise(must_not_run)), 0U);
  c.close();
  EXPECT_FALSE(c.try_receive());
  EXPECT_TRUE(c.is_drained());
}

template <typename T>
void expect_attempts(const T& value, auto&& same) {
  meet_without_waiting(value, same);
  pass_a_buffer_without_waiting(value, same);
}

struct shape {
  virtual ~shape() = default;
  virtual int corners() const = 0;
};
struct square : shape {
  int corners() const override { return 4; }
};

TEST_P(elements_of_every_type, pass_attempts_exactly_when_somebody_is_ready) {
  run([] {
    const auto equal = std::equal_to<>();
    expect_attempts<bool>(true, equal);
    expect_attempts<char>('x', equal);
    expect_attempts<std::int16_t>(-300, equal);
    expect_attempts<long>(1L << 40, equal);
    expect_attempts<double>(2.5, equal);
    expect_attempts<unit>({}, equal);
    expect_attempts<std::string>(std::string(100, 'y'), equal);
    expect_attempts<std::array<long, 100>>({1, 2, 3}, equal);
    expect_attempts<std::vector<int>>({1, 2, 3}, equal);
    expect_attempts<std::optional<int>>(5, equal);
    expect_attempts<std::optional<int>>(std::nullopt, equal);
    expect_attempts<const char*>(nullptr, equal);
    expect_attempts<chan<int>>(chan<int>(3), equal);
    expect_attempts<std::shared_ptr<const shape>>(
        std::make_shared<square>(),
        [](const auto& a, const auto& b) { return a->corners() == b->corners(); });
    expect_attempts<std::any>(std::string("any"), [](const std::any& a, const std::any& b) {
      return std::any_cast<std::string>(a) == std::any_cast<std::string>(b);
    });
    expect_attempts<std::function<int()>>([] { return 17; },
                                          [](const auto& a, const auto& b) { return a() == b(); });
  });
}

// An empty optional that was sent is not the absence of a value.
TEST_P(elements_of_every_type, are_told_apart_from_a_close) {
  run([] {
    const chan<std::optional<int>> c{2};
    c.send(std::nullopt);
    c.close();
    EXPECT_EQ(c.receive(), std::optional<std::optional<int>>(std::in_place, std::nullopt));
    EXPECT_EQ(c.receive(), std::nullopt);
  });
}

// --- Discarding ---

TEST_P(a_received_value, may_be_discarded_in_every_form) {
  run([] {
    const std::function<void(const chan<int>&)> receive_forms[] = {
        [](const chan<int>& c) { c.receive(); },
        [](const chan<int>& c) { select(c.on_receive(never_mind)); },
        [](const chan<int>& c) { select(c.on_receive(never_mind), chan<int>().on_receive(must_not_run)); },
        [](const chan<int>& c) {
          for ([[maybe_unused]] const int value : c)
            break;
        },
    };
    const std::function<void(const chan<int>&)> send_forms[] = {
        [](const chan<int>& c) { c.send(1); },
        [](const chan<int>& c) { select(c.on_send(1)); },
        [](const chan<int>& c) { select(c.on_send(1), chan<int>().on_send(1, must_not_run)); },
    };
    for (const auto& receive : receive_forms) {
      for (const auto& send : send_forms) {
        const chan<int> c;
        wait_group receiver;
        receiver.go([&] { receive(c); });
        await_parked(1);
        send(c);
        receiver.wait();
      }
    }
  });
}

TEST_P(a_received_value, reaches_its_place_through_any_indirection) {
  run([] {
    struct {
      struct {
        int a = 0;
      } inner;
    } outer;
    const auto source = std::make_unique<chan<int>>(1);
    const chan<int>* const* const far = [p = source.get()]() mutable {
      static const chan<int>* kept;
      kept = p;
      return &kept;
    }();
    (*far)->send(42);
    EXPECT_EQ(
        select(chan<int>().on_receive(must_not_run),
               (*far)->on_receive([place = &outer.inner.a](std::optional<int> value) { *place = *value; })),
        1U);
    EXPECT_EQ(outer.inner.a, 42);
  });
}

// --- Evaluation ---
//
// C++ leaves open in which order the cases of one call are made. Within a case the channel comes before the
// value; and all are made, each once, before anything is done.

TEST_P(the_expressions_of_a_select, are_each_evaluated_once_before_anything_is_done) {
  run([] {
    const chan<int> ready{1};
    const chan<int> silent;
    const chan<int> nil(nullptr);
    std::string log;
    const auto channel = [&](char name, const chan<int>& c) {
      log += name;
      return c;
    };
    const auto value = [&](char name) {
      log += name;
      EXPECT_EQ(ready.size(), 0U) << "nothing may be sent yet";
      return 1;
    };
    const auto count = [&](char name) { return std::ranges::count(log, name); };
    EXPECT_EQ(
        select(channel('a', silent).on_send(value('b'), must_not_run),
               channel('c', ready).on_send(value('d')), channel('e', nil).on_send(value('f'), must_not_run),
               channel('g', silent).on_receive(must_not_run), channel('h', nil).on_receive(must_not_run)),
        1U);
    EXPECT_EQ(log.size(), 8U) << log;
    for (const char name : std::string("abcdefgh"))
      EXPECT_EQ(count(name), 1) << name << " in " << log;
    for (const auto& [before, after] : {std::pair('a', 'b'), std::pair('c', 'd'), std::pair('e', 'f')})
      EXPECT_LT(log.find(before), log.find(after)) << log;
  });
}

TEST_P(the_expressions_of_a_select, that_throw_end_it_before_anything_is_done) {
  run([] {
    const chan<int> ready{1};
    const auto no_channel = []() -> chan<int> { throw std::runtime_error("no channel"); };
    const auto no_value = []() -> int { throw std::runtime_error("no value"); };
    EXPECT_THROW(select(ready.on_send(1, must_not_run), no_channel().on_receive(must_not_run)),
                 std::runtime_error);
    EXPECT_THROW(select(ready.on_send(no_value(), must_not_run), otherwise(must_not_run)),
                 std::runtime_error);
    EXPECT_EQ(ready.size(), 0U);
  });
}

TEST_P(the_expressions_of_a_select, give_the_value_that_they_had_when_it_began) {
  run([] {
    const chan<int> c{1};
    int value = 0;
    auto sends_what_was = c.on_send(value);
    value = 42;
    EXPECT_EQ(select(sends_what_was), 0U);
    EXPECT_EQ(c.receive(), 0);
  });
}

TEST_P(the_expressions_of_a_select, may_be_left_by_an_exception_from_one_two_or_three_cases) {
  run([] {
    const chan<int> c{1};
    const chan<int> silent;
    struct leave {};
    const auto leaves = [](auto) { throw leave(); };
    c.send(1);
    EXPECT_THROW(select(c.on_receive(leaves)), leave);
    c.send(2);
    EXPECT_THROW(select(c.on_receive(leaves), otherwise(must_not_run)), leave);
    c.send(3);
    EXPECT_THROW(select(silent.on_receive(must_not_run), c.on_receive(leaves)), leave);
    c.send(4);
    EXPECT_THROW(
        select(silent.on_send(1, must_not_run), c.on_receive(leaves), silent.on_receive(must_not_run)),
        leave);
    EXPECT_THROW(select(silent.on_receive(must_not_run), otherwise([] { throw leave(); })), leave);
    EXPECT_THROW(select(c.on_send(5, [] { throw leave(); })), leave);
    EXPECT_EQ(c.receive(), 5) << "the handler runs when all is done";
  });
}

}  // namespace
}  // namespace leat
