#include <leat/runtime/hogs.hpp>

#if defined(LEAT_CHECKS_HOGS)

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <leat/runtime/capture.hpp>
#include <leat/runtime/frames.hpp>
#include <leat/runtime/overview.hpp>
#include <leat/runtime/report.hpp>
#include <leat/runtime/symbols.hpp>

namespace leat::runtime {
namespace {

using namespace std::chrono_literals;
using real_clock = std::chrono::steady_clock;

constexpr auto patience = 10ms;
constexpr std::size_t warnings_most = 100;

std::chrono::nanoseconds computed_by(const worker& one) noexcept {
  timespec now{};
  if (::clock_gettime(one.thread_time, &now) != 0) return 0ns;
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// Whether the thread waits in the kernel, as opposed to computing or waiting for a processor.
bool is_blocked(const worker& one) noexcept {
  std::array<char, 64> path;
  std::snprintf(path.data(), path.size(), "/proc/self/task/%d/stat", static_cast<int>(one.thread));
  const int file = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  std::array<char, 512> text;
  const auto length = ::read(file, text.data(), text.size());
  ::close(file);
  const std::string_view stat(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  const auto name_end = stat.rfind(')');  // proc(5): "pid (name) state ..."
  if (name_end == std::string_view::npos || name_end + 2 >= stat.size()) return false;
  return stat[name_end + 2] == 'S' || stat[name_end + 2] == 'D';
}

// The same for the same chain of calls, wherever in its functions it was caught.
std::size_t chain_of(const frame_list& frames) {
  std::string names;
  for (const std::uintptr_t place : frames.all())
    names += locate(place).back().function + '\n';
  return std::hash<std::string>()(names);
}

}  // namespace

hog_watch::hog_watch(const scheduler& all) : all_(all), seen_(all.workers.size()) {
  prepare_capture();
}

void hog_watch::look() noexcept {
  try {
    for (std::size_t index = 0; index < seen_.size(); ++index)
      look_at(*all_.workers[index], seen_[index]);
  } catch (const std::exception&) {  // out of memory: nothing to warn of at such a time
  }
}

void hog_watch::look_at(const worker& one, sighting& seen) {
  const std::uint64_t tick = one.tick.load(std::memory_order_relaxed);
  const goroutine* running = one.running;
  const auto now = real_clock::now();
  if (!running || tick != seen.tick || running != seen.running) {
    seen = {tick, running, now, running ? computed_by(one) : 0ns, false};
    return;
  }
  if (seen.told || now - seen.since < patience) return;
  const bool computes = computed_by(one) - seen.computed_before >= patience;
  if (!computes && !is_blocked(one)) return;  // its thread waits for a processor
  seen.told = true;
  warn(one, seen, computes);
}

void hog_watch::warn(const worker& one, const sighting& seen, bool computes) {
  if (told_.size() >= warnings_most) return;
  const auto hog = capture(one, *seen.running);
  const auto kept = std::chrono::floor<std::chrono::milliseconds>(real_clock::now() - seen.since);
  if (!hog || !told_.insert(chain_of(hog->frames)).second) return;
  print_error("leat: goroutine " + std::to_string(hog->id) + " has kept its worker for " +
              runtime::describe(kept) + (computes ? ", computing" : ", in a call that blocks") +
              ", while others may wait behind it\n" +
              (computes ? "call leat::yield() now and then, or let leat::blocking() do it\n"
                        : "let leat::blocking() make the call\n") +
              "started at " + start_of(hog->started_at) + "\n" + describe(hog->frames));
}

}  // namespace leat::runtime

#endif
