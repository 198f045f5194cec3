// A million goroutines, each parked on a channel of its own, then all woken: that none is lost, and what one
// costs.
//
//   parked [--without-guard-advice] [COUNT]
//
// Each of them receives, then answers on one shared channel, so that their sum tells whether all of them
// woke. The kernel's own limits are left as they are. --without-guard-advice behaves like a kernel without
// MADV_GUARD_INSTALL (before Linux 6.13), where guard pages cost mappings and vm.max_map_count (usually
// 65530) limits them.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <leat/leat.hpp>

namespace {

using std::chrono::steady_clock;

constexpr std::uint64_t goal = 1'000'000;
constexpr std::uint64_t most = 100'000'000;          // keeps sums far from overflow
constexpr std::uint64_t reckoned_bytes = 6 * 1024;   // for each, when the machine decides how many fit
constexpr std::uint64_t enough_bytes = 12ULL << 30;  // with this much the machine is left out of it
constexpr double besides_page_bytes = 1100;          // page tables, the channel, and what allocators add

/// The number that follows `key` in a file of lines like "VmRSS:   1234 kB".
std::optional<std::uint64_t> number_in(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const auto digits = line.find_first_of("0123456789", key.size());
    std::uint64_t value = 0;
    if (digits == std::string::npos) return std::nullopt;
    if (std::from_chars(line.data() + digits, line.data() + line.size(), value).ec != std::errc())
      return std::nullopt;
    return value;
  }
  return std::nullopt;
}

struct memory_use {
  std::uint64_t resident = 0;     // bytes
  std::uint64_t page_tables = 0;  // bytes
  std::uint64_t reserved = 0;     // bytes of address space
  std::uint64_t mappings = 0;

  static memory_use now() {
    constexpr auto status = "/proc/self/status";
    std::ifstream maps("/proc/self/maps");
    return {.resident = number_in(status, "VmRSS:").value_or(0) * 1024,
            .page_tables = number_in(status, "VmPTE:").value_or(0) * 1024,
            .reserved = number_in(status, "VmSize:").value_or(0) * 1024,
            .mappings = static_cast<std::uint64_t>(
                std::count(std::istreambuf_iterator<char>(maps), std::istreambuf_iterator<char>(), '\n'))};
  }
};

/// What this process may still use: the machine's free memory, or less if a control group says so.
std::uint64_t memory_to_be_had() {
  std::uint64_t bytes = number_in("/proc/meminfo", "MemAvailable:").value_or(0) * 1024;
  for (const char* limit : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    if (const auto most_bytes = number_in(limit, ""))
      bytes = std::min(bytes, *most_bytes);  // "max": no number
  }
  return bytes;
}

/// The goal, or as many as half of the memory holds, said plainly.
std::uint64_t count_for_this_machine() {
  const std::uint64_t available = memory_to_be_had();
  if (available >= enough_bytes) return goal;
  const std::uint64_t count = std::min(goal, available / 2 / reckoned_bytes);
  if (count < goal) {
    std::printf("NOT the full million: %.1f GiB of memory are to be had here, so it is %llu goroutines\n",
                static_cast<double>(available) / (1 << 30), static_cast<unsigned long long>(count));
  }
  return count;
}

/// From now on, this process finds MADV_GUARD_INSTALL unknown. False: this kernel lets no filter be set.
bool forget_guard_advice() {
  constexpr std::uint32_t guard_install = 102;
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, guard_install, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = sizeof rules / sizeof *rules, .filter = rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

double seconds_since(steady_clock::time_point begin) {
  return std::chrono::duration<double>(steady_clock::now() - begin).count();
}

double each(std::uint64_t after, std::uint64_t before, std::uint64_t count) {
  return (static_cast<double>(after) - static_cast<double>(before)) / static_cast<double>(count);
}

/// Bytes of resident memory and page tables for each of the parked goroutines, once they are.
double report(const memory_use& before, const memory_use& after, std::uint64_t count, double park_s) {
  const double resident = each(after.resident, before.resident, count);
  const double page_tables = each(after.page_tables, before.page_tables, count);
  std::printf("%llu goroutines parked in %.2f s\n", static_cast<unsigned long long>(count), park_s);
  std::printf("each: %.0f bytes of memory, of which %.0f resident and %.0f page tables\n",
              resident + page_tables, resident, page_tables);
  std::printf("each: %.0f bytes of address space; %.1f GiB in all (VmSize)\n",
              each(after.reserved, before.reserved, count), static_cast<double>(after.reserved) / (1 << 30));
  std::printf("mappings: %llu, before %llu\n", static_cast<unsigned long long>(after.mappings),
              static_cast<unsigned long long>(before.mappings));
  return resident + page_tables;
}

/// Parks `count`, wakes them, and says whether all came back and each cost what was promised.
bool park_and_wake(std::uint64_t count) {
  using number = std::uint64_t;
  const memory_use before = memory_use::now();
  std::vector<leat::chan<number>> calls;
  calls.reserve(count);
  const leat::chan<leat::unit> there{1024};
  const leat::chan<number> answers{1024};
  const auto begin = steady_clock::now();
  leat::go([&calls, there, answers, count] {
    for (number i = 0; i < count; ++i) {
      calls.emplace_back();
      leat::go([call = leat::receiver<number>(calls.back()), there = leat::sender<leat::unit>(there),
                answers = leat::sender<number>(answers)] {
        there.send({});
        if (const auto value = call.receive()) answers.send(*value);
      });
    }
  });
  for (number i = 0; i < count; ++i)
    there.receive();
  const double park_s = seconds_since(begin);
  const double bytes = report(before, memory_use::now(), count, park_s);

  const auto wake_begin = steady_clock::now();
  leat::go([&calls] {
    for (number i = 0; i < calls.size(); ++i)
      calls[i].send(i + 1);
  });
  number sum = 0;
  for (number i = 0; i < count; ++i)
    sum += answers.receive().value_or(0);
  std::printf("all woken in %.2f s\n", seconds_since(wake_begin));
  if (sum != count * (count + 1) / 2) {
    std::printf("FAILED: what they answered is not what they were sent\n");
    return false;
  }
  const double promised_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE)) + besides_page_bytes;
  if (bytes > promised_bytes) {
    std::printf("FAILED: a parked goroutine with its channel costs more than %.0f bytes\n", promised_bytes);
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) try {
  std::uint64_t count = 0;
  for (const std::string_view argument : std::vector<std::string_view>(argv + 1, argv + argc)) {
    if (argument == "--without-guard-advice") {
      if (!forget_guard_advice()) {
        std::printf("skipped: no system call filter can be set here\n");
        return 0;
      }
      std::printf("as on a kernel without MADV_GUARD_INSTALL\n");
      continue;
    }
    const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), count);
    if (error != std::errc() || end != argument.data() + argument.size() || count == 0 || count > most) {
      std::fprintf(stderr, "parked: \"%s\" is no number from 1 to %llu\n", std::string(argument).c_str(),
                   static_cast<unsigned long long>(most));
      return 2;
    }
  }
  if (count == 0) count = count_for_this_machine();
  const auto limit = number_in("/proc/sys/vm/max_map_count", "");
  std::printf("vm.max_map_count is %s\n", limit ? std::to_string(*limit).c_str() : "unknown");
  return leat::run([count] { return park_and_wake(count); }) ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const std::exception& error) {
  std::fprintf(stderr, "parked: %s\n", error.what());
  return EXIT_FAILURE;
}
