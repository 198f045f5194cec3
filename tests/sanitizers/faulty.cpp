// Goroutines that misuse memory, and one that does not.
//
//   faulty SETTING FAULT
//
// AddressSanitizer must report each fault by its kind, with the function that is to blame on the stack. With
// FAULT "no_fault" it must stay silent about a program that does much the same, but right.
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include <leat/leat.hpp>

#include <tests/sanitizers/migration.hpp>

namespace {

using planted::setting;

/// Keeps the compiler from seeing what becomes of `value`.
template <typename T>
T* hidden(T* value) {
  asm volatile("" : "+r"(value) : : "memory");
  return value;
}

[[gnu::noinline]] void fill(char* box, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    hidden(box)[i] = 'x';
}

[[gnu::noinline]] void overfill_a_box(setting where) {
  std::array<char, 24> box;
  planted::settle(where);
  fill(hidden(box.data()), box.size() + 1);
}

[[gnu::noinline]] void overfill_a_crate(setting where) {
  const std::unique_ptr<char[]> crate(new char[24]);
  planted::settle(where);
  fill(hidden(crate.get()), 25);
}

[[gnu::noinline]] void touch_a_freed_egg(setting where) {
  auto egg = std::make_unique<int>(1);
  int* volatile kept = egg.get();
  egg.reset();
  planted::settle(where);
  *kept = 2;
}

// Several, because a stale copy of the last pointer may stay somewhere on the stack.
[[gnu::noinline]] void lose_some_eggs(setting where) {
  for (int i = 0; i < 20; ++i) {
    hidden(new std::array<char, 40>);
    planted::settle(where);
  }
}

[[gnu::noinline]] void dig(int depth) {
  std::array<char, 256> earth;
  fill(earth.data(), earth.size());
  if (depth > 0) dig(depth - 1);
  fill(earth.data(), earth.size());
}

// Stacks that are used again, moves between workers, exceptions through frames, and memory that is still
// owned by goroutines that the end of the program finds parked.
void do_nothing_wrong(setting where) {
  const leat::chan<leat::unit> hold;
  for (int round = 0; round < 50; ++round) {
    leat::wait_group done;
    for (int who = 0; who < 2; ++who) {
      done.go([where] {
        std::array<char, 24> box;
        planted::settle(where);
        fill(hidden(box.data()), box.size());
        dig(40);
        try {
          std::array<char, 100> other;
          fill(hidden(other.data()), other.size());
          throw 1;
        } catch (int) {
          leat::yield();
        }
        dig(40);
      });
    }
    done.wait();
    leat::go([hold] {
      const auto owned = std::make_unique<std::array<char, 1000>>();
      hold.receive();
      hidden(owned.get());
    });
    leat::yield();
  }
}

constexpr struct {
  std::string_view name;
  void (*commit)(setting);
} faults[] = {
    {"no_fault", do_nothing_wrong},
    {"stack_buffer_overflow", overfill_a_box},
    {"heap_buffer_overflow", overfill_a_crate},
    {"heap_use_after_free", touch_a_freed_egg},
    {"leak", lose_some_eggs},
};

// In a goroutine that is not the main one.
void commit_in_goroutine(void (*commit)(setting), setting where) {
  leat::wait_group done;
  done.go([=] { commit(where); });
  done.wait();
}

}  // namespace

int main(int argc, char** argv) {
  const auto where = planted::parse_setting(argc == 3 ? argv[1] : "");
  for (const auto& fault : faults) {
    if (where && fault.name == argv[2]) {
      return leat::run(planted::options_for(*where), [&] { commit_in_goroutine(fault.commit, *where); });
    }
  }
  std::fprintf(stderr, "usage: faulty one_worker|several_workers|after_migration FAULT\n");
  return 2;
}
