// Counts what goroutines ask operator new for, and therefore stands in a program of its own.
#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

#include <leat/net/allocations_test.hpp>
#include <leat/net/net_test.hpp>

namespace {

std::atomic<long> allocations{0};

void* count_and_allocate(std::size_t size) {
  if (leat::goroutine_id() != 0) allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// Not inlined: g++ would see one half of a pair and take it for a mistake.
[[gnu::noinline]] void* operator new(std::size_t size) {
  return count_and_allocate(size);
}
[[gnu::noinline]] void* operator new[](std::size_t size) {
  return count_and_allocate(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace leat::net {

long allocations_of_goroutines() noexcept {
  return allocations;
}

namespace {

LEAT_TEST_ON_WORKERS(reading_and_writing);

// The runtime's own tables grow at first, also when another worker takes part for the first time, which may
// be late. What an exchange costs shows in every round.
template <typename Exchange>
void expect_a_round_without_allocations(Exchange exchange) {
  constexpr int rounds_most = 10;
  long allocated = 1;
  for (int round = 0; round < rounds_most && allocated != 0; ++round) {
    const long before = allocations;
    for (int i = 0; i < 1000; ++i)
      exchange();
    allocated = allocations - before;
  }
  EXPECT_EQ(allocated, 0);
}

// Exchanges small pieces over `near`, while `serve` answers at the other end with what came.
template <typename Serve>
void expect_no_allocations(stream& near, Serve serve) {
  joined others;
  others.go(serve);
  std::array<std::byte, 64> buffer{};
  const std::array<std::span<const std::byte>, 2> parts{std::span(buffer).first(8),
                                                        std::span(buffer).last(8)};
  expect_a_round_without_allocations([&] {
    EXPECT_TRUE(near.set_deadline(patience));
    EXPECT_TRUE(near.write(std::span(buffer).first(16)));
    EXPECT_TRUE(near.writev(parts));
    for (std::size_t got = 0; got < 32;)
      got += near.read(buffer).value();
  });
  EXPECT_TRUE(near.close());
}

TEST_P(reading_and_writing, allocates_nothing) {
  run([] {
    auto [near, far] = connect_pair();
    expect_no_allocations(near, [&end = far] { echo(end); });
  });
}

TEST_P(reading_and_writing, over_unix_sockets_and_pipes_allocates_nothing) {
  run([] {
    auto listener = listen_unix("").value();
    auto dialled = dial_unix(listener.local_address()).value();
    auto accepted = listener.accept().value();
    expect_no_allocations(dialled, [&] { echo(accepted); });
    auto [near, far] = pipe();
    expect_no_allocations(near, [&end = far] { echo(end); });
  });
}

TEST_P(reading_and_writing, through_a_copy_allocates_nothing) {
  run([] {
    auto [near, far] = connect_pair();
    expect_no_allocations(near, [&end = far] { EXPECT_TRUE(copy(end, end)); });
  });
}

TEST_P(reading_and_writing, batches_of_datagrams_allocates_nothing) {
  run([] {
    auto server = listen_udp(on_loopback, {.packet_info = true, .coalesced_reads = true}).value();
    auto client = dial_udp(server.local_address()).value();
    joined others;
    others.go([&server] {
      udp_batch batch(64);
      while (server.read_batch(batch)) {
        if (!server.write_batch(batch)) break;
      }
    });
    udp_batch batch(20);
    expect_a_round_without_allocations([&] {
      batch.clear();
      for (int i = 0; i < 20; ++i)
        EXPECT_TRUE(batch.push("a datagram"));
      EXPECT_TRUE(client.write_batch(batch));
      for (std::size_t got = 0; got < 20; got += batch.size())
        EXPECT_TRUE(client.read_batch(batch));
    });
    ASSERT_TRUE(server.close());
  });
}

TEST_P(reading_and_writing, datagrams_allocates_nothing) {
  run([] {
    auto server = listen_udp(on_loopback).value();
    auto client = dial_udp(server.local_address()).value();
    joined others;
    others.go([&server] {
      std::array<std::byte, 64> buffer;
      while (auto got = server.read_from(buffer)) {
        if (!server.write_to(std::span(buffer).first(got->size), got->from)) break;
      }
    });
    std::array<std::byte, 64> buffer{};
    expect_a_round_without_allocations([&] {
      EXPECT_TRUE(client.write(std::span(buffer).first(16)));
      EXPECT_EQ(client.read(buffer).value(), 16u);
    });
    ASSERT_TRUE(server.close());
  });
}

}  // namespace
}  // namespace leat::net
