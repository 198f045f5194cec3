#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <iterator>
#include <span>

#include <hub/files/beneath.hpp>
#include <hub/files/boot_number.hpp>
#include <hub/files/folder_reader.hpp>
#include <hub/files/partials.hpp>
#include <hub/files/resumable_record.hpp>
#include <hub/files/sha256.hpp>

namespace hub::files {
namespace {

constexpr std::string_view part_suffix = ".part";
constexpr std::string_view temporary_suffix = ".tmp";
constexpr std::size_t target_length = 64;
constexpr std::size_t number_length = boot_number_length;

// Names the target in the folder; the NUL is in neither an area nor a name.
std::string target_of(const area& where, const file_name& name) {
  const std::string text = where.folder() + '\0' + name.text();
  sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return to_hex(hash.finish());
}

// What an entry's name says of its upload: "<target>.<total size>".
struct label {
  std::string_view target;
  std::uint64_t total_bytes = 0;
};

std::optional<label> read_label(std::string_view text) {
  if (text.size() <= target_length + 1 || text[target_length] != '.') return std::nullopt;
  label read{.target = text.substr(0, target_length)};
  if (!digest_from_hex(read.target)) return std::nullopt;
  text.remove_prefix(target_length + 1);
  const auto [end, error] = std::from_chars(text.begin(), text.end(), read.total_bytes);
  if (error != std::errc() || end != text.end()) return std::nullopt;
  return read;
}

std::optional<label> label_of_part(std::string_view entry) {
  if (!entry.ends_with(part_suffix)) return std::nullopt;
  entry.remove_suffix(part_suffix.size());
  return read_label(entry);
}

std::string name_of_part(std::string_view target, std::uint64_t total_bytes) {
  return fmt::format("{}.{}{}", target, total_bytes, part_suffix);
}

// Of what was under way, when its bytes can be relied on.
std::optional<label> label_of_temporary(std::string_view entry) {
  const auto& boot = boot_number();
  if (boot.empty() || !entry.ends_with(temporary_suffix)) return std::nullopt;
  entry.remove_suffix(temporary_suffix.size());
  if (entry.size() < 2 * (number_length + 1)) return std::nullopt;
  entry.remove_prefix(number_length + 1);
  if (!entry.starts_with(boot) || entry[number_length] != '.') return std::nullopt;
  return read_label(entry.substr(number_length + 1));
}

result<std::string> new_temporary_name(std::string_view target, std::optional<std::uint64_t> total_bytes) {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number)
    return std::unexpected(from_errno("cannot begin the upload", errno));
  if (!total_bytes || boot_number().empty()) return fmt::format("{:016x}{}", number, temporary_suffix);
  return fmt::format("{:016x}.{}.{}.{}{}", number, boot_number(), target, *total_bytes, temporary_suffix);
}

}  // namespace

struct partials::entry {
  std::string name;
  std::uint64_t size = 0;
  std::int64_t modified_s = 0;
};

// The regular files, oldest first; what else may be there is none of ours.
std::vector<partials::entry> partials::read_folder() const {
  std::vector<entry> entries;
  for (auto& name : names_in(folder_.get())) {
    struct stat status{};
    if (::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(status.st_mode)) continue;
    entries.push_back({std::move(name), static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec});
  }
  std::ranges::sort(entries, {}, &entry::modified_s);
  return entries;
}

void partials::clean_at_start() {
  for (const auto& each : read_folder()) {
    if (is_resumable_entry(each.name)) continue;
    if (label_of_part(each.name)) {
      adopt(each);
    } else if (!salvage(each)) {
      ::unlinkat(folder_.get(), each.name.c_str(), 0);
    }
  }
  make_room();
}

// A part that an earlier run has left.
void partials::adopt(const entry& each) {
  const auto known = label_of_part(each.name);
  become_part(each.name, std::string(known->target), {each.size, known->total_bytes});
  const auto found = waiting_.find(known->target);
  if (found == waiting_.end()) return;
  found->second.since_s = each.modified_s;
  quota_.count(each.size);
}

// What was under way when an earlier run was killed, if it can be relied on.
bool partials::salvage(const entry& each) {
  const auto known = label_of_temporary(each.name);
  if (!known || each.size == 0) return false;
  const auto fd = open_beneath(folder_.get(), each.name, O_WRONLY);
  // As in upload::suspend.
  if (!fd || ::ftruncate(fd->get(), static_cast<off_t>(each.size)) != 0 || ::fdatasync(fd->get()) != 0)
    return false;
  if (!become_part(each.name, std::string(known->target), {each.size, known->total_bytes})) return false;
  quota_.count(each.size);
  return true;
}

bool partials::become_part(const std::string& entry_name, const std::string& target, const partial& state) {
  if (const auto old = waiting_.find(target); old != waiting_.end()) remove(old);
  const auto part_name = name_of_part(target, state.total_bytes);
  if (::renameat(folder_.get(), entry_name.c_str(), folder_.get(), part_name.c_str()) != 0) return false;
  waiting_.insert_or_assign(target, waiting{state, std::time(nullptr), next_order_++});
  return true;
}

partials::waiting_table::iterator partials::remove(waiting_table::iterator which) {
  const auto& [target, part] = *which;
  ::unlinkat(folder_.get(), name_of_part(target, part.state.total_bytes).c_str(), 0);
  quota_.give_back(part.state.held_bytes);
  return waiting_.erase(which);
}

void partials::make_room() {
  const auto oldest = std::time(nullptr) - limits_.partial_lifetime.count();
  for (auto each = waiting_.begin(); each != waiting_.end();)
    each = each->second.since_s < oldest ? remove(each) : std::next(each);
  while (waiting_.size() > limits_.partials) {
    remove(std::ranges::min_element(waiting_, {}, [](const auto& each) { return each.second.order; }));
  }
}

result<temporary> partials::create(const area& where, const file_name& name,
                                   std::optional<std::uint64_t> total_bytes) {
  auto entry_name = new_temporary_name(target_of(where, name), total_bytes);
  if (!entry_name) return std::unexpected(entry_name.error());
  auto fd = open_beneath(folder_.get(), *entry_name, O_RDWR | O_CREAT | O_EXCL, 0640);
  if (!fd) return std::unexpected(from_errno("cannot begin the upload", fd.error().value()));
  return temporary{std::move(*entry_name), std::move(*fd)};
}

std::optional<partial> partials::find(const area& where, const file_name& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(target_of(where, name));
  return found == waiting_.end() ? std::nullopt : std::optional(found->second.state);
}

std::optional<temporary> partials::claim(const area& where, const file_name& name, const partial& found) {
  const auto target = target_of(where, name);
  auto entry_name = new_temporary_name(target, found.total_bytes);
  const std::lock_guard lock(mutex_);
  const auto held = waiting_.find(target);
  if (!entry_name || held == waiting_.end() || held->second.state != found) return std::nullopt;
  const auto part_name = name_of_part(target, found.total_bytes);
  auto fd = open_beneath(folder_.get(), part_name, O_RDWR);
  if (!fd || ::renameat(folder_.get(), part_name.c_str(), folder_.get(), entry_name->c_str()) != 0) {
    // Somebody has removed it by hand.
    remove(held);
    return std::nullopt;
  }
  waiting_.erase(held);
  return temporary{std::move(*entry_name), std::move(*fd)};
}

bool partials::keep(const temporary& broken_off, const area& where, const file_name& name,
                    const partial& state) {
  const std::lock_guard lock(mutex_);
  const bool kept = become_part(broken_off.entry, target_of(where, name), state);
  make_room();
  return kept;
}

void partials::drop(const area& where, const file_name& name) {
  const std::lock_guard lock(mutex_);
  if (const auto found = waiting_.find(target_of(where, name)); found != waiting_.end()) remove(found);
}

void partials::remove_temporary(const temporary& ended) {
  ::unlinkat(folder_.get(), ended.entry.c_str(), 0);
}

}  // namespace hub::files
