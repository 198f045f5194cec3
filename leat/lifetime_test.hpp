// Values that keep a book of their lives, for tests of what carries them: each is destroyed exactly once, and
// moving or copying one fails where the test says so.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace leat::testing {

/// What happened to the values of one test.
struct census {
  std::atomic<int> made{0};  // neither copied nor moved from another
  std::atomic<int> copies{0};
  std::atomic<int> moves{0};
  std::atomic<int> destroyed{0};
  std::atomic<int> fuse{0};  // n: the n-th copy or move from now that may fail does; 0: none

  int living() const { return made + copies + moves - destroyed; }

  /// What copying or moving does that may fail.
  void burn_fuse() {
    if (fuse > 0 && fuse.fetch_sub(1) == 1) throw std::runtime_error("copying or moving failed");
  }
};

/// What all kinds share. A value that was moved from says `gone`.
class life {
 public:
  static constexpr int gone = -1;

  life(census& book, int value) : book_(&book), value_(value) { ++book_->made; }
  life(const life& other) : book_(other.book_), value_(other.value()) { ++book_->copies; }
  life(life&& other) noexcept : book_(other.book_), value_(std::exchange(other.value_, gone)) {
    other.require_alive();
    ++book_->moves;
  }
  life& operator=(const life&) = delete;
  life& operator=(life&&) = delete;
  ~life() {
    require_alive();
    mark_ = dead;
    ++book_->destroyed;
  }

  int value() const {
    require_alive();
    return value_;
  }
  census& book() const { return *book_; }

 private:
  static constexpr std::uint32_t alive = 0x11fe11fe;
  static constexpr std::uint32_t dead = 0xdeaddead;

  void require_alive() const {
    if (mark_ != alive) ADD_FAILURE() << "a value that does not exist, or no more, was used";
  }

  census* book_;
  int value_;
  volatile std::uint32_t mark_ = alive;  // volatile: written although the object ends
};

/// Moved without fail; copying it may fail.
class copyable : public life {
 public:
  using life::life;
  copyable(const copyable& other) : life(other) { book().burn_fuse(); }
  copyable(copyable&&) noexcept = default;
  ~copyable() = default;
};

/// Can only be moved, without fail.
class movable : public life {
 public:
  using life::life;
  movable(const movable&) = delete;
  movable(movable&&) noexcept = default;
  ~movable() = default;
};

/// As movable, and must lie on two cache lines of its own.
class alignas(128) aligned : public life {
 public:
  aligned(census& book, int value) : life(book, value) { require_alignment(); }
  aligned(const aligned&) = delete;
  aligned(aligned&& other) noexcept : life(std::move(other)) { require_alignment(); }
  ~aligned() = default;

 private:
  void require_alignment() const {
    // The compiler takes the alignment of `this` for granted, unless it cannot see where the address is from.
    const life* volatile here = this;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(here) % alignof(aligned), 0U);
  }
};

/// Can only be moved, which may fail, and leaves the original gone then.
class fragile : public life {
 public:
  using life::life;
  fragile(const fragile&) = delete;
  fragile(fragile&& other) noexcept(false) : life(std::move(other)) { book().burn_fuse(); }
  ~fragile() = default;
};

/// Can only be copied, which may fail.
class copied_only : public life {
 public:
  using life::life;
  copied_only(const copied_only& other) : life(other) { book().burn_fuse(); }
  ~copied_only() = default;
};

/// Says under what circumstances a test has failed. SCOPED_TRACE would keep that per thread, and goroutines
/// change threads.
inline void name_culprit(bool failed_before, const auto& circumstances) {
  if (!failed_before && ::testing::Test::HasFailure()) ADD_FAILURE() << "that was with: " << circumstances;
}

/// Calls `path.operator()<T>(book)` for each kind of value; afterwards none may be left.
template <typename Path>
void for_each_kind(Path&& path) {
  const auto one_kind = [&]<typename T>(const char* name) {
    const bool failed_before = ::testing::Test::HasFailure();
    census book;
    path.template operator()<T>(book);
    EXPECT_GT(book.made, 0);
    EXPECT_EQ(book.living(), 0);
    if (!std::is_same_v<T, copied_only>) {
      EXPECT_EQ(book.copies, 0);
    }
    name_culprit(failed_before, name);
  };
  one_kind.template operator()<copyable>("copyable");
  one_kind.template operator()<movable>("movable");
  one_kind.template operator()<aligned>("aligned");
  one_kind.template operator()<fragile>("fragile");
  one_kind.template operator()<copied_only>("copied only");
}

/// Runs `path(book)` again and again, the first, second, third ... copy or move failing, until nothing fails.
template <typename Path>
void fail_at_each_step(Path&& path) {
  for (int step = 1;; ++step) {
    const bool failed_before = ::testing::Test::HasFailure();
    census book;
    book.fuse = step;
    path(book);
    EXPECT_EQ(book.living(), 0);
    name_culprit(failed_before, step);
    if (book.fuse > 0) {
      EXPECT_GT(step, 1) << "nothing was copied or moved at all";
      return;
    }
    ASSERT_LT(step, 1000);
  }
}

}  // namespace leat::testing
