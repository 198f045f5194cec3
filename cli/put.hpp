// `leat put`: uploads.
#pragma once

#include <string>
#include <vector>

namespace cli {

struct put_options {
  std::vector<std::string> files;
  std::string server;  ///< "host:port"
  std::string room;    ///< empty: the files that belong to no room
  std::string as;      ///< what the one file is to be called there; empty: as it is called here
  unsigned jobs = 4;   ///< uploads at once
};

/// Uploads all files, and prints the URL of each on standard output. Returns the exit code.
int put(const put_options& options);

}  // namespace cli
