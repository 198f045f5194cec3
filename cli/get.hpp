// `leat get`: downloads.
#pragma once

#include <string>
#include <vector>

namespace cli {

struct get_options {
  std::vector<std::string> names;  ///< names on the server, or http:// URLs
  std::string server;              ///< "host:port", for names
  std::string room;                ///< for names; empty: the files that belong to no room
  std::string output;              ///< where the one file goes: a file, or a directory that exists
  bool resume = false;             ///< go on with what an interrupted download has left
  bool force = false;              ///< replace files that exist
  unsigned jobs = 4;               ///< downloads at once
};

/// Downloads all, and prints the name of each file on standard output. Returns the exit code.
int get(const get_options& options);

}  // namespace cli
