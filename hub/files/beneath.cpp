#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <string>

#include <hub/files/beneath.hpp>

namespace hub::files {
namespace {

std::unexpected<std::error_code> failed(int error) {
  return std::unexpected(std::error_code(error, std::generic_category()));
}

int open_by_kernel(int folder, const std::string& path, int flags, mode_t mode) {
  struct open_how how{};
  how.flags = static_cast<__u64>(flags);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  int fd = -1;
  do {
    fd = static_cast<int>(::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how));
    // EAGAIN: something was renamed meanwhile, so the kernel cannot be sure that we are still below.
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  return fd;
}

// One component: the caller has made sure that it is one.
int open_one(int folder, const std::string& name, int flags, mode_t mode) {
  int fd = -1;
  do {
    fd = ::openat(folder, name.c_str(), flags, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

std::expected<unique_fd, std::error_code> open_by_components(int folder, std::string_view path, int flags,
                                                             mode_t mode) {
  if (path.starts_with('/')) return failed(EXDEV);
  unique_fd parent;
  for (;;) {
    const auto slash = path.find('/');
    const std::string name(path.substr(0, slash));
    if (name == "..") return failed(EXDEV);
    const bool last = slash == std::string_view::npos;
    const int how = last ? flags : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    unique_fd next(open_one(parent ? parent.get() : folder, name, how, last ? mode : 0));
    if (!next) return failed(errno);
    if (last) return next;
    parent = std::move(next);
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

std::expected<unique_fd, std::error_code> open_beneath(int folder, std::string_view path, int flags,
                                                       mode_t mode, resolver how) {
  // A C string would end at the NUL, and name another file than the one that was checked.
  if (path.empty() || path.contains('\0')) return failed(EINVAL);
  flags |= O_CLOEXEC | O_NOFOLLOW;
  if (how == resolver::automatic) {
    unique_fd fd(open_by_kernel(folder, std::string(path), flags, mode));
    if (fd) return fd;
    // EPERM: seccomp filters of older container runtimes answer so for calls that they do not know.
    if (errno != ENOSYS && errno != EPERM) return failed(errno);
  }
  return open_by_components(folder, path, flags, mode);
}

std::expected<unique_fd, std::error_code> make_folder_beneath(int folder, std::string_view path) {
  constexpr int flags = O_RDONLY | O_DIRECTORY;
  auto opened = open_beneath(folder, path, flags);
  if (opened || opened.error() != std::errc::no_such_file_or_directory) return opened;
  const auto slash = path.rfind('/');
  unique_fd made;
  if (slash != std::string_view::npos) {
    auto parent = make_folder_beneath(folder, path.substr(0, slash));
    if (!parent) return parent;
    made = std::move(*parent);
  }
  const int parent = made ? made.get() : folder;
  const std::string name(path.substr(slash == std::string_view::npos ? 0 : slash + 1));
  if (::mkdirat(parent, name.c_str(), 0750) != 0 && errno != EEXIST) return failed(errno);
  if (::fsync(parent) != 0) return failed(errno);
  return open_beneath(parent, name, flags);
}

}  // namespace hub::files
