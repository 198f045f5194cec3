// For tests of how a program ends: its body runs in a child process, and what it said and how it ended are
// looked at.
//
// The child is forked, not executed, so that it works under an emulator too. Fork only where no run() is
// active: a runtime does not outlive a fork, and sanitizers allow no new threads in the child of a process
// with several.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ostream>
#include <source_location>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include <leat/runtime/sanitizer.hpp>

namespace leat::testing {

/// How a child ended, and what it wrote to standard error.
struct ending {
  int status = 0;  // as waitpid() gives it
  std::string text;

  bool exited_with(int code) const { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
  bool killed_by(int number) const { return WIFSIGNALED(status) && WTERMSIG(status) == number; }
  bool says(std::string_view words) const { return text.find(words) != std::string::npos; }
};

inline std::ostream& operator<<(std::ostream& out, const ending& it) {
  if (WIFEXITED(it.status)) {
    out << "it exited with " << WEXITSTATUS(it.status);
  } else {
    out << "it was killed by signal " << WTERMSIG(it.status);
  }
  return out << " and said:\n" << it.text;
}

inline std::string read_to_end(int from) {
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    const auto count = ::read(from, buffer.data(), buffer.size());
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

/// Runs `body` in a child. One that returns exits with 0; one that hangs is killed by SIGALRM after a minute.
template <typename F>
ending end_of(F&& body) {
#if defined(LEAT_TSAN)
  std::thread([] {}).join();  // without an earlier thread, the child gets two of ThreadSanitizer's own
#endif
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::system_error(errno, std::system_category(), "pipe");
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::system_category(), "fork");
  if (child == 0) {
    const rlimit no_core{};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::alarm(60);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    body();
    std::fflush(nullptr);
    ::_exit(0);
  }
  ::close(ends[1]);
  ending seen;
  seen.text = read_to_end(ends[0]);
  ::close(ends[0]);
  while (::waitpid(child, &seen.status, 0) < 0 && errno == EINTR) {}
  return seen;
}

/// For use in the child, whose failed expectations nobody would hear of.
inline void require(bool holds, std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "not so, at line %u of %s\n", static_cast<unsigned>(where.line()), where.file_name());
  ::_exit(99);
}

/// "x.cpp:17", as reports name a place in the calling file.
inline std::string place(std::string_view file, int line) {
  return std::string(file.substr(file.rfind('/') + 1)) + ":" + std::to_string(line);
}

/// Whether reports show lines of frames; those of where a goroutine was started are always there.
#if defined(LEAT_HAS_LIBDW)
inline constexpr bool reports_have_lines = true;
#else
inline constexpr bool reports_have_lines = false;
#endif

}  // namespace leat::testing

/// Expects that the child's text holds `words`.
#define EXPECT_SAYS(seen, words) \
  EXPECT_TRUE((seen).says(words)) << "without \"" << (words) << "\": " << (seen)
#define EXPECT_SAYS_NOT(seen, words) \
  EXPECT_FALSE((seen).says(words)) << "with \"" << (words) << "\": " << (seen)

/// Keeps the frame of the function that ends with it on the stack, and its calls from becoming jumps.
#define LEAT_KEEP_FRAME asm volatile("" ::: "memory")
