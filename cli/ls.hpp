// `leat ls`: lists files.
#pragma once

#include <string>

namespace cli {

struct ls_options {
  std::string server{};  ///< "host:port"
  std::string room{};    ///< or the URL of one; empty: the files that belong to no room
  bool names = false;    ///< names only, one a line
  bool json = false;     ///< an array of objects: name, size, modified, url
};

/// Prints the list on standard output. Returns the exit code.
int ls(const ls_options& options);

}  // namespace cli
