// Why the file store did not do what was asked.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace hub::files {

enum class failure : std::uint8_t {
  not_found,    // no such file, or something that is not a regular file has its place
  too_large,    // over the limit for one file
  over_quota,   // over the limit for all files together, in bytes or in number
  no_space,     // the disk, or the user's share of it, is full
  forbidden,    // the caller's condition on the present file does not hold (see publish_terms)
  wrong_place,  // a resumed upload does not continue where the stored part ends
  mismatch,     // the bytes are not the announced ones: other digest, too few, too many
  busy,         // somebody else is adding to this upload
  too_many,     // there are as many unfinished uploads as there may be
  in_use,       // another server holds the folder
  broken,       // the system failed: permission, I/O error
};

struct file_error {
  failure kind = failure::broken;
  std::string text;              // one sentence for people
  std::uint64_t held_bytes = 0;  // wrong_place: how much of the upload is stored

  bool operator==(const file_error&) const = default;
};

template <class T>
using result = std::expected<T, file_error>;

// An error from a system call: `doing` is such as "cannot write the upload"; `error` is its errno. A full
// disk is told from other troubles.
file_error from_errno(std::string_view doing, int error);

}  // namespace hub::files
