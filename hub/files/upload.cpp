#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <hub/files/beneath.hpp>
#include <hub/files/store_state.hpp>

namespace hub::files {
namespace {

// An upload of unknown size takes space in such steps, so that not every write counts.
constexpr std::uint64_t reserve_step_bytes = std::uint64_t{1} << 20;

constexpr const char* writing = "cannot write the upload";
constexpr const char* flushing = "cannot flush the upload to the disk";

}  // namespace

upload::upload(store_state& store, area where, file_name name, std::optional<std::uint64_t> size,
               temporary file)
    : store_(&store),
      where_(std::move(where)),
      name_(std::move(name)),
      size_(size),
      file_(std::move(file)),
      space_(store.space) {}

upload::upload(upload&& other) noexcept
    : store_(std::exchange(other.store_, nullptr)),
      where_(std::move(other.where_)),
      name_(std::move(other.name_)),
      size_(other.size_),
      file_(std::move(other.file_)),
      space_(std::move(other.space_)),
      hash_(std::move(other.hash_)),
      received_(other.received_) {}

upload::~upload() {
  if (store_ != nullptr) store_->waiting.remove_temporary(file_);
}

result<void> upload::write(std::span<const std::byte> bytes) {
  const auto after = received_ + bytes.size();
  if (size_ && after > *size_) {
    return std::unexpected(file_error{
        failure::mismatch, fmt::format("more bytes came than the {} that were announced", *size_)});
  }
  if (after > store_->bounds.file_bytes) {
    return std::unexpected(
        file_error{failure::too_large, fmt::format("{} is too large: {} bytes is the most",
                                                   describe(where_, name_), store_->bounds.file_bytes)});
  }
  // The whole announced size was taken at the start.
  if (!size_) {
    if (auto taken = take_space(after); !taken) return taken;
  }
  return write_out(bytes);
}

// In steps, and at the quota's end to the byte.
result<void> upload::take_space(std::uint64_t bytes) {
  if (space_.bytes() >= bytes) return {};
  if (auto fits = leave_spare(*store_, reserve_step_bytes); !fits) return fits;
  const auto step = (bytes + reserve_step_bytes - 1) / reserve_step_bytes * reserve_step_bytes;
  if (space_.grow_to(step) || space_.grow_to(bytes)) return {};
  return std::unexpected(file_error{
      failure::over_quota, fmt::format("the store is full: {} bytes is the most for all files together",
                                       store_->bounds.total_bytes)});
}

result<void> upload::write_out(std::span<const std::byte> bytes) {
  hash_.update(bytes);
  while (!bytes.empty()) {
    const auto written = ::write(file_.fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(from_errno(writing, errno));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    received_ += static_cast<std::uint64_t>(written);
  }
  return {};
}

result<void> upload::check_whole(const publish_terms& terms, const digest& content) const {
  if (size_ && received_ != *size_) {
    return std::unexpected(file_error{
        failure::mismatch, fmt::format("only {} of the announced {} bytes came", received_, *size_)});
  }
  if (terms.announced && *terms.announced != content) {
    return std::unexpected(file_error{
        failure::mismatch, fmt::format("the content is damaged: its SHA-256 is {}, and {} was announced",
                                       to_hex(content), to_hex(*terms.announced))});
  }
  return {};
}

result<published> upload::publish(const publish_terms& terms) {
  published now{.size_bytes = received_, .modified_s = 0, .content = hash_.finish(), .created = false};
  if (auto whole = check_whole(terms, now.content); !whole) return std::unexpected(whole.error());
  struct stat status{};
  if (::fstat(file_.fd.get(), &status) != 0) return std::unexpected(from_errno(flushing, errno));
  now.modified_s = status.st_mtim.tv_sec;
  store_->digests.remember(file_.fd.get(), status, now.content);
  if (::fsync(file_.fd.get()) != 0) return std::unexpected(from_errno(flushing, errno));
  auto moved = move_into_place(terms, now);
  if (!moved) return moved;
  // What waits for the name may be another's upload, unless this one has replaced all of that name.
  if (terms.other == namesake::replaced) store_->waiting.drop(where_, name_);
  store_ = nullptr;
  return moved;
}

// Called while `naming` is held, so that the name stays free. Numbers are searched by doubling and halving:
// of a thousand namesakes, twenty are looked at, and without gaps the first free one is found.
file_name upload::free_name(int folder) const {
  const auto is_taken = [&](const file_name& name) {
    struct stat there{};
    return ::fstatat(folder, name.text().c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0;
  };
  if (!is_taken(name_)) return name_;
  std::uint64_t taken = 1;
  std::uint64_t free = 2;
  while (is_taken(name_.with_number(free)))
    taken = std::exchange(free, 2 * free);
  while (free - taken > 1) {
    const auto middle = taken + (free - taken) / 2;
    (is_taken(name_.with_number(middle)) ? taken : free) = middle;
  }
  return name_.with_number(free);
}

result<published> upload::move_into_place(const publish_terms& terms, published now) {
  const auto doing = fmt::format("cannot publish {}", describe(where_, name_));
  const std::lock_guard lock(store_->naming);
  if (terms.allowed) {
    const auto present = present_version(*store_, where_, name_);
    if (!present) return std::unexpected(present.error());
    if (!terms.allowed(*present)) {
      return std::unexpected(file_error{
          failure::forbidden, fmt::format("{}: the file there is not the one that was expected", doing)});
    }
  }
  auto folder = open_beneath(store_->root.get(), where_.folder(), O_RDONLY | O_DIRECTORY);
  struct stat replaced{};
  now.name = terms.other == namesake::kept && folder ? free_name(folder->get()).text() : name_.text();
  const char* name = now.name.c_str();
  // A link or a pipe that someone put there was no file of ours, and was not counted.
  now.created = !folder || ::fstatat(folder->get(), name, &replaced, AT_SYMLINK_NOFOLLOW) != 0 ||
                !S_ISREG(replaced.st_mode);
  if (now.created && store_->files >= store_->bounds.files) {
    return std::unexpected(
        file_error{failure::over_quota,
                   fmt::format("{}: there are {} files, and that is the most", doing, store_->bounds.files)});
  }
  if (!folder) folder = make_folder_beneath(store_->root.get(), where_.folder());
  if (!folder) return std::unexpected(from_errno(doing, folder.error().value()));
  if (::renameat(store_->waiting.folder(), file_.entry.c_str(), folder->get(), name) != 0) {
    return std::unexpected(from_errno(doing, errno));
  }
  if (now.created) ++store_->files;
  if (!now.created) store_->space.give_back(static_cast<std::uint64_t>(replaced.st_size));
  // The file is there now, whatever becomes of the flush.
  space_.keep(received_);
  if (::fsync(folder->get()) != 0) return std::unexpected(from_errno(flushing, errno));
  return now;
}

bool upload::suspend() {
  if (store_ == nullptr || !size_ || received_ == 0) return false;
  // Shortened to what has arrived, which gives back what was allocated ahead; flushed, so that after a power
  // cut the length of a part never promises bytes that are not there.
  const int fd = file_.fd.get();
  if (::ftruncate(fd, static_cast<off_t>(received_)) != 0 || ::fdatasync(fd) != 0) return false;
  if (!store_->waiting.keep(file_, where_, name_, {received_, *size_})) return false;
  space_.keep(received_);
  store_ = nullptr;
  return true;
}

}  // namespace hub::files
