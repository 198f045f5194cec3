#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <memory>
#include <span>

#include <hub/files/beneath.hpp>
#include <hub/files/folder_reader.hpp>
#include <hub/files/partials.hpp>
#include <hub/files/sha256.hpp>

namespace hub::files {
namespace {

constexpr std::string_view part_suffix = ".part";
constexpr std::size_t target_length = 64;

// Names the target in the folder; the NUL is in neither an area nor a name.
std::string target_key(const area& where, const file_name& name) {
  const std::string text = where.folder() + '\0' + name.text();
  sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return to_hex(hash.finish());
}

// The total size that a part's name tells, if it is a part's name.
std::optional<std::uint64_t> total_of(std::string_view entry) {
  if (!entry.ends_with(part_suffix) || entry.size() <= target_length + 1 + part_suffix.size())
    return std::nullopt;
  if (entry[target_length] != '.' || !digest_from_hex(entry.substr(0, target_length))) return std::nullopt;
  entry.remove_suffix(part_suffix.size());
  entry.remove_prefix(target_length + 1);
  std::uint64_t total = 0;
  const auto [end, error] = std::from_chars(entry.begin(), entry.end(), total);
  if (error != std::errc() || end != entry.end()) return std::nullopt;
  return total;
}

}  // namespace

struct partials::entry {
  std::string name;
  std::uint64_t size = 0;
  std::time_t modified = 0;
  std::optional<std::uint64_t> total;  // nothing: not a part

  bool belongs_to(std::string_view key) const { return total && name.starts_with(key); }
};

std::vector<partials::entry> partials::read_folder() const {
  std::vector<entry> entries;
  for (auto& name : names_in(folder_.get())) {
    struct stat status{};
    if (::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const auto total = S_ISREG(status.st_mode) ? total_of(name) : std::nullopt;
    entries.push_back(
        {std::move(name), static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec, total});
  }
  return entries;
}

void partials::remove_part(const entry& each) {
  // Only one of several who try removes it, and gives its bytes back.
  if (::unlinkat(folder_.get(), each.name.c_str(), 0) == 0) quota_.give_back(each.size);
}

void partials::clean_at_start() {
  for (const auto& each : read_folder()) {
    if (each.total) {
      quota_.count(each.size);
    } else {
      ::unlinkat(folder_.get(), each.name.c_str(), 0);
    }
  }
  make_room();
}

void partials::make_room() {
  auto entries = read_folder();
  std::erase_if(entries, [](const entry& each) { return !each.total; });
  std::ranges::sort(entries, {}, &entry::modified);
  const auto oldest = std::time(nullptr) - limits_.partial_lifetime.count();
  std::size_t left = entries.size();
  for (const auto& each : entries) {
    if (each.modified >= oldest && left <= limits_.partials) break;
    remove_part(each);
    --left;
  }
}

result<temporary> partials::create() {
  constexpr const char* doing = "cannot begin the upload";
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number)
    return std::unexpected(from_errno(doing, errno));
  auto entry_name = fmt::format("{:016x}.tmp", number);
  auto fd = open_beneath(folder_.get(), entry_name, O_RDWR | O_CREAT | O_EXCL, 0640);
  if (!fd) return std::unexpected(from_errno(doing, fd.error().value()));
  return temporary{std::move(entry_name), std::move(*fd)};
}

std::optional<partial> partials::find(const area& where, const file_name& name) const {
  const auto key = target_key(where, name);
  const auto entries = read_folder();
  const auto found = std::ranges::find_if(entries, [&](const entry& each) { return each.belongs_to(key); });
  if (found == entries.end()) return std::nullopt;
  return partial{found->name, found->size, *found->total};
}

std::optional<temporary> partials::claim(const partial& taken) {
  auto target = create();
  if (!target) return std::nullopt;
  // Over the fresh name, which reserved it; what it named is gone, so the descriptor must be opened anew.
  if (::renameat(folder_.get(), taken.entry.c_str(), folder_.get(), target->entry.c_str()) != 0) {
    remove_temporary(*target);
    return std::nullopt;
  }
  auto fd = open_beneath(folder_.get(), target->entry, O_RDWR);
  struct stat status{};
  // A length other than the one that was found: someone else had it in between, and let it wait again.
  if (!fd || ::fstat(fd->get(), &status) != 0 ||
      static_cast<std::uint64_t>(status.st_size) != taken.held_bytes) {
    ::renameat(folder_.get(), target->entry.c_str(), folder_.get(), taken.entry.c_str());
    return std::nullopt;
  }
  target->fd = std::move(*fd);
  return std::move(*target);
}

bool partials::keep(const temporary& broken_off, const area& where, const file_name& name,
                    std::uint64_t total_bytes) {
  drop(where, name);
  const auto entry_name = fmt::format("{}.{}{}", target_key(where, name), total_bytes, part_suffix);
  const bool kept =
      ::renameat(folder_.get(), broken_off.entry.c_str(), folder_.get(), entry_name.c_str()) == 0;
  make_room();
  return kept;
}

void partials::drop(const area& where, const file_name& name) {
  const auto key = target_key(where, name);
  for (const auto& each : read_folder()) {
    if (each.belongs_to(key)) remove_part(each);
  }
}

void partials::remove_temporary(const temporary& ended) {
  ::unlinkat(folder_.get(), ended.entry.c_str(), 0);
}

}  // namespace hub::files
