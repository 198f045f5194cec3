// Uploads that have an identity of their own, and come in any number of requests: what tus 1.0 needs.
//
//   uploads/<id>.data   what has arrived
//   uploads/<id>.info   what it is to become, and how much of the data is flushed: a resumable_record
//
// <id> is 32 hexadecimal digits, which nobody can guess. What holds at any moment:
//  - bytes that were confirmed (by `addition::keep`) are there after kill -9; after a power cut they are on
//    the disk, too, but perhaps not the latest word about them, so some may have to be sent again;
//  - of bytes under way when the server is killed, those that reached the kernel are kept, unless they were
//    still to be verified, or the machine was booted since: then what has reached the disk is not known;
//  - one addition at a time;
//  - data without its record, and a record that cannot be read, are removed at the next start. A record
//    without its data is that of an upload which was published.
//
// What is published is remembered for as long as the unfinished would be: a client that did not hear of its
// success asks again, and must not send everything once more. A whole upload that is not published, because
// the server was killed in between or the publication failed, counts as lacking its last byte: the client
// sends that again, and everything takes its usual way.
//
// All calls may block on the disk. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <hub/files/area.hpp>
#include <hub/files/file_error.hpp>
#include <hub/files/file_name.hpp>
#include <hub/files/file_store.hpp>
#include <hub/files/resumable_record.hpp>
#include <hub/files/sha256.hpp>

namespace hub::files {

struct resumable_terms {
  area where;
  file_name name;
  std::optional<std::uint64_t> total_bytes;  // nothing: to be told later
  std::string client;  // who is charged for it, one line; empty: nobody, so only the limit for all holds
  std::string note;    // kept for the caller, one line
};

struct resumable_state {
  area where;
  std::string name;  // once published, the final one
  std::uint64_t held_bytes = 0;
  std::optional<std::uint64_t> total_bytes;
  std::string note;
  bool is_published = false;
  std::int64_t expires_s = 0;  // seconds since 1970-01-01T00:00:00Z
};

class addition;

class resumables {
 public:
  // `store` owns this.
  explicit resumables(store_state& store) : store_(store) {}

  // Takes over what earlier runs left. Before anyone else knows this object.
  void restore();

  // Begins an upload and returns its id. Fails as `too_large` or `over_quota` when the size cannot fit, as
  // `too_many` when the client, or all together, have as many unfinished ones as they may, or as `broken`.
  result<std::string> create(const resumable_terms& terms);

  // Fails as `not_found`; then or later, once it has expired.
  result<resumable_state> find(std::string_view id);

  struct addition_terms {
    std::uint64_t offset = 0;                                 // where it goes on: what is held must end there
    std::optional<std::uint64_t> total_bytes = std::nullopt;  // told now, of an upload that began without
    std::uint64_t coming_bytes = 0;  // as far as known; space is taken on the disk at once
    bool is_verified = false;        // the caller may yet `undo` it
  };

  // Goes on with an upload. Fails as `not_found`; as `busy` while there is another addition; as `wrong_place`
  // (with held_bytes) elsewhere than at its end, and once it is published; as `mismatch` when the total is
  // told twice, differently, or is less than what is held; or as file_store::resume does.
  result<addition> add(std::string_view id, const addition_terms& terms);

  // Removes an upload; of a published one, only the memory. Fails as `not_found` or `busy`.
  result<void> remove(std::string_view id);

  // Removes what has expired. Cheap when there is nothing.
  void sweep();

 private:
  friend class addition;

  struct entry {
    resumable_record record = {};
    area where;
    std::uint64_t held_bytes = 0;
    std::int64_t touched_s = 0;
    bool is_busy = false;
    std::optional<sha256> hash = std::nullopt;  // of what is held; nothing: to be computed
  };
  using table = std::map<std::string, entry, std::less<>>;

  result<entry> claim(std::string_view id, const addition_terms& terms);
  result<upload> open_data(std::string_view id, entry& claimed, const addition_terms& terms);
  void restore_one(std::string_view id);
  bool write_record(std::string_view id, const resumable_record& record) const;
  bool write_progress(std::string_view id, const resumable_record& record) const;
  void release(std::string_view id, entry&& changed);

  // Called while `mutex_` is held.
  table::iterator find_live(std::string_view id);
  table::iterator forget(table::iterator which);
  void forget_oldest_published();
  result<void> must_have_room(const std::string& client) const;
  bool is_expired(const entry& each) const;

  store_state& store_;
  std::mutex mutex_;
  table entries_;                     // guarded by mutex_
  std::int64_t earliest_expiry_ = 0;  // guarded by mutex_: nothing expires before
};

// Bytes on their way to the end of an upload. Unless it was ended otherwise, it ends as by `keep`, or by
// `undo` if it was to be verified. Belongs to one user.
class addition {
 public:
  addition(addition&& other) noexcept;
  addition& operator=(addition&&) = delete;
  ~addition();

  // As upload::write. After an error, what came before can still be kept.
  result<void> write(std::span<const std::byte> bytes);

  std::uint64_t held_bytes() const { return upload_.received_bytes(); }
  std::optional<std::uint64_t> total_bytes() const { return entry_.record.total_bytes; }
  const area& where() const { return entry_.where; }
  bool is_whole() const { return entry_.record.total_bytes == held_bytes(); }

  // Flushes what has come, so that it can be confirmed, and returns how much is held.
  result<std::uint64_t> keep();

  // Takes back all that this addition has brought.
  void undo();

  // Makes a whole upload a file, which gets the next free name. When that fails, the upload stays, short of
  // its last byte.
  result<published> publish();

 private:
  friend class resumables;
  addition(resumables& owner, std::string id, resumables::entry&& claimed, upload&& data,
           std::optional<sha256> before);

  void end_at(std::uint64_t bytes, std::optional<sha256> hash);

  resumables* owner_;  // null: ended
  std::string id_;
  resumables::entry entry_;  // taken from the table, which has a busy one instead
  upload upload_;
  std::optional<sha256> before_;  // of what was held at the start, if it may be undone
  bool is_hash_good_ = true;
};

}  // namespace hub::files
