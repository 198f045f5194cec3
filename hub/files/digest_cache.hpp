// The SHA-256 of stored files, so that each is read for it only once.
//
// The digest is a file's strong ETag. It is remembered in an extended attribute of the file itself, together
// with the size and modification time that it belongs to: so it is published by the same rename as the
// content, survives restarts, moves and copies of the data folder, and can be thrown away at any time. A file
// that was changed or put in place by hand has another size or time than its attribute says, and is read
// anew. Where a file system has no such attributes, a bounded table in memory does the same until the next
// restart.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include <hub/files/file_error.hpp>
#include <hub/files/sha256.hpp>

namespace hub::files {

// Thread-safe.
class digest_cache {
 public:
  // The digest of the open file, whose state is `status`; reads the whole file if it is not known yet.
  // Several threads that ask about one file read it once.
  result<digest> of(int fd, const struct stat& status);

  // The digest if it is known without reading the file: false, nothing.
  bool known(int fd, const struct stat& status, digest& value);

  // Remembers what `of` would compute. The file must not change afterwards without a change of its time.
  void remember(int fd, const struct stat& status, const digest& value);

 private:
  // One content of one file, as far as the file system tells.
  struct key {
    std::uint64_t device;
    std::uint64_t inode;
    std::int64_t size;
    std::int64_t modified_ns;
    bool operator==(const key&) const = default;
  };
  struct key_hash {
    std::size_t operator()(const key& each) const;
  };

  static constexpr std::size_t table_limit = 4096;

  static key key_of(const struct stat& status);

  std::array<std::mutex, 16> reading_;  // by inode: who reads a file for its digest

  std::mutex table_mutex_;
  std::unordered_map<key, digest, key_hash> table_;  // guarded by table_mutex_; at most table_limit entries
};

// The digest of the first `size` bytes of an open file; `mismatch` if it is shorter.
result<sha256> digest_front(int fd, std::uint64_t size);

}  // namespace hub::files
