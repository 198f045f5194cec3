// What travels through channels: values that can only be moved, that throw while they move, that are large,
// aligned or empty; that each is destroyed once; and what the directions of a handle allow.
#include <array>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <leat/chan.hpp>
#include <leat/parked_test.hpp>
#include <leat/wait_group.hpp>
#include <leat/workers_test.hpp>

namespace leat {
namespace {

using testing::await_parked;

// --- Directions: what must not compile ---

template <typename Handle>
concept sends = requires(Handle h) { h.send(1); };
template <typename Handle>
concept tries_to_send = requires(Handle h) { h.try_send(1); };
template <typename Handle>
concept closes = requires(Handle h) { h.close(); };
template <typename Handle>
concept receives = requires(Handle h) { h.receive(); };
template <typename Handle>
concept tries_to_receive = requires(Handle h) { h.try_receive(); };
template <typename Handle>
concept selects_sends = requires(Handle h) { h.on_send(1); };
template <typename Handle>
concept selects_receives = requires(Handle h) { h.on_receive([](std::optional<int>) {}); };
template <typename Handle>
concept is_range = requires(Handle h) {
  h.begin();
  h.end();
};

static_assert(sends<chan<int>> && tries_to_send<chan<int>> && closes<chan<int>> && selects_sends<chan<int>>);
static_assert(receives<chan<int>> && tries_to_receive<chan<int>> && is_range<chan<int>> &&
              selects_receives<chan<int>>);
static_assert(sends<sender<int>> && tries_to_send<sender<int>> && closes<sender<int>> &&
              selects_sends<sender<int>>);
static_assert(!receives<sender<int>> && !tries_to_receive<sender<int>> && !is_range<sender<int>> &&
              !selects_receives<sender<int>>);
static_assert(receives<receiver<int>> && tries_to_receive<receiver<int>> && is_range<receiver<int>> &&
              selects_receives<receiver<int>>);
static_assert(!sends<receiver<int>> && !tries_to_send<receiver<int>> && !closes<receiver<int>> &&
              !selects_sends<receiver<int>>);

static_assert(std::convertible_to<chan<int>, sender<int>> && std::convertible_to<chan<int>, receiver<int>>);
static_assert(!std::constructible_from<chan<int>, sender<int>> &&
              !std::constructible_from<chan<int>, receiver<int>>);
static_assert(!std::constructible_from<sender<int>, receiver<int>> &&
              !std::constructible_from<receiver<int>, sender<int>>);
static_assert(!std::constructible_from<receiver<long>, chan<int>> &&
              !std::constructible_from<sender<long>, chan<int>>);

// An element that cannot be copied is sent by moving only.
template <typename Handle, typename T>
concept sends_lvalue = requires(Handle h, T value) { h.send(value); };
static_assert(!sends_lvalue<chan<std::unique_ptr<int>>, std::unique_ptr<int>>);
static_assert(sends_lvalue<chan<std::string>, std::string>);

static_assert(sizeof(chan<int>) == sizeof(void*), "a handle costs what a pointer does");

// A zero is a capacity, not the nil channel, and no channel arises from a number by accident.
static_assert(!std::convertible_to<int, chan<int>> && std::constructible_from<chan<int>, int>);

// --- Lifetimes ---

// How many objects exist, and how they came about.
struct census {
  std::atomic<int> living{0};
  std::atomic<int> copies{0};
  std::atomic<int> moves{0};
};

class counted {
 public:
  counted(census& book, int value) : book_(&book), value_(value) { ++book_->living; }
  counted(const counted& other) : book_(other.book_), value_(other.value_) {
    ++book_->living;
    ++book_->copies;
  }
  counted(counted&& other) noexcept : book_(other.book_), value_(std::exchange(other.value_, -1)) {
    ++book_->living;
    ++book_->moves;
  }
  counted& operator=(const counted&) = delete;
  counted& operator=(counted&&) = delete;
  ~counted() { --book_->living; }

  int value() const { return value_; }

 private:
  census* book_;
  int value_;
};

// Its move constructor throws when told to.
class fragile {
 public:
  fragile(census& book, int value) : held_(book, value) {}
  fragile(fragile&& other) noexcept(false) : held_(std::move(other.held_)) {
    if (must_throw.exchange(false)) throw std::runtime_error("moving failed");
  }
  fragile(const fragile&) = delete;
  fragile& operator=(fragile&&) = delete;
  fragile& operator=(const fragile&) = delete;
  ~fragile() = default;

  int value() const { return held_.value(); }

  static inline std::atomic<bool> must_throw{false};

 private:
  counted held_;
};

LEAT_TEST_ON_WORKERS(a_value);
LEAT_TEST_ON_WORKERS(a_value_that_throws_when_moved);

TEST_P(a_value, is_never_copied_on_its_way) {
  run([] {
    for (const std::size_t capacity : {0, 1, 8}) {
      census book;
      {
        const chan<counted> c{capacity};
        go([&book, c] {
          for (int i = 0; i < 100; ++i)
            c.send(counted(book, i));
          c.close();
        });
        int expected = 0;
        for (const counted& value : c)
          EXPECT_EQ(value.value(), expected++);
        EXPECT_EQ(expected, 100);
      }
      EXPECT_EQ(book.copies, 0);
      await([&] { return book.living == 0; });
    }
  });
}

TEST_P(a_value, is_moved_a_bounded_number_of_times) {
  run([] {
    census book;
    const chan<counted> c;
    wait_group done;
    done.go([&] { EXPECT_EQ(c.receive()->value(), 1); });
    await_parked(1);
    c.send(counted(book, 1));  // constructed in place as the argument
    done.wait();
    EXPECT_LE(book.moves, 3) << "into the receiver's slot, and out of it";
  });
}

TEST_P(a_value, left_in_a_buffer_is_destroyed_with_the_channel) {
  run([] {
    census book;
    {
      const chan<counted> c{8};
      for (int i = 0; i < 6; ++i)
        c.send(counted(book, i));
      EXPECT_EQ(c.receive()->value(), 0);
      for (int i = 6; i < 9; ++i)
        c.send(counted(book, i));  // the ring has turned
      EXPECT_EQ(book.living, 8);
    }
    EXPECT_EQ(book.living, 0);
  });
}

TEST_P(a_value, of_a_sender_that_close_woke_is_destroyed_by_it) {
  run([] {
    census book;
    const chan<counted> c;
    wait_group done;
    for (int i = 0; i < 10; ++i)
      done.go([&, i] { EXPECT_THROW(c.send(counted(book, i)), channel_error); });
    await_parked(10);
    c.close();
    done.wait();
    EXPECT_EQ(book.living, 0);
  });
}

TEST_P(a_value, not_sent_by_an_attempt_stays_whole) {
  run([] {
    const chan<std::unique_ptr<int>> c{1};
    auto first = std::make_unique<int>(1);
    auto second = std::make_unique<int>(2);
    EXPECT_TRUE(c.try_send(std::move(first)));
    EXPECT_FALSE(c.try_send(std::move(second)));
    // NOLINTBEGIN(bugprone-use-after-move): that it was not moved is what is tested
    ASSERT_TRUE(second);
    EXPECT_EQ(*second, 2);
    // NOLINTEND(bugprone-use-after-move)
    EXPECT_EQ(**c.receive(), 1);
  });
}

TEST_P(a_value, that_can_only_be_moved_passes_in_every_form) {
  run([] {
    for (const std::size_t capacity : {0, 2}) {
      const chan<std::unique_ptr<int>> c{capacity};
      go([c] {
        for (int i = 0; i < 4; ++i)
          c.send(std::make_unique<int>(i));
        select(c.on_send(std::make_unique<int>(4), [] {}));
        c.close();
      });
      EXPECT_EQ(**c.receive(), 0);
      select(c.on_receive([](std::optional<std::unique_ptr<int>> value) { EXPECT_EQ(**value, 1); }));
      int expected = 2;
      for (std::unique_ptr<int>& value : c)
        EXPECT_EQ(*value, expected++);
      EXPECT_EQ(expected, 5);
    }
  });
}

// A shared pointer handed over is given up by the sender before the receiver can look at its count.
TEST_P(a_value, is_the_receivers_alone_once_received) {
  run([] {
    const chan<std::shared_ptr<int>> c;
    go([c] {
      for (int i = 0; i < 1000; ++i)
        c.send(std::make_shared<int>(i));
      c.close();
    });
    for (const std::shared_ptr<int>& value : c)
      EXPECT_EQ(value.use_count(), 1);
  });
}

TEST_P(a_value_that_throws_when_moved, passes_when_it_does_not) {
  run([] {
    for (const std::size_t capacity : {0, 4}) {
      census book;
      {
        const chan<fragile> c{capacity};
        go([&book, c] {
          for (int i = 0; i < 10; ++i)
            c.send(fragile(book, i));
          c.close();
        });
        int expected = 0;
        while (auto value = c.receive())
          EXPECT_EQ(value->value(), expected++);
        EXPECT_EQ(expected, 10);
      }
      await([&] { return book.living == 0; });
    }
  });
}

TEST_P(a_value_that_throws_when_moved, leaves_the_channel_whole_when_sending_fails) {
  run([] {
    census book;
    const chan<fragile> c{2};
    c.send(fragile(book, 1));
    fragile::must_throw = true;
    EXPECT_THROW(c.send(fragile(book, 2)), std::runtime_error);
    EXPECT_EQ(c.size(), 1U);
    c.send(fragile(book, 3));
    EXPECT_EQ(c.receive()->value(), 1);
    EXPECT_EQ(c.receive()->value(), 3);
    EXPECT_EQ(book.living, 0);
  });
}

TEST_P(a_value_that_throws_when_moved, is_lost_when_receiving_it_fails) {
  run([] {
    census book;
    const chan<fragile> c{2};
    c.send(fragile(book, 1));
    c.send(fragile(book, 2));
    fragile::must_throw = true;
    EXPECT_THROW(c.receive(), std::runtime_error);
    EXPECT_EQ(book.living, 1);
    EXPECT_EQ(c.receive()->value(), 2);
    EXPECT_EQ(book.living, 0);
  });
}

TEST_P(a_value_that_throws_when_moved, does_not_harm_the_goroutine_at_the_other_end) {
  run([] {
    census book;
    const chan<fragile> c;
    wait_group done;
    done.go([&] { EXPECT_NO_THROW(c.send(fragile(book, 1))); });
    await_parked(1);
    fragile::must_throw = true;
    EXPECT_THROW(c.receive(), std::runtime_error);
    done.wait();
    EXPECT_EQ(book.living, 0);
  });
}

// --- Shapes ---

template <std::size_t Size>
struct block {
  std::array<unsigned char, Size> bytes;
  explicit block(int seed) {
    for (std::size_t i = 0; i < Size; ++i)
      bytes[i] = static_cast<unsigned char>(static_cast<std::size_t>(seed) + i);
  }
  bool operator==(const block&) const = default;
};

template <typename T>
void expect_passage(auto&& make) {
  for (const std::size_t capacity : {0, 1, 5}) {
    const chan<T> c{capacity};
    go([c, make] {
      for (int i = 0; i < 20; ++i)
        c.send(make(i));
      c.close();
    });
    int count = 0;
    for (const T& value : c) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&value) % alignof(T), 0U);
      EXPECT_TRUE(value == make(count++));
    }
    EXPECT_EQ(count, 20);
  }
}

struct alignas(64) cache_line {
  long value;
  bool operator==(const cache_line&) const = default;
};
struct alignas(256) wide_line {
  char value;
  bool operator==(const wide_line&) const = default;
};

TEST_P(a_value, may_have_any_size_and_alignment) {
  run([] {
    expect_passage<unit>([](int) { return unit{}; });
    expect_passage<bool>([](int i) { return i % 2 == 0; });
    expect_passage<char>([](int i) { return static_cast<char>(i); });
    expect_passage<block<3>>([](int i) { return block<3>(i); });
    expect_passage<block<1024>>([](int i) { return block<1024>(i); });
    expect_passage<block<20000>>([](int i) { return block<20000>(i); });
    expect_passage<cache_line>([](int i) { return cache_line{i}; });
    expect_passage<wide_line>([](int i) { return wide_line{static_cast<char>(i)}; });
    expect_passage<std::string>([](int i) { return std::string(static_cast<std::size_t>(i) * 10, 'x'); });
    expect_passage<const int*>([](int) -> const int* { return nullptr; });
  });
}

TEST_P(a_value, may_be_a_channel) {
  run([] {
    const chan<chan<std::string>> requests;
    go([requests] {
      for (const chan<std::string>& answer_to : requests)
        answer_to.send("answer");
    });
    for (int i = 0; i < 100; ++i) {
      const chan<std::string> answer;
      requests.send(answer);
      EXPECT_EQ(answer.receive(), "answer");
    }
    requests.close();
  });
}

}  // namespace
}  // namespace leat
