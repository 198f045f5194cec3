// What a file store and its uploads share. Inside hub/files only.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include <hub/files/area.hpp>
#include <hub/files/digest_cache.hpp>
#include <hub/files/file_store.hpp>
#include <hub/files/resumables.hpp>

namespace hub::files {

struct store_state {
  store_state(unique_fd data, unique_fd uploads, const limits& given)
      : root(std::move(data)),
        bounds(given),
        space(given.total_bytes),
        waiting(std::move(uploads), bounds, space),
        pending(*this) {}

  const unique_fd root;  // the data folder
  const limits bounds;
  quota space;
  partials waiting;
  resumables pending;
  digest_cache digests;

  // Held while a name gets another content or none: conditions are decided and acted on as one step, and
  // folders do not vanish while something moves into them. Never held while a file's content is flushed.
  std::mutex naming;
  std::atomic<std::uint64_t> files{0};  // changed under `naming`
};

// "file NAME", or "file NAME in #room": for messages. Names are harmless by construction.
std::string describe(const area& where, const file_name& name);

// Opens the regular file and fills `status`, or says that there is none.
result<unique_fd> open_file(const store_state& store, const area& where, const file_name& name,
                            struct stat& status);

// Takes space on the disk for a file of that size, so that a full disk shows before the first byte and the
// file lies in one piece. Not every file system can.
result<void> allocate(int fd, std::uint64_t size);

// Fails as `too_large` over the limit for one file.
result<void> must_be_small_enough(const store_state& store, const area& where, const file_name& name,
                                  std::uint64_t bytes);

// Fails as `no_space` unless `bytes` more leave enough of the disk free: who uploads must not take the space
// that others' messages need.
result<void> leave_spare(const store_state& store, std::uint64_t bytes);

// What the name has now, for a condition to decide; nothing when there is no file.
result<std::optional<file_version>> present_version(store_state& store, const area& where,
                                                    const file_name& name);

}  // namespace hub::files
