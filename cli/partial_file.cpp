#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include <leat/blocking.hpp>

#include <cli/failure.hpp>
#include <cli/partial_file.hpp>
#include <cli/visible_text.hpp>

namespace cli {
namespace {

constexpr std::size_t version_limit_bytes = 1024;
constexpr std::size_t piece_bytes = 256 * 1024;
constexpr mode_t new_file_mode = 0666;  // less the umask

// 0, or the error number.
int write_fully(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

std::string read_version(const std::filesystem::path& path) {
  const hub::files::unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return {};
  std::array<char, version_limit_bytes> buffer{};
  const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
  return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
}

int write_version(const std::filesystem::path& path, std::string_view version) {
  const hub::files::unique_fd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, new_file_mode));
  if (!fd) return errno;
  return write_fully(fd.get(), std::as_bytes(std::span(version)));
}

// Moves without replacing; on file systems that cannot, by a second name.
int move_to_new_name(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (::link(from.c_str(), to.c_str()) != 0) return errno;
  return ::unlink(from.c_str()) == 0 ? 0 : errno;
}

}  // namespace

std::string file_failure(std::string_view doing, const std::filesystem::path& which, int error) {
  return fmt::format("cannot {} {}: {}", doing, visible(which.native()),
                     reason_of(std::error_code(error, std::system_category())));
}

partial_file::partial_file(std::filesystem::path target, hub::files::unique_fd fd)
    : target_(std::move(target)), fd_(std::move(fd)) {}

std::filesystem::path partial_file::with_suffix(std::string_view suffix) const {
  std::filesystem::path path = target_;
  path += suffix;
  return path;
}

outcome<partial_file> partial_file::open(const std::filesystem::path& target, bool resume) {
  std::filesystem::path path = target;
  path += ".part";
  return leat::blocking([&]() -> outcome<partial_file> {
    hub::files::unique_fd fd(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, new_file_mode));
    if (!fd) return std::unexpected(file_failure("write", path, errno));
    struct stat found{};
    if (::fstat(fd.get(), &found) != 0) return std::unexpected(file_failure("look at", path, errno));
    if (!S_ISREG(found.st_mode))
      return std::unexpected(fmt::format("{} is not a file", visible(path.native())));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      return std::unexpected(fmt::format("{} is being written by another download", visible(path.native())));
    }
    partial_file opened(target, std::move(fd));
    if (resume) {
      if (auto loaded = opened.load(); !loaded) return std::unexpected(loaded.error());
    }
    return opened;
  });
}

// Takes over what an earlier run has left.
outcome<void> partial_file::load() {
  version_ = read_version(tag_path());
  if (version_.empty()) return {};
  std::vector<std::byte> piece(piece_bytes);
  for (;;) {
    const ssize_t count = ::read(fd_.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(file_failure("read", part_path(), errno));
    if (count == 0) break;
    hash_.update(std::span(piece).first(static_cast<std::size_t>(count)));
    size_ += static_cast<std::uint64_t>(count);
  }
  if (size_ == 0) version_.clear();
  return {};
}

partial_file::~partial_file() {
  if (fd_ && (size_ == 0 || version_.empty())) discard();
}

outcome<void> partial_file::restart(std::string_view version) {
  size_ = 0;
  hash_ = hub::files::sha256();
  version_ = version.size() <= version_limit_bytes ? version : std::string_view();
  return leat::blocking([&]() -> outcome<void> {
    if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0) {
      return std::unexpected(file_failure("write", part_path(), errno));
    }
    if (version_.empty()) {
      ::unlink(tag_path().c_str());
    } else if (const int error = write_version(tag_path(), version_)) {
      return std::unexpected(file_failure("write", tag_path(), error));
    }
    return {};
  });
}

outcome<void> partial_file::append(std::span<const std::byte> bytes) {
  hash_.update(bytes);
  const int error = leat::blocking([&] { return write_fully(fd_.get(), bytes); });
  if (error != 0) return std::unexpected(file_failure("write", part_path(), error));
  size_ += bytes.size();
  return {};
}

outcome<void> partial_file::publish(bool replace) {
  return leat::blocking([&]() -> outcome<void> {
    // On the disk before it is called complete.
    if (::fdatasync(fd_.get()) != 0) return std::unexpected(file_failure("write", part_path(), errno));
    const int error = !replace ? move_to_new_name(part_path(), target_)
                      : ::rename(part_path().c_str(), target_.c_str()) == 0 ? 0
                                                                            : errno;
    if (error == EEXIST) {
      return std::unexpected(
          fmt::format("{} exists already (--force replaces it)", visible(target_.native())));
    }
    if (error != 0) return std::unexpected(file_failure("write", target_, error));
    ::unlink(tag_path().c_str());
    fd_ = hub::files::unique_fd();
    return {};
  });
}

void partial_file::discard() {
  ::unlink(part_path().c_str());
  ::unlink(tag_path().c_str());
  fd_ = hub::files::unique_fd();
}

}  // namespace cli
