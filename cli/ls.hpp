// `leat ls`: lists files.
#pragma once

#include <string>

namespace cli {

struct ls_options {
  std::string server;  ///< "host:port"
  std::string room;    ///< empty: the files that belong to no room
  bool names = false;  ///< names only, one a line
  bool json = false;   ///< as the server tells it
};

/// Prints the list on standard output. Returns the exit code.
int ls(const ls_options& options);

}  // namespace cli
