// The file that a bound Unix socket leaves in the file system. Not for users.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace leat::net {

/// Remembers which file it was, so that only that one is ever removed: by the time when a socket is closed,
/// another may have been put in its place.
class bound_path {
 public:
  /// None: nothing to remove.
  bound_path() noexcept = default;

  /// The file at `path`, which a bind(2) has just made.
  explicit bound_path(std::string_view path);

  /// Removes the file, if it still is the one that was made.
  void remove() const noexcept;

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t number_ = 0;
};

}  // namespace leat::net
