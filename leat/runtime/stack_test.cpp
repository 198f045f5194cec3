#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <leat/runtime/stack.hpp>

namespace leat::runtime {
namespace {

std::size_t usable_bytes(const goroutine& one) {
  return static_cast<std::size_t>(reinterpret_cast<const std::byte*>(&one) - one.stack_low);
}

std::vector<goroutine*> as_vector(goroutine* list) {
  std::vector<goroutine*> all;
  for (; list; list = list->next)
    all.push_back(list);
  return all;
}

// Pages of the stack, below its control block, that occupy memory.
std::size_t resident_pages(const goroutine& one) {
  constexpr std::size_t page = 4096;
  std::vector<unsigned char> present(usable_bytes(one) / page);
  if (::mincore(one.stack_low, present.size() * page, present.data()) != 0) return 0;
  std::size_t count = 0;
  for (const unsigned char flags : present)
    count += flags & 1U;
  return count;
}

std::size_t mappings() {
  std::ifstream maps("/proc/self/maps");
  return static_cast<std::size_t>(
      std::count(std::istreambuf_iterator<char>(maps), std::istreambuf_iterator<char>(), '\n'));
}

TEST(a_stack, lies_below_its_control_block_and_above_its_guard) {
  goroutine* one = take_stack();
  ASSERT_NE(one, nullptr);
  EXPECT_GE(usable_bytes(*one), std::size_t{224} << 10);
  EXPECT_LT(usable_bytes(*one), stack_slot_bytes());
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(one) % alignof(goroutine), 0U);
  EXPECT_TRUE(one->pooled);
  one->stack_low[0] = std::byte{1};
  EXPECT_FALSE(in_guard(*one, one->stack_low));
  EXPECT_TRUE(in_guard(*one, one->stack_low - 1));
  EXPECT_TRUE(in_guard(*one, one->stack_low - stack_guard_bytes()));
  EXPECT_FALSE(in_guard(*one, one->stack_low - stack_guard_bytes() - 1));
  EXPECT_FALSE(in_guard(*one, nullptr));
  trim_stack(*one);
  one->next = nullptr;
  give_stacks(one);
}

TEST(a_stack, touches_only_the_page_of_its_control_block) {
  goroutine* list = take_stacks(64);
  for (const goroutine* one : as_vector(list))
    EXPECT_EQ(resident_pages(*one), 0U);
  give_stacks(list);
}

TEST(a_stack, is_used_again_after_it_was_given_back) {
  const auto first = as_vector(take_stacks(100));
  ASSERT_EQ(first.size(), 100U);
  EXPECT_EQ(std::set(first.begin(), first.end()).size(), 100U);
  give_stacks(first.front());
  const auto second = as_vector(take_stacks(100));
  EXPECT_EQ(std::set(first.begin(), first.end()), std::set(second.begin(), second.end()));
  give_stacks(second.front());
}

TEST(a_stack, differs_in_colour_from_its_neighbours) {
  goroutine* list = take_stacks(8);
  std::set<std::uintptr_t> places;
  for (const goroutine* one : as_vector(list))
    places.insert(reinterpret_cast<std::uintptr_t>(one) % 4096);
  EXPECT_GE(places.size(), 4U) << "or the control blocks of all goroutines share a cache set";
  give_stacks(list);
}

TEST(a_stack, that_was_deep_gives_its_pages_back_when_trimmed) {
  goroutine* one = take_stack();
  std::memset(one->stack_low, 1, usable_bytes(*one));
  EXPECT_GE(resident_pages(*one), 50U);
  trim_stack(*one);
  EXPECT_LE(resident_pages(*one), 5U);
  EXPECT_TRUE(in_guard(*one, one->stack_low - 1)) << "the guard stays";
  one->next = nullptr;
  give_stacks(one);
}

TEST(a_stack, of_its_own_mapping_has_at_least_what_was_asked_for) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{300} << 10, std::size_t{64} << 20}) {
    [[maybe_unused]] const std::size_t before = mappings();
    goroutine* one = map_stack(bytes);
    ASSERT_NE(one, nullptr);
    EXPECT_GE(usable_bytes(*one), bytes);
    EXPECT_FALSE(one->pooled);
    EXPECT_TRUE(in_guard(*one, one->stack_low - 1));
    one->stack_low[0] = std::byte{1};
    unmap_stack(one);
#if !defined(LEAT_TSAN)  // which splits the mappings of its shadow as it likes
    EXPECT_LE(mappings(), before + 1);
#endif
  }
  EXPECT_EQ(map_stack(std::size_t{1} << 60), nullptr);
}

TEST(stacks_in_great_number, need_next_to_no_mappings) {
#if defined(LEAT_ASAN)
  GTEST_SKIP() << "under AddressSanitizer each guard is a mapping, which the leak checker can see";
#endif
  constexpr std::size_t page = 4096;
  void* probe = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(probe, MAP_FAILED);
  const bool has_guard_advice = ::madvise(probe, page, 102 /* MADV_GUARD_INSTALL */) == 0;
  ::munmap(probe, page);
  if (!has_guard_advice) GTEST_SKIP() << "this kernel lacks MADV_GUARD_INSTALL (Linux 6.13)";
  const std::size_t before = mappings();
  goroutine* list = take_stacks(2000);
  EXPECT_EQ(as_vector(list).size(), 2000U);
  EXPECT_LE(mappings(), before + 20);
  give_stacks(list);
}

TEST(a_walk_over_goroutines, visits_those_that_are_not_free) {
  goroutine* list = take_stacks(10);
  goroutine* large = map_stack(std::size_t{1} << 20);
  std::set<goroutine*> used;
  for (goroutine* one : as_vector(list)) {
    if (used.size() < 4) used.insert(one);
  }
  used.insert(large);
  for (goroutine* one : used)
    one->state = goroutine_state::parked;
  std::set<goroutine*> visited;
  const auto visit = [](goroutine& one, void* all) { static_cast<std::set<goroutine*>*>(all)->insert(&one); };
  for_each_goroutine(visit, &visited);
  EXPECT_EQ(visited, used);
  for (goroutine* one : used)
    one->state = goroutine_state::free;
  give_stacks(list);
  unmap_stack(large);
}

}  // namespace
}  // namespace leat::runtime
