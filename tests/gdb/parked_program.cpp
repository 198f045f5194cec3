// What the tests of the gdb script look at: goroutines at known places. The one that runs tells on standard
// output when the others have got there.
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <leat/chan.hpp>
#include <leat/go.hpp>
#include <leat/mutex.hpp>
#include <leat/parked_test.hpp>

namespace kitchen {

[[gnu::noinline]] void wait_for_eggs(const leat::chan<int>& eggs) {
  eggs.receive();
  asm volatile("" ::: "memory");  // keeps the frame: what comes before is no jump
}

[[gnu::noinline]] void breakfast(const leat::chan<int>& eggs) {
  wait_for_eggs(eggs);
  asm volatile("" ::: "memory");
}

[[gnu::noinline]] void wash_up(leat::mutex& sink) {
  sink.lock();
  asm volatile("" ::: "memory");
}

// Waits in itself, and not in a function of the C library.
[[gnu::always_inline]] inline void hold_the_mill() {
#if defined(__x86_64__)
  long result = SYS_pause;
  asm volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
#else
  ::pause();
#endif
}

[[gnu::noinline]] void grind_pepper() {
  leat::testing::await_parked(4);  // all others
  std::puts("parked");
  std::fflush(stdout);
  for (;;)
    hold_the_mill();
}

// Its name has some hundreds of characters.
void start_grinding(const std::vector<std::pair<std::string, std::string>>& /*peppers*/,
                    const std::map<std::string, std::vector<std::string>>& /*mills*/) {
  leat::go([] { grind_pepper(); });
}

}  // namespace kitchen

int main() {
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);  // where only parents may attach
  ::alarm(120);
  return leat::run({.workers = 2}, [] {
    const leat::chan<int> eggs;
    leat::mutex sink;
    sink.lock();
    leat::go([&] { kitchen::breakfast(eggs); });
    leat::go([&] { kitchen::wash_up(sink); });
    leat::go({.stack_bytes = std::size_t{1} << 20}, [&] { kitchen::breakfast(eggs); });
    kitchen::start_grinding({}, {});
    eggs.receive();
  });
}
