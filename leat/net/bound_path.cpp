#include <sys/stat.h>
#include <unistd.h>

#include <leat/net/bound_path.hpp>

namespace leat::net {

bound_path::bound_path(std::string_view path) : path_(path) {
  struct stat found;
  if (::lstat(path_.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) {
    device_ = found.st_dev;
    number_ = found.st_ino;
  } else {
    path_.clear();  // somebody was faster: it is not ours to remove
  }
}

void bound_path::remove() const noexcept {
  if (path_.empty()) return;
  struct stat found;
  if (::lstat(path_.c_str(), &found) != 0) return;
  if (!S_ISSOCK(found.st_mode) || found.st_dev != device_ || found.st_ino != number_) return;
  ::unlink(path_.c_str());
}

}  // namespace leat::net
