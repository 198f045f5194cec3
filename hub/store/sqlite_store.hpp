// The store in one SQLite file, in write-ahead-log mode.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

#include <hub/store/store.hpp>

namespace hub::store {

struct sqlite_options {
  durability durable = durability::process;

  // Largest size of the database file; a write that would exceed it fails as `full`. 0: as large as the disk.
  std::uint64_t max_bytes = 0;

  // How long a call waits for another program (a backup, the sqlite3 shell) that holds the database's lock.
  std::chrono::milliseconds busy_timeout{5000};
};

// Opens `file`, creating it (but not its folder) when absent, and brings its tables up to date. The folder is
// held by a lock while the store lives, so that a second server cannot use the same ids: that one fails as
// `in_use`. Other programs may read the file meanwhile.
result<std::unique_ptr<store>> open_sqlite(const std::filesystem::path& file,
                                           const sqlite_options& options = {});

}  // namespace hub::store
