// Files on disk: `DATA/files/NAME` for everyone, `DATA/rooms/ROOM/files/NAME` for a room.
//
// What holds at any moment, also after kill -9 or a power cut:
//  - a name shows either the whole old content or the whole new one: uploads are written beside, flushed, and
//  moved
//    into place by one rename; who is reading the old content goes on reading it;
//  - what `publish` has confirmed is on the disk;
//  - nothing outside the data folder is read or written, and symbolic links are not followed;
//  - unfinished uploads take space within the quota, and are removed when they are too old.
//
// All calls may block on the disk, so a goroutine makes them through `leat::blocking`. The store is
// thread-safe; an upload belongs to one user at a time. The store must outlive its uploads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hub/files/area.hpp>
#include <hub/files/file_error.hpp>
#include <hub/files/file_name.hpp>
#include <hub/files/limits.hpp>
#include <hub/files/partials.hpp>
#include <hub/files/sha256.hpp>
#include <hub/files/unique_fd.hpp>

namespace hub::files {

// A file that is open for reading. Its content stays the same even if the name is replaced or removed
// meanwhile.
struct stored_file {
  unique_fd fd;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_s = 0;  // seconds since 1970-01-01T00:00:00Z
  digest content;               // SHA-256
};

struct listed_file {
  std::string name;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_s = 0;

  bool operator==(const listed_file&) const = default;
};

struct listing {
  std::vector<listed_file> files;  // ordered by the bytes of their names
  bool more = false;               // there are others after the last one
};

// What tells one state of a file from others.
struct file_version {
  digest content;
  std::int64_t modified_s = 0;
};

// Decides about a change by what the name has at that moment: nothing when there is no such file.
using condition = std::function<bool(const std::optional<file_version>& present)>;

// What becomes of a file that has the name already.
enum class namesake : unsigned char {
  replaced,  // the new one takes its place
  kept,      // the new one gets the next free name, as in "a (2).txt"
};

struct publish_terms {
  std::optional<digest> announced = std::nullopt;  // the content must have this digest
  condition allowed = {};                          // empty: always
  namesake other = namesake::replaced;
};

struct published {
  std::uint64_t size_bytes = 0;
  std::int64_t modified_s = 0;
  digest content;
  bool created = false;  // false: it took the place of another
  std::string name = {};
};

struct store_state;
class resumables;

// A file on its way in. Unless it is published or suspended, nothing remains of it.
class upload {
 public:
  upload(upload&& other) noexcept;
  upload& operator=(upload&&) = delete;
  ~upload();

  // Adds to the end. Fails as `too_large`, `over_quota`, `no_space`, `mismatch` (more than the announced
  // size) or `broken`; then the upload is of no further use.
  result<void> write(std::span<const std::byte> bytes);

  std::uint64_t received_bytes() const { return received_; }

  // Makes it the content of its name. Fails as `mismatch` when bytes are missing or the digest is not the
  // announced one, as `forbidden` when the condition does not hold, or as `write` does; the name is then as
  // it was.
  result<published> publish(const publish_terms& terms = {});

  // Keeps what has arrived, so that `file_store::resume` can go on. Needs an announced size. Returns false if
  // there is nothing worth keeping or it cannot be kept.
  bool suspend();

 private:
  friend class file_store;
  friend class resumables;
  friend class addition;
  upload(store_state& store, area where, file_name name, std::optional<std::uint64_t> size, temporary file);

  result<void> take_space(std::uint64_t bytes);
  result<void> write_out(std::span<const std::byte> bytes);
  file_name free_name(int folder) const;
  result<void> check_whole(const publish_terms& terms, const digest& content) const;
  result<published> move_into_place(const publish_terms& terms, published now);

  store_state* store_;  // null: published, suspended or moved from
  area where_;
  file_name name_;
  std::optional<std::uint64_t> size_;
  temporary file_;
  reservation space_;
  sha256 hash_;
  std::uint64_t received_ = 0;
};

class file_store {
 public:
  // Opens the store below `data`, creating its folders, removes what a crash left behind, and counts what is
  // there. Fails as `in_use` when another process has it.
  static result<std::unique_ptr<file_store>> open(const std::filesystem::path& data,
                                                  const limits& bounds = {});
  ~file_store();

  // Opens a file for reading. A file that was put in place by hand is read once for its digest.
  result<stored_file> read(const area& where, const file_name& name);

  // Begins an upload; a known size lets it fail at once when it does not fit.
  result<upload> begin(const area& where, const file_name& name, std::optional<std::uint64_t> size);

  // Goes on with an upload of `total` bytes that broke off after exactly `offset`; otherwise fails as
  // `wrong_place` and says how much is held. With offset 0 it begins anew.
  result<upload> resume(const area& where, const file_name& name, std::uint64_t offset, std::uint64_t total);

  // How far a broken-off upload of this target has come.
  std::optional<partial> find_partial(const area& where, const file_name& name) const;

  // Uploads that have an identity of their own. Lives as long as the store.
  resumables& resumable();

  // What the store was opened with.
  const limits& bounds() const;

  // Removes a file, if the condition allows it.
  result<void> remove(const area& where, const file_name& name, const condition& allowed = {});

  // The first `limit` files whose names are greater than `after`. Entries that are not regular files or whose
  // names would be refused are left out. An area in which nothing was ever stored is empty.
  result<listing> list(const area& where, std::string_view after, std::size_t limit) const;

  // Bytes in files and unfinished uploads, and the number of files.
  std::uint64_t taken_bytes() const;
  std::uint64_t file_count() const;

 private:
  explicit file_store(std::unique_ptr<store_state> state);

  std::unique_ptr<store_state> state_;
};

}  // namespace hub::files
