// A handler may do next to nothing, so it writes the number into a pipe, from which a goroutine reads.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>

#include <leat/error.hpp>
#include <leat/go.hpp>
#include <leat/runtime/descriptor.hpp>
#include <leat/runtime/sanitizer.hpp>
#include <leat/signal.hpp>

namespace leat {
namespace {

constexpr std::size_t pending_most = 16;

// One pipe for each signal number, so that each call's goroutine reads just what it asked for.
std::array<std::atomic<int>, NSIG> write_ends{};  // the descriptor plus one; 0: none

void on_signal(int number) {
  const runtime::sanitizer::hidden_work hidden;  // the signal orders it after notify_signals()
  const int before = errno;
  const int fd = write_ends[static_cast<std::size_t>(number)].load(std::memory_order_relaxed) - 1;
  const auto byte = static_cast<unsigned char>(number);
  if (fd >= 0) [[maybe_unused]]
    const auto written = ::write(fd, &byte, 1);  // full: enough are waiting
  errno = before;
}

void forward(const runtime::descriptor_handle& from, const sender<int>& to) {
  std::array<unsigned char, pending_most> numbers;
  for (;;) {
    const auto got = from->perform(runtime::direction::read,
                                   [&](int fd) { return ::read(fd, numbers.data(), numbers.size()); });
    if (!got) return;
    for (const unsigned char number : std::span(numbers).first(*got))
      to.try_send(int{number});
  }
}

}  // namespace

receiver<int> notify_signals(std::initializer_list<int> wanted) {
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::system_category(), "leat::notify_signals: pipe");
  }
  auto source = runtime::adopt_descriptor(ends[0]);
  for (const int number : wanted) {
    if (number <= 0 || number >= NSIG) {
      ::close(ends[1]);
      throw std::system_error(EINVAL, std::system_category(),
                              "leat::notify_signals: signal " + std::to_string(number));
    }
    write_ends[static_cast<std::size_t>(number)].store(ends[1] + 1, std::memory_order_relaxed);
    struct sigaction action{};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART | SA_ONSTACK;  // goroutine stacks are small
    sigfillset(&action.sa_mask);
    if (::sigaction(number, &action, nullptr) != 0) {
      throw std::system_error(errno, std::system_category(),
                              "leat::notify_signals: signal " + std::to_string(number));
    }
  }
  chan<int> arrived{pending_most};
  go([source = std::move(source), to = sender<int>(arrived)] { forward(source, to); });
  return arrived;
}

}  // namespace leat
