// Calls that write to sockets and know no MSG_NOSIGNAL: sendfile(2) and splice(2). Not for users.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <ctime>

namespace leat::net {

/// Keeps SIGPIPE from this thread for the time of one call: never across a park.
class sigpipe_blocked {
 public:
  sigpipe_blocked() noexcept {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~sigpipe_blocked() {
    if (!sigismember(&before_, SIGPIPE)) pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  sigpipe_blocked(const sigpipe_blocked&) = delete;
  sigpipe_blocked& operator=(const sigpipe_blocked&) = delete;

  /// After a call that may have met a peer that is gone: takes the signal that came with it. One that the
  /// thread had blocked by itself stays with the thread.
  void swallow() noexcept {
    if (sigismember(&before_, SIGPIPE)) return;
    constexpr timespec at_once{};
    while (sigtimedwait(&sigpipe_, nullptr, &at_once) < 0 && errno == EINTR)
      continue;
  }

 private:
  sigset_t sigpipe_;
  sigset_t before_;
};

/// Makes `call`, which sends at most `count` bytes and returns how many, or -1 with errno, and lets no
/// SIGPIPE out of it.
template <typename Call>
ssize_t without_sigpipe(std::size_t count, Call&& call) noexcept {
  sigpipe_blocked guard;
  const ssize_t sent = call();
  const int error = errno;
  // A peer that goes away half-way leaves the signal behind, too, and then the call returns what it had sent
  // before, not EPIPE.
  const bool may_have_signal = sent < 0 ? error == EPIPE : static_cast<std::size_t>(sent) < count;
  if (may_have_signal) guard.swallow();
  errno = error;
  return sent;
}

}  // namespace leat::net
