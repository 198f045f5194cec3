// Many pieces of work, several at once.
#pragma once

#include <algorithm>
#include <cstddef>

#include <leat/chan.hpp>
#include <leat/wait_group.hpp>

namespace cli {

/// Calls `make_worker()` in up to `at_once` goroutines, and what it returns with each index from 0 to
/// `count` - 1, each once, in order of their beginning. Returns when all are done.
template <typename MakeWorker>
void run_jobs(std::size_t count, std::size_t at_once, MakeWorker make_worker) {
  leat::chan<std::size_t> indexes;
  leat::wait_group workers;
  for (std::size_t i = 0; i < std::min(count, at_once); ++i) {
    workers.go([indexes, &make_worker] {
      auto work = make_worker();
      for (const std::size_t index : indexes)
        work(index);
    });
  }
  for (std::size_t i = 0; i < count; ++i)
    indexes.send(i);
  indexes.close();
  workers.wait();
}

}  // namespace cli
