// Counters of the runtime, for dashboards, and for those who wonder where time and memory go.
//
//   const auto before = leat::stats();
//   ...
//   const auto after = leat::stats();
//   report("switches", after.switches - before.switches);
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace leat {

/// What the runtime has done since run() began, and what it holds now. Each number is right for some moment
/// during the call, not all of them for the same one; of what other workers did in the last instant some may
/// be missing. Numbers of things done never decrease during a run, but for parks: a switch under way may be
/// taken for one until it is done.
struct runtime_stats {
  unsigned workers = 0;     // threads that run goroutines
  std::string_view poller;  // what tells them of ready descriptors: "epoll" or "io_uring"

  // Goroutines.
  std::uint64_t created = 0;
  std::uint64_t ended = 0;
  std::uint64_t live = 0;

  // What workers do.
  std::uint64_t switches = 0;  // of a goroutine that stopped to whatever came next
  std::uint64_t parks = 0;     // of these, those in which a goroutine began to wait
  std::uint64_t yields = 0;    // of these, those in which it only let others run first
  std::uint64_t steals = 0;    // times that a worker took goroutines from another
  std::uint64_t wakes = 0;     // of workers that slept, to share the work
  std::uint64_t polls = 0;     // questions to the kernel about descriptors, sleeps included
  std::uint64_t events = 0;    // answers: descriptors that had become ready

  // Memory for stacks, in bytes. It stays for later goroutines, also those of another run().
  std::size_t stack_reserved_bytes = 0;   // of address space, which costs next to nothing
  std::size_t stack_committed_bytes = 0;  // of memory: an estimate, exact as long as there are few
  std::size_t stacks_free = 0;            // stacks that wait for a goroutine
};

/// Any thread. Takes some microseconds, and up to a millisecond where many goroutines have lived: it is not
/// for every request of a server, but for every few seconds. All numbers but those of memory are zero, and
/// the poller is empty, when the runtime does not run.
runtime_stats stats();

}  // namespace leat
