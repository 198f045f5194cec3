// The folder of uploads: those under way, and those that broke off and are kept so that they can go on.
//
//   <random>.tmp                              under way, of unknown size
//   <random>.<boot>.<target>.<total size>.tmp  under way, of known size
//   <target>.<total size>.part                 broken off; its length is what has arrived
//
// <random> and <boot> are 16 hexadecimal digits, <target> is the SHA-256 of area and name. What is under way
// when the server is killed becomes a part at its next start, if the machine has not been booted in between:
// after a power cut nobody knows which of its bytes have reached the disk, so it is removed, as are those of
// unknown size. A part has been flushed, and stays.
//
// Other entries are removed at the start, but for those of uploads that have an identity (resumables.hpp).
//
// There is one part for each target at most: a newer one takes its place. What waits is also known in memory,
// so that the folder, which may hold thousands of uploads under way, is read only at the start.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <hub/files/area.hpp>
#include <hub/files/file_error.hpp>
#include <hub/files/file_name.hpp>
#include <hub/files/limits.hpp>
#include <hub/files/quota.hpp>
#include <hub/files/unique_fd.hpp>

namespace hub::files {

// An upload that broke off and waits.
struct partial {
  std::uint64_t held_bytes = 0;   // how much has arrived
  std::uint64_t total_bytes = 0;  // how large the file is to become

  bool operator==(const partial&) const = default;
};

// A file of the folder that belongs to one upload.
struct temporary {
  std::string entry;
  unique_fd fd;
};

// Thread-safe.
class partials {
 public:
  // `folder`: the open folder. Counts into `space` what it gives back when something is removed.
  partials(unique_fd folder, const limits& bounds, quota& space)
      : folder_(std::move(folder)), limits_(bounds), quota_(space) {}

  int folder() const { return folder_.get(); }

  // Keeps or removes what a crash left behind, removes what is too old, and counts the rest.
  void clean_at_start();

  // A new, empty file for an upload of that size, if it is known.
  result<temporary> create(const area& where, const file_name& name,
                           std::optional<std::uint64_t> total_bytes);

  // The part that waits for this target.
  std::optional<partial> find(const area& where, const file_name& name) const;

  // Takes the part that waits for this target, if it is still the one that was found.
  std::optional<temporary> claim(const area& where, const file_name& name, const partial& found);

  // Lets an upload wait as the part of its target. Its bytes have been flushed.
  bool keep(const temporary& broken_off, const area& where, const file_name& name, const partial& state);

  // Removes the part of a target that has been completed or that is to start anew.
  void drop(const area& where, const file_name& name);

  void remove_temporary(const temporary& ended);

 private:
  struct waiting {
    partial state;
    std::int64_t since_s = 0;
    std::uint64_t order = 0;  // of two, the older one has the smaller
  };
  using waiting_table = std::map<std::string, waiting, std::less<>>;
  struct entry;

  std::vector<entry> read_folder() const;
  void adopt(const entry& each);
  bool salvage(const entry& each);

  // All that follow are called while `mutex_` is held, or before anyone else knows this object.
  bool become_part(const std::string& entry_name, const std::string& target, const partial& state);
  waiting_table::iterator remove(waiting_table::iterator which);
  void make_room();

  unique_fd folder_;
  const limits& limits_;
  quota& quota_;

  // Held while parts come, go or change hands: removing the old one and putting the new one in its place are
  // one step, and so are finding one and taking it.
  mutable std::mutex mutex_;
  waiting_table waiting_;         // guarded by mutex_; by target
  std::uint64_t next_order_ = 0;  // guarded by mutex_
};

}  // namespace hub::files
