// The bounds that the file store holds everyone to.
#pragma once

#include <chrono>
#include <cstdint>

namespace hub::files {

struct limits {
  std::uint64_t file_bytes = std::uint64_t{16} << 30;    // of one file
  std::uint64_t total_bytes = std::uint64_t{256} << 30;  // of all files and unfinished uploads
  std::uint64_t spare_bytes = std::uint64_t{64} << 20;   // of the disk, that uploads leave free
  std::uint64_t files = 100'000;                         // in all areas together
  std::uint64_t partials = 1'000;             // unfinished uploads kept for a resume; the oldest gives way
  std::uint64_t resumables = 1'000;           // unfinished uploads that have an address of their own
  std::uint64_t resumables_per_client = 100;  // of those, from one IP address; 0: no limit
  std::chrono::seconds partial_lifetime{24 * 3600};  // how long one is kept after its last byte
};

}  // namespace hub::files
