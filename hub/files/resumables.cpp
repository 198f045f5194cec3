#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include <hub/files/beneath.hpp>
#include <hub/files/boot_number.hpp>
#include <hub/files/folder_reader.hpp>
#include <hub/files/resumables.hpp>
#include <hub/files/store_state.hpp>

namespace hub::files {
namespace {

// More than any that was written: a name, a room, an address and a note of a header's size.
constexpr std::size_t record_limit_bytes = std::size_t{1} << 20;

constexpr const char* beginning = "cannot begin the upload";
constexpr const char* going_on = "cannot go on with the upload";

file_error no_such_upload() {
  return {failure::not_found, "there is no such upload, or it has expired"};
}

result<std::string> new_id() {
  std::array<std::uint64_t, 2> number{};
  if (::getrandom(number.data(), sizeof number, 0) != sizeof number)
    return std::unexpected(from_errno(beginning, errno));
  return fmt::format("{:016x}{:016x}", number[0], number[1]);
}

bool write_all(int fd, std::string_view text) {
  return ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

std::optional<resumable_record> read_record(int folder, std::string_view id, struct stat& status) {
  const auto fd = open_beneath(folder, record_entry(id), O_RDONLY | O_NONBLOCK);
  if (!fd || ::fstat(fd->get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  if (static_cast<std::size_t>(status.st_size) > record_limit_bytes) return std::nullopt;
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  if (::pread(fd->get(), text.data(), text.size(), 0) != status.st_size) return std::nullopt;
  return parse_resumable_record(text);
}

std::optional<area> area_of(const resumable_record& record) {
  return record.room.empty() ? area::common() : area::of_room(record.room);
}

}  // namespace

// At the start

void resumables::restore() {
  for (const auto& name : names_in(store_.waiting.folder())) {
    if (is_resumable_entry(name) && name == record_entry(name.substr(0, name.find('.'))))
      restore_one(name.substr(0, name.find('.')));
  }
  // What has no record, or none that makes sense, belongs to nobody.
  for (const auto& name : names_in(store_.waiting.folder())) {
    if (is_resumable_entry(name) && !entries_.contains(std::string_view(name).substr(0, name.find('.'))))
      ::unlinkat(store_.waiting.folder(), name.c_str(), 0);
  }
  sweep();
}

void resumables::restore_one(std::string_view id) {
  struct stat noted{};
  const auto record = read_record(store_.waiting.folder(), id, noted);
  if (!record || !file_name::parse(record->name)) return;
  const auto where = area_of(*record);
  if (!where) return;
  entry found{.record = *record, .where = *where, .touched_s = noted.st_mtim.tv_sec};
  struct stat status{};
  const auto data = open_beneath(store_.waiting.folder(), data_entry(id), O_WRONLY | O_NONBLOCK);
  if (!data || ::fstat(data->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    found.record.is_published = true;
    found.held_bytes = record->total_bytes.value_or(record->flushed_bytes);
  } else {
    // Its client was never told of it.
    if (record->total_bytes == 0) return;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const bool is_believed = !record->boot.empty() && record->boot == boot_number();
    found.held_bytes = is_believed ? size : std::min(size, record->flushed_bytes);
    // It was not published, so its sender must have something to send.
    if (record->total_bytes && found.held_bytes >= *record->total_bytes)
      found.held_bytes = *record->total_bytes - 1;
    if (::ftruncate(data->get(), static_cast<off_t>(found.held_bytes)) != 0) return;
    found.touched_s = std::max<std::int64_t>(found.touched_s, status.st_mtim.tv_sec);
    store_.space.count(found.held_bytes);
  }
  entries_.emplace(id, std::move(found));
}

// The table

bool resumables::is_expired(const entry& each) const {
  return !each.is_busy && each.touched_s + store_.bounds.partial_lifetime.count() < std::time(nullptr);
}

void resumables::sweep() {
  const std::lock_guard lock(mutex_);
  if (std::time(nullptr) < earliest_expiry_) return;
  auto earliest = std::time(nullptr);
  for (auto each = entries_.begin(); each != entries_.end();) {
    if (is_expired(each->second)) {
      each = forget(each);
      continue;
    }
    earliest = std::min(earliest, each->second.touched_s);
    ++each;
  }
  earliest_expiry_ = earliest + store_.bounds.partial_lifetime.count();
}

// The record goes first: without its data it would be taken for that of a published upload.
resumables::table::iterator resumables::forget(table::iterator which) {
  ::unlinkat(store_.waiting.folder(), record_entry(which->first).c_str(), 0);
  if (!which->second.record.is_published) {
    ::unlinkat(store_.waiting.folder(), data_entry(which->first).c_str(), 0);
    store_.space.give_back(which->second.held_bytes);
  }
  return entries_.erase(which);
}

void resumables::forget_oldest_published() {
  const auto is_published = [](const auto& each) { return each.second.record.is_published; };
  if (static_cast<std::uint64_t>(std::ranges::count_if(entries_, is_published)) <= store_.bounds.resumables)
    return;
  auto oldest = entries_.end();
  for (auto each = entries_.begin(); each != entries_.end(); ++each) {
    if (!is_published(*each)) continue;
    if (oldest == entries_.end() || each->second.touched_s < oldest->second.touched_s) oldest = each;
  }
  forget(oldest);
}

resumables::table::iterator resumables::find_live(std::string_view id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || !is_expired(found->second)) return found;
  forget(found);
  return entries_.end();
}

result<void> resumables::must_have_room(const std::string& client) const {
  std::uint64_t all = 0;
  std::uint64_t own = 0;
  for (const auto& [id, each] : entries_) {
    if (each.record.is_published) continue;
    ++all;
    if (each.record.client == client) ++own;
  }
  const auto& bounds = store_.bounds;
  const auto refuse = [](std::string_view whose, std::uint64_t most) {
    return std::unexpected(file_error{
        failure::too_many, fmt::format("there are {} unfinished uploads {}, and that is the most: finish or "
                                       "remove one, or wait until they expire",
                                       most, whose)});
  };
  if (all >= bounds.resumables) return refuse("here", bounds.resumables);
  if (!client.empty() && bounds.resumables_per_client != 0 && own >= bounds.resumables_per_client)
    return refuse("of yours", bounds.resumables_per_client);
  return {};
}

void resumables::release(std::string_view id, entry&& changed) {
  changed.is_busy = false;
  changed.touched_s = std::time(nullptr);
  const std::lock_guard lock(mutex_);
  entries_.insert_or_assign(std::string(id), std::move(changed));
  forget_oldest_published();
}

// On the disk

bool resumables::write_record(std::string_view id, const resumable_record& record) const {
  const auto entry_name = record_entry(id);
  // Opened without O_TRUNC: what is there is longer, or is made shorter by the last step.
  const auto fd = open_beneath(store_.waiting.folder(), entry_name, O_WRONLY | O_CREAT, 0640);
  const auto text = render(record);
  return fd && write_all(fd->get(), text) && ::ftruncate(fd->get(), static_cast<off_t>(text.size())) == 0 &&
         ::fdatasync(fd->get()) == 0;
}

bool resumables::write_progress(std::string_view id, const resumable_record& record) const {
  const auto fd = open_beneath(store_.waiting.folder(), record_entry(id), O_WRONLY);
  return fd && write_all(fd->get(), render_progress(record));
}

// What is asked for

result<std::string> resumables::create(const resumable_terms& terms) {
  const auto total = terms.total_bytes.value_or(0);
  if (auto small = must_be_small_enough(store_, terms.where, terms.name, total); !small)
    return std::unexpected(small.error());
  if (auto fits = leave_spare(store_, total); !fits) return std::unexpected(fits.error());
  // Space is taken by what comes; this only tells early that it cannot.
  if (!reservation(store_.space).grow_to(total)) {
    return std::unexpected(file_error{
        failure::over_quota, fmt::format("{} does not fit: {} of {} bytes for all files together are taken",
                                         describe(terms.where, terms.name), store_.space.taken_bytes(),
                                         store_.bounds.total_bytes)});
  }
  sweep();
  auto id = new_id();
  if (!id) return id;
  entry begun{.record = {.total_bytes = terms.total_bytes,
                         .room = terms.where.room(),
                         .name = terms.name.text(),
                         .client = terms.client,
                         .note = terms.note},
              .where = terms.where,
              .touched_s = std::time(nullptr),
              .hash = sha256()};
  auto record = begun.record;
  {
    const std::lock_guard lock(mutex_);
    if (auto room = must_have_room(terms.client); !room) return std::unexpected(room.error());
    begun.is_busy = true;
    entries_.emplace(*id, std::move(begun));
  }
  // The data first, so that there is never a record of an upload that was not published without it.
  const auto data = open_beneath(store_.waiting.folder(), data_entry(*id), O_WRONLY | O_CREAT | O_EXCL, 0640);
  const bool written = data && write_record(*id, record) && ::fsync(store_.waiting.folder()) == 0;
  const int error = data ? errno : data.error().value();
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(*id);
  found->second.is_busy = false;
  if (written) return id;
  forget(found);
  return std::unexpected(from_errno(beginning, error));
}

result<resumable_state> resumables::find(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto found = find_live(id);
  if (found == entries_.end()) return std::unexpected(no_such_upload());
  const auto& each = found->second;
  return resumable_state{.where = each.where,
                         .name = each.record.name,
                         .held_bytes = each.held_bytes,
                         .total_bytes = each.record.total_bytes,
                         .note = each.record.note,
                         .is_published = each.record.is_published,
                         .expires_s = each.touched_s + store_.bounds.partial_lifetime.count()};
}

result<void> resumables::remove(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto found = find_live(id);
  if (found == entries_.end()) return std::unexpected(no_such_upload());
  if (found->second.is_busy) return std::unexpected(file_error{failure::busy, "the upload is under way"});
  forget(found);
  return {};
}

result<resumables::entry> resumables::claim(std::string_view id, const addition_terms& terms) {
  const std::lock_guard lock(mutex_);
  const auto found = find_live(id);
  if (found == entries_.end()) return std::unexpected(no_such_upload());
  auto& each = found->second;
  if (each.is_busy)
    return std::unexpected(file_error{failure::busy, "another request is adding to this upload"});
  if (each.record.is_published || each.held_bytes != terms.offset) {
    return std::unexpected(file_error{
        failure::wrong_place,
        fmt::format("cannot go on at byte {}: {}{} bytes are here", terms.offset,
                    each.record.is_published ? "the upload is complete, and all its " : "", each.held_bytes),
        each.held_bytes});
  }
  auto record = each.record;
  if (terms.total_bytes) {
    if (record.total_bytes.value_or(*terms.total_bytes) != *terms.total_bytes ||
        *terms.total_bytes < each.held_bytes)
      return std::unexpected(file_error{failure::mismatch, "the upload has another length than is said now"});
    if (auto small =
            must_be_small_enough(store_, each.where, *file_name::parse(record.name), *terms.total_bytes);
        !small)
      return std::unexpected(small.error());
    record.total_bytes = terms.total_bytes;
  }
  each.is_busy = true;
  return entry{.record = std::move(record),
               .where = each.where,
               .held_bytes = each.held_bytes,
               .touched_s = each.touched_s,
               .is_busy = true,
               .hash = std::exchange(each.hash, std::nullopt)};
}

result<addition> resumables::add(std::string_view id, const addition_terms& terms) {
  auto claimed = claim(id, terms);
  if (!claimed) return std::unexpected(claimed.error());
  auto data = open_data(id, *claimed, terms);
  if (!data) {
    release(id, std::move(*claimed));
    return std::unexpected(data.error());
  }
  auto before = terms.is_verified ? std::optional(data->hash_.copy()) : std::nullopt;
  return addition(*this, std::string(id), std::move(*claimed), std::move(*data), std::move(before));
}

// The data of an upload as a file on its way in. When that fails, `claimed` is as it was.
result<upload> resumables::open_data(std::string_view id, entry& claimed, const addition_terms& terms) {
  const auto held = claimed.held_bytes;
  const auto total = claimed.record.total_bytes;
  const auto end = total ? std::min(*total, held + std::min(terms.coming_bytes, *total)) : held;
  if (auto fits = leave_spare(store_, end - held); !fits) return std::unexpected(fits.error());
  auto fd = open_beneath(store_.waiting.folder(), data_entry(id), O_RDWR);
  if (!fd) return std::unexpected(from_errno(going_on, fd.error().value()));
  if (!claimed.hash) {
    auto hash = digest_front(fd->get(), held);
    if (!hash) return std::unexpected(hash.error());
    claimed.hash = std::move(*hash);
  }
  if (::lseek(fd->get(), static_cast<off_t>(held), SEEK_SET) < 0)
    return std::unexpected(from_errno(going_on, errno));
  if (auto allocated = allocate(fd->get(), end); !allocated) return std::unexpected(allocated.error());
  // Only now, so that what is restored after a crash is what was here, or more.
  auto record = claimed.record;
  record.boot = terms.is_verified ? "" : boot_number();
  if (!write_progress(id, record)) return std::unexpected(from_errno(going_on, errno));
  reservation space(store_.space);
  space.adopt(held);
  if (!space.grow_to(total.value_or(held))) {
    space.keep(held);
    return std::unexpected(file_error{failure::over_quota, "the rest of the upload does not fit"});
  }
  upload opened(store_, claimed.where, *file_name::parse(claimed.record.name), total,
                {.entry = data_entry(id), .fd = std::move(*fd)});
  opened.space_.adopt(space.bytes());
  space.keep(space.bytes());
  opened.received_ = held;
  opened.hash_ = *std::exchange(claimed.hash, std::nullopt);
  return opened;
}

}  // namespace hub::files
