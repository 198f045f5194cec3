#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <hub/files/beneath.hpp>
#include <hub/files/folder_reader.hpp>
#include <hub/files/store_state.hpp>

namespace hub::files {
namespace {

constexpr const char* uploads_folder = "uploads";
constexpr const char* rooms_folder = "rooms";

file_error not_found(const area& where, const file_name& name) {
  return {failure::not_found, fmt::format("there is no {}", describe(where, name))};
}

result<unique_fd> make_folder(int root, const std::filesystem::path& data, std::string_view folder) {
  auto made = make_folder_beneath(root, folder);
  if (made) return std::move(*made);
  auto error =
      from_errno(fmt::format("cannot use the folder {}", (data / folder).native()), made.error().value());
  if (std::filesystem::is_symlink(data / folder)) {
    error.text += " (it is a symbolic link; mount another disk there instead)";
  }
  return std::unexpected(std::move(error));
}

// A rename, by which uploads are published, works only within one file system.
result<void> must_share_disk(int uploads, int other, const std::filesystem::path& data,
                             std::string_view folder) {
  struct stat left{};
  struct stat right{};
  if (::fstat(uploads, &left) != 0 || ::fstat(other, &right) != 0) {
    return std::unexpected(from_errno("cannot examine the data folder", errno));
  }
  if (left.st_dev == right.st_dev) return {};
  return std::unexpected(file_error{
      failure::broken, fmt::format("{} and {} must be on one file system (mount the whole data folder there)",
                                   (data / uploads_folder).native(), (data / folder).native())});
}

// Counts the regular files of one folder; a folder that cannot be read counts nothing.
void count_files(store_state& store, const std::string& folder) {
  const auto opened = open_beneath(store.root.get(), folder, O_RDONLY | O_DIRECTORY);
  if (!opened) return;
  for (const auto& name : names_in(opened->get())) {
    struct stat status{};
    if (::fstatat(opened->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
      continue;
    store.space.count(static_cast<std::uint64_t>(status.st_size));
    ++store.files;
  }
}

// The last file of a room takes its folders along; those that are not empty refuse to go. Each is removed
// through its parent's descriptor, so that no symbolic link can lead elsewhere.
void remove_if_empty(const store_state& store, std::string folder) {
  for (auto slash = folder.rfind('/'); slash != std::string::npos; slash = folder.rfind('/')) {
    const auto name = folder.substr(slash + 1);
    folder.resize(slash);
    const auto parent = open_beneath(store.root.get(), folder, O_RDONLY | O_DIRECTORY);
    if (!parent || ::unlinkat(parent->get(), name.c_str(), AT_REMOVEDIR) != 0) return;
  }
}

}  // namespace

std::string describe(const area& where, const file_name& name) {
  if (where.room().empty()) return fmt::format("file {}", name.text());
  return fmt::format("file {} in {}", name.text(), where.room());
}

result<unique_fd> open_file(const store_state& store, const area& where, const file_name& name,
                            struct stat& status) {
  const auto path = where.folder() + '/' + name.text();
  // O_NONBLOCK: a named pipe that someone put there would otherwise hold us until it has a writer.
  auto fd = open_beneath(store.root.get(), path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) {
    const auto error = fd.error().value();
    const bool absent =
        error == ENOENT || error == ELOOP || error == ENOTDIR || error == ENXIO || error == EXDEV;
    if (absent) return std::unexpected(not_found(where, name));
    return std::unexpected(from_errno(fmt::format("cannot open {}", describe(where, name)), error));
  }
  if (::fstat(fd->get(), &status) != 0) return std::unexpected(from_errno("cannot examine the file", errno));
  if (!S_ISREG(status.st_mode)) return std::unexpected(not_found(where, name));
  return std::move(*fd);
}

result<void> allocate(int fd, std::uint64_t size) {
  if (size == 0 || ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) == 0) return {};
  if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR) return {};
  return std::unexpected(from_errno("cannot take space for the upload", errno));
}

result<void> must_be_small_enough(const store_state& store, const area& where, const file_name& name,
                                  std::uint64_t bytes) {
  if (bytes <= store.bounds.file_bytes) return {};
  return std::unexpected(
      file_error{failure::too_large, fmt::format("{} is too large: it has {} bytes, and {} is the most",
                                                 describe(where, name), bytes, store.bounds.file_bytes)});
}

result<void> leave_spare(const store_state& store, std::uint64_t bytes) {
  struct statvfs disk{};
  // A disk that does not tell is filled until it says that it is full.
  if (store.bounds.spare_bytes == 0 || ::fstatvfs(store.root.get(), &disk) != 0) return {};
  const std::uint64_t available = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (available >= store.bounds.spare_bytes && bytes <= available - store.bounds.spare_bytes) return {};
  return std::unexpected(file_error{
      failure::no_space, fmt::format("the disk is too full: {} bytes are free, of which {} stay so",
                                     available, store.bounds.spare_bytes)});
}

result<std::optional<file_version>> present_version(store_state& store, const area& where,
                                                    const file_name& name) {
  struct stat status{};
  const auto fd = open_file(store, where, name, status);
  if (!fd && fd.error().kind == failure::not_found) return std::nullopt;
  if (!fd) return std::unexpected(fd.error());
  const auto content = store.digests.of(fd->get(), status);
  if (!content) return std::unexpected(content.error());
  return file_version{*content, status.st_mtim.tv_sec};
}

file_store::file_store(std::unique_ptr<store_state> state) : state_(std::move(state)) {}
file_store::~file_store() = default;

result<std::unique_ptr<file_store>> file_store::open(const std::filesystem::path& data,
                                                     const limits& bounds) {
  unique_fd root(::open(data.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root)
    return std::unexpected(from_errno(fmt::format("cannot open the data folder {}", data.native()), errno));
  auto uploads = make_folder(root.get(), data, uploads_folder);
  if (!uploads) return std::unexpected(uploads.error());
  if (::flock(uploads->get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return std::unexpected(
        file_error{failure::in_use,
                   fmt::format("cannot use the data folder {}: another server is using it", data.native())});
  }
  for (const char* folder : {"files", rooms_folder}) {
    const auto made = make_folder(root.get(), data, folder);
    if (!made) return std::unexpected(made.error());
    if (auto same = must_share_disk(uploads->get(), made->get(), data, folder); !same) {
      return std::unexpected(same.error());
    }
  }
  auto state = std::make_unique<store_state>(std::move(root), std::move(*uploads), bounds);
  state->waiting.clean_at_start();
  state->pending.restore();
  count_files(*state, area::common().folder());
  const auto rooms = open_beneath(state->root.get(), rooms_folder, O_RDONLY | O_DIRECTORY);
  if (!rooms) return std::unexpected(from_errno("cannot read the rooms' folder", rooms.error().value()));
  for (const auto& room : names_in(rooms->get()))
    count_files(*state, fmt::format("{}/{}/files", rooms_folder, room));
  return std::unique_ptr<file_store>(new file_store(std::move(state)));
}

result<stored_file> file_store::read(const area& where, const file_name& name) {
  struct stat status{};
  auto fd = open_file(*state_, where, name, status);
  if (!fd) return std::unexpected(fd.error());
  const auto content = state_->digests.of(fd->get(), status);
  if (!content) return std::unexpected(content.error());
  return stored_file{std::move(*fd), static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec,
                     *content};
}

result<upload> file_store::begin(const area& where, const file_name& name,
                                 std::optional<std::uint64_t> size) {
  const auto& bounds = state_->bounds;
  if (auto small = must_be_small_enough(*state_, where, name, size.value_or(0)); !small)
    return std::unexpected(small.error());
  state_->pending.sweep();
  if (auto fits = leave_spare(*state_, size.value_or(0)); !fits) return std::unexpected(fits.error());
  auto file = state_->waiting.create(where, name, size);
  if (!file) return std::unexpected(file.error());
  upload begun(*state_, where, name, size, std::move(*file));
  if (size && !begun.space_.grow_to(*size)) {
    return std::unexpected(file_error{
        failure::over_quota, fmt::format("{} does not fit: {} of {} bytes for all files together are taken",
                                         describe(where, name), taken_bytes(), bounds.total_bytes)});
  }
  if (auto allocated = allocate(begun.file_.fd.get(), size.value_or(0)); !allocated) {
    return std::unexpected(allocated.error());
  }
  return begun;
}

result<upload> file_store::resume(const area& where, const file_name& name, std::uint64_t offset,
                                  std::uint64_t total) {
  if (offset == 0) return begin(where, name, total);
  const auto wrong_place = [&](std::uint64_t held) {
    return std::unexpected(file_error{failure::wrong_place,
                                      fmt::format("cannot continue {} at byte {}: {} of {} bytes are here",
                                                  describe(where, name), offset, held, total),
                                      held});
  };
  const auto found = state_->waiting.find(where, name);
  if (!found || found->total_bytes != total) return wrong_place(0);
  if (found->held_bytes != offset) return wrong_place(found->held_bytes);
  if (auto fits = leave_spare(*state_, total - offset); !fits) return std::unexpected(fits.error());
  auto file = state_->waiting.claim(where, name, *found);
  if (!file) return wrong_place(0);
  upload resumed(*state_, where, name, total, std::move(*file));
  resumed.space_.adopt(offset);
  resumed.received_ = offset;
  auto hash = digest_front(resumed.file_.fd.get(), offset);
  if (!hash) return std::unexpected(hash.error());
  resumed.hash_ = std::move(*hash);
  const bool ready = ::lseek(resumed.file_.fd.get(), static_cast<off_t>(offset), SEEK_SET) >= 0;
  // What has arrived is worth keeping also when the rest does not fit now.
  if (!ready || !resumed.space_.grow_to(total)) {
    resumed.suspend();
    return std::unexpected(
        file_error{failure::over_quota, fmt::format("the rest of {} does not fit", describe(where, name))});
  }
  if (auto allocated = allocate(resumed.file_.fd.get(), total); !allocated) {
    resumed.suspend();
    return std::unexpected(allocated.error());
  }
  return resumed;
}

std::optional<partial> file_store::find_partial(const area& where, const file_name& name) const {
  return state_->waiting.find(where, name);
}

result<void> file_store::remove(const area& where, const file_name& name, const condition& allowed) {
  const auto doing = fmt::format("cannot remove {}", describe(where, name));
  const std::lock_guard lock(state_->naming);
  struct stat status{};
  const auto fd = open_file(*state_, where, name, status);
  if (!fd) return std::unexpected(fd.error());
  if (allowed) {
    const auto present = state_->digests.of(fd->get(), status);
    if (!present) return std::unexpected(present.error());
    if (!allowed(file_version{*present, status.st_mtim.tv_sec})) {
      return std::unexpected(file_error{
          failure::forbidden, fmt::format("{}: the file there is not the one that was expected", doing)});
    }
  }
  const auto folder = open_beneath(state_->root.get(), where.folder(), O_RDONLY | O_DIRECTORY);
  if (!folder) return std::unexpected(from_errno(doing, folder.error().value()));
  if (::unlinkat(folder->get(), name.text().c_str(), 0) != 0)
    return std::unexpected(from_errno(doing, errno));
  state_->space.give_back(static_cast<std::uint64_t>(status.st_size));
  // A file that was put in place by hand after the start was never counted.
  if (state_->files > 0) --state_->files;
  if (::fsync(folder->get()) != 0) return std::unexpected(from_errno(doing, errno));
  if (where.room().empty()) return {};
  remove_if_empty(*state_, where.folder());
  return {};
}

result<listing> file_store::list(const area& where, std::string_view after, std::size_t limit) const {
  const auto folder = open_beneath(state_->root.get(), where.folder(), O_RDONLY | O_DIRECTORY);
  if (!folder) {
    if (folder.error() == std::errc::no_such_file_or_directory) return listing{};
    return std::unexpected(from_errno("cannot read the folder", folder.error().value()));
  }
  auto names = names_in(folder->get());
  std::erase_if(names, [&](const std::string& name) { return name <= after || !file_name::parse(name); });
  std::ranges::sort(names);
  listing listed;
  for (auto& name : names) {
    struct stat status{};
    if (::fstatat(folder->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
      continue;
    if (listed.files.size() == limit) {
      listed.more = true;
      break;
    }
    listed.files.push_back(
        {std::move(name), static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec});
  }
  return listed;
}

resumables& file_store::resumable() {
  return state_->pending;
}
const limits& file_store::bounds() const {
  return state_->bounds;
}

std::uint64_t file_store::taken_bytes() const {
  return state_->space.taken_bytes();
}
std::uint64_t file_store::file_count() const {
  return state_->files;
}

}  // namespace hub::files
