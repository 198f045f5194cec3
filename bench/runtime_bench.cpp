// The runtime's benchmark cases: runtime_bench CASE prints nanoseconds an operation (or bytes, for memory).
// Its twin is bench/peers/go/runtime/main.go; the two must do the same.
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include <leat/chan.hpp>
#include <leat/go.hpp>
#include <leat/select.hpp>
#include <leat/wait_group.hpp>

namespace {

struct nothing {};

// One round trip: a value there and a value back.
void ping_pong(int rounds) {
  leat::chan<int> there;
  leat::chan<int> back;
  leat::go([=]() mutable {
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

void buffered(int items) {
  leat::chan<int> belt{128};
  leat::go([=]() mutable {
    for (int i = 0; i < items; ++i)
      belt.send(i);
    belt.close();
  });
  long sum = 0;
  for (int value : belt)
    sum += value;
  if (sum != long{items} * (items - 1) / 2) throw std::logic_error("items were lost");
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

// Two senders, one receiver that takes from whichever is ready.
void select_two(int items) {
  leat::chan<int> left;
  leat::chan<int> right;
  for (auto lane : {left, right}) {
    leat::go([=]() mutable {
      for (int i = 0; i < items / 2; ++i)
        lane.send(i);
    });
  }
  const auto ignore = [](const auto&) {};
  for (int i = 0; i < items; ++i)
    leat::select(left.on_receive(ignore), right.on_receive(ignore));
}

long resident_bytes() {
  long size = 0;
  long resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// Memory of each of a million goroutines that wait on a channel.
double parked_bytes() {
  constexpr int count = 1'000'000;
  const long before = resident_bytes();
  leat::chan<nothing> gate;
  leat::wait_group started;
  leat::wait_group group;
  started.add(count);
  group.add(count);
  for (int i = 0; i < count; ++i) {
    leat::go([=]() mutable {
      started.done();
      gate.receive();
      group.done();
    });
  }
  started.wait();
  const double each = double(resident_bytes() - before) / count;
  gate.close();
  group.wait();
  return each;
}

// Repeats the case with more and more operations until it takes a quarter of a second.
double nanoseconds_each(void (*run)(int)) {
  for (int count = 1000;; count *= 4) {
    const auto start = std::chrono::steady_clock::now();
    run(count);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    if (took > std::chrono::milliseconds(250)) return took.count() / count;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, void (*)(int)> cases{{"ping_pong", ping_pong},
                                                   {"buffered_128", buffered},
                                                   {"spawn_one", spawn_one},
                                                   {"spawn_batch_1000", spawn_batch},
                                                   {"select_2", select_two}};
  const std::string name = argc == 2 ? argv[1] : "";
  if (const auto found = cases.find(name); found != cases.end()) {
    leat::run([&] { std::printf("%.2f\n", nanoseconds_each(found->second)); });
  } else if (name == "parked_million") {
    leat::run([] { std::printf("%.0f\n", parked_bytes()); });
  } else {
    std::fprintf(stderr, "usage: runtime_bench CASE, and '%s' is no case\n", name.c_str());
    return 2;
  }
}
