#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <leat/runtime/debugger.hpp>
#include <leat/runtime/stack.hpp>

namespace leat::runtime {
namespace {

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef PIDFD_SELF_THREAD_GROUP
#define PIDFD_SELF_THREAD_GROUP (-10001)
#endif

// What stays of a recycled stack: enough for most goroutines, little enough to keep.
constexpr std::size_t kept_bytes = std::size_t{16} << 10;
constexpr std::size_t samples_most = 256;  // stacks that are looked at to tell how much memory they take
constexpr std::size_t first_slab_bytes = std::size_t{64} << 20;
#if defined(LEAT_ASAN)
// The leak checker reads all of a slab: keep them small, and have guards that it can see in /proc/self/maps.
constexpr std::size_t largest_slab_bytes = first_slab_bytes;
constexpr bool try_guard_advice = false;
#else
constexpr std::size_t largest_slab_bytes = std::size_t{4} << 30;
constexpr bool try_guard_advice = true;
#endif

constexpr std::size_t smallest_page = std::size_t{4} << 10;

std::size_t page_bytes() noexcept {
  static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

// One large mapping. Slots are carved from its high end downwards, so that neighbours in time share page
// tables, and so that their guards can be made many at a time.
struct slab {
  std::byte* base;
  std::size_t slots;
  std::size_t carved;
  std::size_t guarded;

  std::byte* slot(std::size_t carved_before) const noexcept {
    return base + (slots - 1 - carved_before) * stack_slot_bytes();
  }
};

// How many guards may be made by mprotect, each of which splits a mapping in three. The last quarter of what
// the kernel allows stays for others: a process that has used it up can neither allocate nor start threads.
std::size_t guards_that_fit() noexcept {
  std::size_t mappings = 65530;  // the kernel's default
  std::array<char, 32> text;
  if (const int file = ::open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC); file >= 0) {
    const auto length = ::read(file, text.data(), text.size());
    if (length > 0) std::from_chars(text.data(), text.data() + length, mappings);
    ::close(file);
  }
  constexpr std::size_t mappings_per_guard = 2;
  return mappings / 4 * 3 / mappings_per_guard;
}

// How much of a stack is in memory, for the part at its high end, where it begins.
std::size_t resident_bytes(const std::byte* low, std::size_t bytes) {
  const std::size_t page = page_bytes();
  constexpr std::size_t looked_at_most = std::size_t{16} << 20;
  if (bytes > looked_at_most) {
    low += (bytes - looked_at_most) / page * page;
    bytes = looked_at_most;
  }
  std::array<unsigned char, looked_at_most / smallest_page> pages;
  const std::size_t count = bytes / page;
  if (::mincore(const_cast<std::byte*>(low), count * page, pages.data()) != 0) return 0;
  return page * static_cast<std::size_t>(std::count_if(pages.begin(),
                                                       pages.begin() + static_cast<std::ptrdiff_t>(count),
                                                       [](unsigned char one) { return (one & 1) != 0; }));
}

class stack_pool {
 public:
  static constexpr std::size_t few = 16;

  stack_pool() noexcept {
    leat_debug.slabs = &slabs_;
    leat_debug.mapped = &mapped_;
    leat_debug.slab_base = offsetof(slab, base);
    leat_debug.slab_slots = offsetof(slab, slots);
    leat_debug.slab_carved = offsetof(slab, carved);
    leat_debug.slab_bytes = sizeof(slab);
    leat_debug.slot_bytes = stack_slot_bytes();
    leat_debug.slot_block_bytes = block_bytes;
    leat_debug.slot_colours = colours;
    leat_debug.slot_colour_bytes = colour_bytes;
  }
  stack_pool(const stack_pool&) = delete;
  stack_pool& operator=(const stack_pool&) = delete;

  goroutine* take(std::size_t count) noexcept {
    const std::lock_guard guard(lock_);
    goroutine* list = nullptr;
    for (; count > 0; --count) {
      if (!free_) free_ = pop_list(lists_);
      if (!free_) free_ = pop_list(trimmed_lists_);
      goroutine* one = free_;
      if (one) {
        free_ = one->next;
        --free_count_;
      } else if (one = carve(); !one) {
        break;
      }
      one->next = list;
      list = one;
    }
    return list;
  }

  void give(goroutine* list) noexcept {
    const std::lock_guard guard(lock_);
    while (list) {
      goroutine* next = list->next;
      list->next = free_;
      free_ = list;
      ++free_count_;
      list = next;
    }
  }

  // The first of a list that was given whole links to the next such list.
  stack_list take_list() noexcept {
    {
      const std::lock_guard guard(lock_);
      std::atomic<goroutine*>& lists = lists_.load(std::memory_order_relaxed) ? lists_ : trimmed_lists_;
      if (goroutine* first = pop_list(lists)) {
        free_count_ -= first->id;
        return {first, static_cast<std::uint32_t>(first->id)};
      }
    }
    stack_list some{take(few), 0};
    for (const goroutine* one = some.head; one; one = one->next)
      ++some.count;
    return some;
  }

  void give_list(stack_list list) noexcept {
    list.head->id = list.count;
    const std::lock_guard guard(lock_);
    push_list(lists_, list.head);
    free_count_ += list.count;
  }

  bool has_untrimmed_list() const noexcept { return lists_.load(std::memory_order_relaxed) != nullptr; }

  void trim_list() noexcept {
    goroutine* first = nullptr;
    {
      const std::lock_guard guard(lock_);
      first = pop_list(lists_);
    }
    if (!first) return;
    for (const goroutine* one = first; one; one = one->next)
      trim_stack(*one);
    const std::lock_guard guard(lock_);
    push_list(trimmed_lists_, first);
  }

  goroutine* map(std::size_t bytes) noexcept {
    const std::size_t page = page_bytes();
    const std::size_t whole = (bytes + stack_guard_bytes() + sizeof(goroutine) + page - 1) / page * page;
    std::byte* base = reserve(whole);
    if (!base) return nullptr;
    const std::lock_guard hold(lock_);
    guard(base, false);
    goroutine* made = place(base, whole, 0, false);
    try {
      mapped_.push_back(made);
    } catch (const std::bad_alloc&) {
      release(base, whole);
      return nullptr;
    }
    return made;
  }

  void unmap(goroutine* owner) noexcept {
    {
      const std::lock_guard guard(lock_);
      std::erase(mapped_, owner);
    }
    release(owner->stack_low - stack_guard_bytes(), owner->slot_bytes);
  }

  template <typename Visit>
  void for_each(Visit&& visit) {
    const std::lock_guard guard(lock_);
    for (const slab& area : slabs_) {
      for (std::size_t slot = area.slots - area.carved; slot < area.slots; ++slot) {
        goroutine* one = block_of(area.base + slot * stack_slot_bytes(), slot);
        if (one->state.load(std::memory_order_acquire) != goroutine_state::free) visit(*one);
      }
    }
    for (goroutine* one : mapped_) {
      if (one->state.load(std::memory_order_acquire) != goroutine_state::free) visit(*one);
    }
  }

  stack_memory measure() {
    const std::lock_guard guard(lock_);
    stack_memory sum;
    sum.free = free_count_;
    sum.committed_bytes = estimate_slots() + estimate_mapped();
    for (const slab& area : slabs_)
      sum.reserved_bytes += area.slots * stack_slot_bytes();
    for (const goroutine* one : mapped_)
      sum.reserved_bytes += one->slot_bytes;
    return sum;
  }

  void forget_mapped() noexcept {
    const std::lock_guard guard(lock_);
    mapped_.clear();
  }

 private:
  static goroutine* pop_list(std::atomic<goroutine*>& lists) noexcept {
    goroutine* first = lists.load(std::memory_order_relaxed);
    if (first) lists.store(static_cast<goroutine*>(first->closure), std::memory_order_relaxed);
    return first;
  }

  static void push_list(std::atomic<goroutine*>& lists, goroutine* first) noexcept {
    first->closure = lists.load(std::memory_order_relaxed);
    lists.store(first, std::memory_order_relaxed);
  }

  std::size_t estimate_slots() const {
    std::size_t carved = 0;
    for (const slab& area : slabs_)
      carved += area.carved;
    const std::size_t step = std::max<std::size_t>(carved / samples_most, 1);
    std::size_t sampled = 0;
    std::size_t resident = 0;
    std::size_t next = 0;  // to be sampled, counted from the slab's end
    for (const slab& area : slabs_) {
      for (; next < area.carved; next += step, ++sampled) {
        const std::byte* low = area.slot(next);
        resident += resident_bytes(low + stack_guard_bytes(), stack_slot_bytes() - stack_guard_bytes());
      }
      next -= area.carved;
    }
    return sampled == 0
               ? 0
               : static_cast<std::size_t>(static_cast<double>(resident) * static_cast<double>(carved) /
                                          static_cast<double>(sampled));
  }

  std::size_t estimate_mapped() const {
    const std::size_t step = std::max<std::size_t>(mapped_.size() / samples_most, 1);
    std::size_t resident = 0;
    for (std::size_t i = 0; i < mapped_.size(); i += step)
      resident += resident_bytes(mapped_[i]->stack_low, mapped_[i]->slot_bytes - stack_guard_bytes());
    return resident * step;
  }

  static std::size_t colour(std::size_t slot) noexcept { return slot % colours * colour_bytes; }

  static goroutine* block_of(std::byte* slot_base, std::size_t slot) noexcept {
    return reinterpret_cast<goroutine*>(slot_base + stack_slot_bytes() - colour(slot) - block_bytes);
  }

  static std::byte* reserve(std::size_t bytes) noexcept {
    void* area =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED) return nullptr;
    ::madvise(area, bytes, MADV_NOHUGEPAGE);  // one touched byte must not commit two megabytes
#if defined(LEAT_ASAN)
    __lsan_register_root_region(area, bytes);  // what parked goroutines own is not leaked
#endif
    return static_cast<std::byte*>(area);
  }

  static void release(std::byte* base, std::size_t bytes) noexcept {
#if defined(LEAT_ASAN)
    __lsan_unregister_root_region(base, bytes);
    __asan_unpoison_memory_region(base, bytes);
#endif
    ::munmap(base, bytes);
  }

  goroutine* carve() noexcept {
    if (slabs_.empty() || slabs_.back().carved == slabs_.back().slots) {
      if (!grow()) return nullptr;
    }
    slab& area = slabs_.back();
    if (area.carved == area.guarded) guard_more(area);
    std::byte* base = area.slot(area.carved++);
    return place(base, stack_slot_bytes(), colour(area.slots - area.carved), true);
  }

  bool grow() noexcept {
    for (std::size_t bytes = next_slab_bytes_; bytes >= stack_slot_bytes(); bytes /= 2) {
      std::byte* base = reserve(bytes);
      if (!base) continue;  // a limit on address space: take less
      try {
        slabs_.push_back({base, bytes / stack_slot_bytes(), 0, 0});
      } catch (const std::bad_alloc&) {
        release(base, bytes);
        return false;
      }
      next_slab_bytes_ = std::min(bytes * 2, largest_slab_bytes);
      return true;
    }
    return false;
  }

  goroutine* place(std::byte* base, std::size_t bytes, std::size_t shift, bool pooled) noexcept {
    auto* made = new (base + bytes - shift - block_bytes) goroutine;
    made->stack_low = base + stack_guard_bytes();
    made->slot_bytes = bytes;
    made->pooled = pooled;
    return made;
  }

  // One call for many (Linux 6.14) costs half of what a call for each does.
  void guard_more(slab& area) noexcept {
    if (guard_many_) {
      std::array<iovec, 64> guards;
      const std::size_t count = std::min(guards.size(), area.slots - area.guarded);
      for (std::size_t i = 0; i < count; ++i)
        guards[i] = {area.slot(area.guarded + i), stack_guard_bytes()};
      const long done = ::syscall(SYS_process_madvise, PIDFD_SELF_THREAD_GROUP, guards.data(), count,
                                  MADV_GUARD_INSTALL, 0U);
      if (done == static_cast<long>(count * stack_guard_bytes())) {
        area.guarded += count;
        return;
      }
      guard_many_ = false;
    }
    guard(area.slot(area.guarded++), true);
  }

  // Stacks of the pool are never unmapped, so only theirs are counted.
  void guard(std::byte* low, bool pooled) noexcept {
    if (guard_advice_) {
      if (::madvise(low, stack_guard_bytes(), MADV_GUARD_INSTALL) == 0) return;
      guard_advice_ = false;
      guards_left_ = guards_that_fit();
    }
    if ((!pooled || guards_left_ > 0) && ::mprotect(low, stack_guard_bytes(), PROT_NONE) == 0) {
      if (pooled) --guards_left_;
      return;
    }
    if (guards_out_) return;
    guards_left_ = 0;
    guards_out_ = true;
    std::fprintf(
        stderr,
        "leat: further goroutines run without overflow detection: this kernel lacks MADV_GUARD_INSTALL "
        "(Linux 6.13), and more guard pages would use up vm.max_map_count\n");
  }

  static constexpr std::size_t colours = 8;
  static constexpr std::size_t colour_bytes = 128;
  static constexpr std::size_t block_bytes = (sizeof(goroutine) + 63) / 64 * 64;

  std::mutex lock_;  // guards all that follows
  std::vector<slab> slabs_;
  std::vector<goroutine*> mapped_;
  goroutine* free_ = nullptr;
  std::atomic<goroutine*> lists_{nullptr};  // may be looked at without it
  std::atomic<goroutine*> trimmed_lists_{nullptr};
  std::size_t free_count_ = 0;
  std::size_t next_slab_bytes_ = first_slab_bytes;
  bool guard_advice_ = try_guard_advice;
  bool guard_many_ = try_guard_advice;
  std::size_t guards_left_ = try_guard_advice ? 0 : guards_that_fit();  // where each is a mapping
  bool guards_out_ = false;
};

// Never destroyed: goroutines that a stopped runtime abandoned may still be referred to.
stack_pool& pool() noexcept {
  alignas(stack_pool) static std::byte storage[sizeof(stack_pool)];
  static stack_pool* const instance = new (storage) stack_pool;
  return *instance;
}

}  // namespace

std::size_t stack_slot_bytes() noexcept {
  return (std::size_t{256} << 10) + page_bytes();
}

std::size_t stack_guard_bytes() noexcept {
  return std::max(std::size_t{16} << 10, page_bytes());
}

goroutine* take_stack() noexcept {
  return pool().take(1);
}

goroutine* take_stacks(std::size_t count) noexcept {
  return pool().take(count);
}

void give_stacks(goroutine* list) noexcept {
  pool().give(list);
}

stack_list take_stack_list() noexcept {
  return pool().take_list();
}

void give_stack_list(stack_list list) noexcept {
  pool().give_list(list);
}

bool has_untrimmed_stack_list() noexcept {
  return pool().has_untrimmed_list();
}

void trim_stack_list() noexcept {
  pool().trim_list();
}

goroutine* map_stack(std::size_t bytes) noexcept {
  return pool().map(bytes);
}

void unmap_stack(goroutine* owner) noexcept {
  pool().unmap(owner);
}

void trim_stack(const goroutine& owner) noexcept {
  const std::size_t page = page_bytes();
  const auto low = reinterpret_cast<std::uintptr_t>(owner.stack_low);
  const auto kept = reinterpret_cast<std::uintptr_t>(&owner) - kept_bytes;
  const std::uintptr_t begin = (low + page - 1) / page * page;
  const std::uintptr_t end = kept / page * page;
  if (end > begin) ::madvise(owner.stack_low + (begin - low), end - begin, MADV_DONTNEED);
}

stack_memory measure_stacks() {
  return pool().measure();
}

void for_each_goroutine(void (*visit)(goroutine&, void*), void* argument) {
  pool().for_each([&](goroutine& one) { visit(one, argument); });
}

bool in_guard(const goroutine& owner, const void* address) noexcept {
  const auto* where = static_cast<const std::byte*>(address);
  return where < owner.stack_low && where >= owner.stack_low - stack_guard_bytes();
}

void abandon_goroutines() noexcept {
  pool().for_each([](goroutine& one) {
    // One that never parked may still run, on a thread that run() gave up on.
    if (one.state.load(std::memory_order_relaxed) != goroutine_state::running) {
      sanitizer::destroy(one.fiber, one.saved.stack_pointer);
    }
    one.state.store(goroutine_state::free, std::memory_order_relaxed);
  });
  pool().forget_mapped();
}

}  // namespace leat::runtime
