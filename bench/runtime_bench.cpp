// The runtime's benchmark cases: `runtime_bench CASE [N]` prints nanoseconds an operation, or what the case
// says. Its twins are bench/peers/go/runtime/main.go and bench/peers/fiber_bench.cpp; all must do the same.
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <leat/chan.hpp>
#include <leat/go.hpp>
#include <leat/mutex.hpp>
#include <leat/select.hpp>
#include <leat/time.hpp>
#include <leat/wait_group.hpp>

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

struct nothing {};

double nanoseconds_since(clock::time_point start) {
  return std::chrono::duration<double, std::nano>(clock::now() - start).count();
}

// --- Channels ---

// One round trip: a value there and a value back.
void ping_pong(int rounds) {
  leat::chan<int> there;
  leat::chan<int> back;
  leat::go([=] {
    for (int value : there)
      back.send(value);
    back.close();
  });
  for (int i = 0; i < rounds; ++i) {
    there.send(i);
    back.receive();
  }
  there.close();
  back.receive();
}

void one_to_one(const leat::chan<int>& belt, int items) {
  leat::go([=] {
    for (int i = 0; i < items; ++i)
      belt.send(i);
    belt.close();
  });
  long sum = 0;
  for (int value : belt)
    sum += value;
  if (sum != long{items} * (items - 1) / 2) throw std::logic_error("items were lost");
}

void unbuffered(int items) {
  one_to_one(leat::chan<int>{}, items);
}

void buffered(int items) {
  one_to_one(leat::chan<int>{128}, items);
}

void send_and_receive(int items) {
  const leat::chan<int> belt{128};
  for (int i = 0; i < items; ++i) {
    belt.send(i);
    belt.receive();
  }
}

// --- Select ---

constexpr auto ignore = [](const auto&) {};

template <std::size_t Lanes>
std::size_t select_of(const std::array<leat::chan<int>, Lanes>& from) {
  return [&]<std::size_t... Lane>(std::index_sequence<Lane...>) {
    return leat::select(from[Lane].on_receive(ignore)...);
  }(std::make_index_sequence<Lanes>());
}

// Senders, and one receiver that takes from whichever is ready.
template <std::size_t Lanes>
void select_waiting(int items) {
  const std::array<leat::chan<int>, Lanes> from;
  const int each = items / int{Lanes};
  for (const auto& lane : from) {
    leat::go([=] {
      for (int i = 0; i < each; ++i)
        lane.send(i);
    });
  }
  for (int i = 0; i < each * int{Lanes}; ++i)
    select_of(from);
}

template <std::size_t Lanes>
void select_ready(int items) {
  std::array<leat::chan<int>, Lanes> from;
  for (auto& lane : from)
    lane = leat::chan<int>{1};
  for (int i = 0; i < items; ++i) {
    from[static_cast<std::size_t>(i) % Lanes].send(i);
    select_of(from);
  }
}

void select_nothing_ready(int rounds) {
  const leat::chan<int> from;
  for (int i = 0; i < rounds; ++i)
    leat::select(from.on_receive(ignore), leat::otherwise([] {}));
}

// --- Goroutines ---

void yield_two(int yields) {
  leat::wait_group group;
  for (int i = 0; i < 2; ++i) {
    group.go([=] {
      for (int done = 0; done < yields / 2; ++done)
        leat::yield();
    });
  }
  group.wait();
}

void spawn_one(int count) {
  leat::wait_group group;
  for (int i = 0; i < count; ++i) {
    group.add(1);
    leat::go([&] { group.done(); });
    group.wait();
  }
}

void spawn_batch(int count) {
  leat::wait_group group;
  for (int done = 0; done < count; done += 1000) {
    group.add(1000);
    for (int i = 0; i < 1000; ++i)
      leat::go([&] { group.done(); });
    group.wait();
  }
}

// --- Mutexes ---

void lock_often(leat::mutex& guard, int times, bool yields) {
  for (int i = 0; i < times; ++i) {
    guard.lock();
    if (yields) leat::yield();
    guard.unlock();
  }
}

void mutex_alone(int locks) {
  leat::mutex guard;
  lock_often(guard, locks, false);
}

void mutex_of_eight(int locks, bool yields) {
  leat::mutex guard;
  leat::wait_group group;
  for (int i = 0; i < 8; ++i)
    group.go([&] { lock_often(guard, locks / 8, yields); });
  group.wait();
}

// --- Timers ---

void timer_start_stop(int times) {
  for (int i = 0; i < times; ++i) {
    leat::timer one(1h);
    one.stop();
  }
}

void timer_reset(int times) {
  leat::timer one(1h);
  for (int i = 0; i < times; ++i)
    one.reset(1h + std::chrono::nanoseconds(i));
}

// Wall-clock time for each of the sleeps of ten thousand goroutines that sleep a millisecond over and over.
double sleeping() {
  constexpr int goroutines = 10'000;
  constexpr int sleeps = 200;
  const auto start = clock::now();
  leat::wait_group group;
  for (int i = 0; i < goroutines; ++i) {
    group.go([] {
      for (int done = 0; done < sleeps; ++done)
        leat::sleep_for(1ms);
    });
  }
  group.wait();
  return nanoseconds_since(start) / (double{goroutines} * sleeps);
}

// --- Whole programs ---

void skynet_node(const leat::chan<long>& to, long number, int leaves) {
  if (leaves == 1) return to.send(number);
  const leat::chan<long> from;
  for (int i = 0; i < 10; ++i) {
    const int share = leaves / 10;
    leat::go([=] { skynet_node(from, number + i * share, share); });
  }
  long sum = 0;
  for (int i = 0; i < 10; ++i)
    sum += *from.receive();
  to.send(sum);
}

double skynet() {
  constexpr long leaves = 1'000'000;
  const auto start = clock::now();
  const leat::chan<long> total;
  leat::go([=] { skynet_node(total, 0, leaves); });
  if (*total.receive() != leaves * (leaves - 1) / 2) throw std::logic_error("skynet counts wrong");
  return nanoseconds_since(start) / 1e6;
}

double sieve() {
  const auto start = clock::now();
  leat::chan<int> numbers;
  leat::go([=] {
    for (int i = 2;; ++i)
      numbers.send(i);
  });
  int prime = 0;
  for (int count = 0; count < 2000; ++count) {
    prime = *numbers.receive();
    const leat::chan<int> rest;
    leat::go([=] {
      for (const int number : numbers) {
        if (number % prime != 0) rest.send(number);
      }
    });
    numbers = rest;
  }
  if (prime != 17389) throw std::logic_error("the sieve leaks");
  return nanoseconds_since(start) / 1e6;
}

// --- Many ---

// Resident memory and page tables of this process.
long held_bytes() {
  std::ifstream status("/proc/self/status");
  long kib = 0;
  for (std::string name; status >> name;) {
    long value = 0;
    if ((name == "VmRSS:" || name == "VmPTE:") && status >> value) kib += value;
  }
  return kib * 1024;
}

// Goroutines that wait on a channel until this goes.
class parked_crowd {
 public:
  explicit parked_crowd(int count) {
    leat::wait_group started;
    started.add(count);
    group_.add(count);
    for (int i = 0; i < count; ++i) {
      leat::go([started, gate = gate_, group = group_]() mutable {
        started.done();
        gate.receive();
        group.done();
      });
    }
    started.wait();
  }
  parked_crowd(const parked_crowd&) = delete;
  parked_crowd& operator=(const parked_crowd&) = delete;
  ~parked_crowd() {
    gate_.close();
    group_.wait();
  }

 private:
  leat::chan<nothing> gate_;
  leat::wait_group group_;
};

double parked_create() {
  constexpr int count = 1'000'000;
  const auto start = clock::now();
  const parked_crowd crowd(count);
  return nanoseconds_since(start) / count;
}

double parked_bytes() {
  constexpr int count = 1'000'000;
  const long before = held_bytes();
  const parked_crowd crowd(count);
  return double(held_bytes() - before) / count;
}

// Processor time, in percent of one core, while a hundred thousand are parked and nothing happens.
double idle_cpu() {
  const parked_crowd crowd(100'000);
  leat::sleep_for(100ms);
  const auto used = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  };
  const auto before = used();
  leat::sleep_for(2s);
  return std::chrono::duration<double>(used() - before) / 2s * 100;
}

// Repeats the case with more and more operations until it takes a quarter of a second.
double nanoseconds_each(const std::function<void(int)>& run) {
  for (int count = 1000;; count *= 4) {
    const auto start = clock::now();
    run(count);
    if (const double took = nanoseconds_since(start); took > 250e6) return took / count;
  }
}

double beside_parked(int others, const std::function<void(int)>& run) {
  const parked_crowd crowd(others);
  return nanoseconds_each(run);
}

double timers_beside(int pending) {
  std::vector<leat::timer> others;
  others.reserve(static_cast<std::size_t>(pending));
  for (int i = 0; i < pending; ++i)
    others.emplace_back(1h + std::chrono::nanoseconds(i * 7919LL % pending));
  return nanoseconds_each(timer_start_stop);
}

const std::map<std::string, std::function<void(int)>> timed_cases{
    {"ping_pong", ping_pong},
    {"unbuffered", unbuffered},
    {"buffered_128", buffered},
    {"send_and_receive", send_and_receive},
    {"select_2", select_waiting<2>},
    {"select_8", select_waiting<8>},
    {"select_ready_2", select_ready<2>},
    {"select_ready_8", select_ready<8>},
    {"select_default", select_nothing_ready},
    {"yield_2", yield_two},
    {"spawn_one", spawn_one},
    {"spawn_batch_1000", spawn_batch},
    {"mutex_1", mutex_alone},
    {"mutex_8", [](int locks) { mutex_of_eight(locks, false); }},
    {"mutex_8_yield", [](int locks) { mutex_of_eight(locks, true); }},
    {"timer_start_stop", timer_start_stop},
    {"timer_reset", timer_reset},
};

const std::map<std::string, double (*)(int)> other_cases{
    {"sleep_10k", [](int) { return sleeping(); }},
    {"skynet", [](int) { return skynet(); }},
    {"sieve", [](int) { return sieve(); }},
    {"parked_create", [](int) { return parked_create(); }},
    {"parked_bytes", [](int) { return parked_bytes(); }},
    {"idle_cpu", [](int) { return idle_cpu(); }},
    {"ping_pong_beside", [](int others) { return beside_parked(others, ping_pong); }},
    {"spawn_one_beside", [](int others) { return beside_parked(others, spawn_one); }},
    {"timers_beside", timers_beside},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc >= 2 ? argv[1] : "";
  const int size = argc >= 3 ? std::atoi(argv[2]) : 0;
  if (const auto timed = timed_cases.find(name); timed != timed_cases.end()) {
    return leat::run([&] { std::printf("%.2f\n", nanoseconds_each(timed->second)); });
  }
  if (const auto other = other_cases.find(name); other != other_cases.end()) {
    return leat::run([&] { std::printf("%.2f\n", other->second(size)); });
  }
  std::fprintf(stderr, "usage: runtime_bench CASE [N], and '%s' is no case\n", name.c_str());
  return 2;
}
