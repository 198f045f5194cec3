// A file on its way from the network to the disk: NAME.part until it is complete, beside it NAME.part.etag
// with what the server calls this version of it, so that a later run can go on and never mixes two versions.
//
// All calls run on the blocking pool. While the object lives no other process can work on the same file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include <cli/outcome.hpp>
#include <hub/files/sha256.hpp>
#include <hub/files/unique_fd.hpp>

namespace cli {

class partial_file {
 public:
  /// Opens or creates what will become `target`. With `resume`, what is there is kept if its version is
  /// known; otherwise it begins empty.
  static outcome<partial_file> open(const std::filesystem::path& target, bool resume);

  partial_file(partial_file&&) noexcept = default;
  partial_file& operator=(partial_file&&) noexcept = default;
  /// Leaves the unfinished file to be resumed, if that is possible.
  ~partial_file();

  std::uint64_t size() const { return size_; }
  /// The entity tag of the version that the file holds a part of; empty if it holds nothing.
  const std::string& version() const { return version_; }

  /// Empties the file; it will hold this version. An empty tag: a version that cannot be resumed.
  outcome<void> restart(std::string_view version);
  outcome<void> append(std::span<const std::byte> bytes);

  /// The SHA-256 of the whole; nothing can be appended afterwards.
  hub::files::digest finish_digest() { return hash_.finish(); }

  /// Gives the file its name. Without `replace` an existing file of that name is left as it is, and an error.
  outcome<void> publish(bool replace);
  /// Removes it: what it holds is of no use.
  void discard();

 private:
  partial_file(std::filesystem::path target, hub::files::unique_fd fd);
  outcome<void> load();
  std::filesystem::path part_path() const { return with_suffix(".part"); }
  std::filesystem::path tag_path() const { return with_suffix(".part.etag"); }
  std::filesystem::path with_suffix(std::string_view suffix) const;

  std::filesystem::path target_;
  hub::files::unique_fd fd_;
  std::uint64_t size_ = 0;
  std::string version_;
  hub::files::sha256 hash_;
};

/// "REASON" of a failed system call, as the end of a sentence about a file.
std::string file_failure(std::string_view doing, const std::filesystem::path& which, int error);

}  // namespace cli
