// Opening what lies below a folder, and nothing else: no `..`, no absolute path and no symbolic link leads
// out or elsewhere, also if someone swaps a component while we look.
//
// The kernel does it in one call (openat2, Linux 5.6); where that is missing or forbidden, each component is
// opened by itself without following links, which is as safe and a little slower.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string_view>
#include <system_error>

#include <hub/files/unique_fd.hpp>

namespace hub::files {

enum class resolver : unsigned char {
  automatic,       // openat2, or component by component where it is missing
  component_wise,  // as on a kernel without openat2; for tests
};

// Opens the relative `path` below `folder` with open(2)'s flags; O_CLOEXEC and O_NOFOLLOW are added. A
// symbolic link anywhere is ELOOP (or ENOTDIR), a way out EXDEV.
std::expected<unique_fd, std::error_code> open_beneath(int folder, std::string_view path, int flags,
                                                       mode_t mode = 0, resolver how = resolver::automatic);

// Opens a folder below `folder`, creating it and its missing parents (mode 0750); new entries are flushed to
// disk.
std::expected<unique_fd, std::error_code> make_folder_beneath(int folder, std::string_view path);

}  // namespace hub::files
