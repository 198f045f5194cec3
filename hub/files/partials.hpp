// The folder of uploads: those under way, and those that broke off and are kept so that they can go on.
//
//   <16 random hex digits>.tmp                  under way; left over after a crash, removed at the next start
//   <SHA-256 of area and name>.<total size>.part  broken off; its length is what has arrived
//
// An upload goes from one to the other by rename, so whoever renamed it has it, and nobody else. There is one
// part for each target at most: a newer one takes its place.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
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
  std::string entry;              // its name in the folder
  std::uint64_t held_bytes = 0;   // how much has arrived
  std::uint64_t total_bytes = 0;  // how large the file is to become
};

// A file of the folder that belongs to one upload.
struct temporary {
  std::string entry;
  unique_fd fd;
};

// Thread-safe: the file system's renames decide who gets what.
class partials {
 public:
  // `folder`: the open folder. Counts into `space` what it gives back when something is removed.
  partials(unique_fd folder, const limits& bounds, quota& space)
      : folder_(std::move(folder)), limits_(bounds), quota_(space) {}

  int folder() const { return folder_.get(); }

  // Removes what a crash left behind and what is too old, and counts the rest.
  void clean_at_start();

  // A new, empty file.
  result<temporary> create();

  // The part that waits for this target.
  std::optional<partial> find(const area& where, const file_name& name) const;

  // Takes a part; nothing if someone else was quicker.
  std::optional<temporary> claim(const partial& taken);

  // Lets an upload wait as the part of its target. Its bytes have been flushed.
  bool keep(const temporary& broken_off, const area& where, const file_name& name, std::uint64_t total_bytes);

  // Removes the part of a target that has been completed or that is to start anew.
  void drop(const area& where, const file_name& name);

  void remove_temporary(const temporary& ended);

 private:
  struct entry;

  std::vector<entry> read_folder() const;
  void remove_part(const entry& each);
  void make_room();

  unique_fd folder_;
  const limits& limits_;
  quota& quota_;
};

}  // namespace hub::files
