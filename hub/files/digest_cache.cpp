#include <fcntl.h>
#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <hub/files/digest_cache.hpp>

namespace hub::files {
namespace {

constexpr const char* attribute = "user.leat.sha256";
constexpr std::size_t read_bytes = 256 * 1024;
constexpr std::int64_t second_ns = 1'000'000'000;

std::int64_t modified_ns(const struct stat& status) {
  return status.st_mtim.tv_sec * second_ns + status.st_mtim.tv_nsec;
}

// What the digest is valid for, as the attribute spells it; the digest's hexadecimal digits follow.
std::string stamp(const struct stat& status) {
  return fmt::format("1 {} {} ", status.st_size, modified_ns(status));
}

// File systems count time in steps of some milliseconds: a file that is still being written may change
// without a change of its time, so a digest of one that has just been touched is good for one answer only.
bool settled(const struct stat& status) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() - modified_ns(status) >
         2 * second_ns;
}

}  // namespace

std::size_t digest_cache::key_hash::operator()(const key& each) const {
  // The fields are independent enough; the odd factor keeps neighbouring inodes apart from neighbouring
  // times.
  return each.device ^ each.inode * 0x9e3779b97f4a7c15U ^ static_cast<std::uint64_t>(each.modified_ns);
}

digest_cache::key digest_cache::key_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, modified_ns(status)};
}

bool digest_cache::known(int fd, const struct stat& status, digest& value) {
  std::array<char, 160> text{};
  const auto length = ::fgetxattr(fd, attribute, text.data(), text.size());
  if (length > 0) {
    std::string_view rest(text.data(), static_cast<std::size_t>(length));
    const auto expected = stamp(status);
    if (rest.starts_with(expected)) {
      const auto read = digest_from_hex(rest.substr(expected.size()));
      if (read) value = *read;
      if (read) return true;
    }
  }
  const std::lock_guard lock(table_mutex_);
  const auto found = table_.find(key_of(status));
  if (found == table_.end()) return false;
  value = found->second;
  return true;
}

void digest_cache::remember(int fd, const struct stat& status, const digest& value) {
  const auto text = stamp(status) + to_hex(value);
  if (::fsetxattr(fd, attribute, text.data(), text.size(), 0) == 0) return;
  const std::lock_guard lock(table_mutex_);
  // Dropping all at once is crude and rare: it costs one reading of each file that is asked for again.
  if (table_.size() >= table_limit) table_.clear();
  table_.insert_or_assign(key_of(status), value);
}

result<digest> digest_cache::of(int fd, const struct stat& status) {
  digest value{};
  if (known(fd, status, value)) return value;
  const std::lock_guard lock(reading_[status.st_ino % reading_.size()]);
  if (known(fd, status, value)) return value;
  auto hash = digest_front(fd, static_cast<std::uint64_t>(status.st_size));
  if (!hash) return std::unexpected(hash.error());
  value = hash->finish();
  if (settled(status)) remember(fd, status, value);
  return value;
}

result<sha256> digest_front(int fd, std::uint64_t size) {
  ::posix_fadvise(fd, 0, static_cast<off_t>(size), POSIX_FADV_SEQUENTIAL);
  std::vector<std::byte> buffer(std::min<std::uint64_t>(read_bytes, size));
  sha256 hash;
  for (std::uint64_t at = 0; at < size;) {
    const auto wanted = std::min<std::uint64_t>(buffer.size(), size - at);
    const auto got = ::pread(fd, buffer.data(), wanted, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(from_errno("cannot read the file", errno));
    if (got == 0) {
      return std::unexpected(file_error{failure::mismatch, "the file became shorter while it was read"});
    }
    hash.update(std::span(buffer).first(static_cast<std::size_t>(got)));
    at += static_cast<std::uint64_t>(got);
  }
  return hash;
}

}  // namespace hub::files
