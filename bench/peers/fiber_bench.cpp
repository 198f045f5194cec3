// The runtime's benchmark cases with Boost.Fiber, as far as it has the operation: it has no select over
// channels and no timers but sleeping. One thread, its default scheduler, pooled stacks of 16 KiB.
// fiber_bench CASE prints nanoseconds an operation, or what the case says; its twin is
// bench/runtime_bench.cpp.
#include <boost/fiber/all.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
namespace fibers = boost::fibers;

template <typename T>
using buffered_of = std::shared_ptr<fibers::buffered_channel<T>>;
template <typename T>
using unbuffered_of = std::shared_ptr<fibers::unbuffered_channel<T>>;

double nanoseconds_since(clock::time_point start) {
  return std::chrono::duration<double, std::nano>(clock::now() - start).count();
}

fibers::pooled_fixedsize_stack& stacks() {
  static fibers::pooled_fixedsize_stack pool(16 << 10);
  return pool;
}

template <typename F>
fibers::fiber start(F&& function) {
  return {fibers::launch::post, std::allocator_arg, stacks(), std::forward<F>(function)};
}

template <typename Channel>
int take(Channel& from) {
  int value = 0;
  if (from.pop(value) != fibers::channel_op_status::success) throw std::logic_error("the channel is closed");
  return value;
}

void ping_pong(int rounds) {
  fibers::unbuffered_channel<int> there;
  fibers::unbuffered_channel<int> back;
  fibers::fiber other = start([&] {
    for (int value : there)
      back.push(value);
  });
  for (int i = 0; i < rounds; ++i) {
    there.push(i);
    take(back);
  }
  there.close();
  other.join();
}

template <typename Channel>
void one_to_one(Channel& belt, int items) {
  fibers::fiber producer = start([&] {
    for (int i = 0; i < items; ++i)
      belt.push(i);
    belt.close();
  });
  long sum = 0;
  for (int value : belt)
    sum += value;
  producer.join();
  if (sum != long{items} * (items - 1) / 2) throw std::logic_error("items were lost");
}

void unbuffered(int items) {
  fibers::unbuffered_channel<int> belt;
  one_to_one(belt, items);
}

void buffered(int items) {
  fibers::buffered_channel<int> belt(128);
  one_to_one(belt, items);
}

void send_and_receive(int items) {
  fibers::buffered_channel<int> belt(128);
  for (int i = 0; i < items; ++i) {
    belt.push(i);
    take(belt);
  }
}

void yield_two(int yields) {
  const auto half = [=] {
    for (int done = 0; done < yields / 2; ++done)
      boost::this_fiber::yield();
  };
  fibers::fiber left = start(half);
  fibers::fiber right = start(half);
  left.join();
  right.join();
}

void spawn_one(int count) {
  for (int i = 0; i < count; ++i)
    start([] {}).join();
}

void spawn_batch(int count) {
  std::vector<fibers::fiber> batch;
  for (int done = 0; done < count; done += 1000) {
    for (int i = 0; i < 1000; ++i)
      batch.push_back(start([] {}));
    for (fibers::fiber& one : batch)
      one.join();
    batch.clear();
  }
}

void lock_often(fibers::mutex& guard, int times, bool yields) {
  for (int i = 0; i < times; ++i) {
    guard.lock();
    if (yields) boost::this_fiber::yield();
    guard.unlock();
  }
}

void mutex_alone(int locks) {
  fibers::mutex guard;
  lock_often(guard, locks, false);
}

void mutex_of_eight(int locks, bool yields) {
  fibers::mutex guard;
  std::vector<fibers::fiber> eight;
  for (int i = 0; i < 8; ++i)
    eight.push_back(start([&, locks, yields] { lock_often(guard, locks / 8, yields); }));
  for (fibers::fiber& one : eight)
    one.join();
}

double sleeping() {
  constexpr int count = 10'000;
  constexpr int sleeps = 200;
  const auto begin = clock::now();
  std::vector<fibers::fiber> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(start([] {
      for (int done = 0; done < sleeps; ++done)
        boost::this_fiber::sleep_for(1ms);
    }));
  }
  for (fibers::fiber& one : all)
    one.join();
  return nanoseconds_since(begin) / (double{count} * sleeps);
}

void skynet_node(const unbuffered_of<long>& to, long number, int leaves) {
  if (leaves == 1) {
    to->push(number);
    return;
  }
  const auto from = std::make_shared<fibers::unbuffered_channel<long>>();
  for (int i = 0; i < 10; ++i) {
    const int share = leaves / 10;
    start([=] { skynet_node(from, number + i * share, share); }).detach();
  }
  long sum = 0;
  for (int i = 0; i < 10; ++i)
    sum += from->value_pop();
  to->push(sum);
}

double skynet() {
  constexpr long leaves = 1'000'000;
  const auto begin = clock::now();
  const auto total = std::make_shared<fibers::unbuffered_channel<long>>();
  start([=] { skynet_node(total, 0, leaves); }).detach();
  if (total->value_pop() != leaves * (leaves - 1) / 2) throw std::logic_error("skynet counts wrong");
  return nanoseconds_since(begin) / 1e6;
}

double sieve() {
  const auto begin = clock::now();
  auto numbers = std::make_shared<fibers::unbuffered_channel<int>>();
  std::vector<unbuffered_of<int>> all{numbers};
  std::vector<fibers::fiber> filters;
  filters.push_back(start([=] {
    for (int i = 2; numbers->push(i) == fibers::channel_op_status::success; ++i) {}
  }));
  int prime = 0;
  for (int count = 0; count < 2000; ++count) {
    prime = take(*numbers);
    const auto rest = std::make_shared<fibers::unbuffered_channel<int>>();
    filters.push_back(start([=] {
      for (const int number : *numbers) {
        if (number % prime != 0 && rest->push(number) != fibers::channel_op_status::success) return;
      }
    }));
    all.push_back(rest);
    numbers = rest;
  }
  if (prime != 17389) throw std::logic_error("the sieve leaks");
  const double took = nanoseconds_since(begin) / 1e6;
  for (const auto& one : all)
    one->close();
  for (fibers::fiber& one : filters)
    one.join();
  return took;
}

double nanoseconds_each(const std::function<void(int)>& run) {
  for (int count = 1000;; count *= 4) {
    const auto begin = clock::now();
    run(count);
    if (const double took = nanoseconds_since(begin); took > 250e6) return took / count;
  }
}

const std::map<std::string, std::function<void(int)>> timed_cases{
    {"ping_pong", ping_pong},
    {"unbuffered", unbuffered},
    {"buffered_128", buffered},
    {"send_and_receive", send_and_receive},
    {"yield_2", yield_two},
    {"spawn_one", spawn_one},
    {"spawn_batch_1000", spawn_batch},
    {"mutex_1", mutex_alone},
    {"mutex_8", [](int locks) { mutex_of_eight(locks, false); }},
    {"mutex_8_yield", [](int locks) { mutex_of_eight(locks, true); }},
};

const std::map<std::string, double (*)()> other_cases{
    {"sleep_10k", sleeping},
    {"skynet", skynet},
    {"sieve", sieve},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc >= 2 ? argv[1] : "";
  if (const auto timed = timed_cases.find(name); timed != timed_cases.end()) {
    std::printf("%.2f\n", nanoseconds_each(timed->second));
  } else if (const auto other = other_cases.find(name); other != other_cases.end()) {
    std::printf("%.2f\n", other->second());
  } else {
    std::fprintf(stderr, "usage: fiber_bench CASE, and '%s' is no case\n", name.c_str());
    return 2;
  }
}
