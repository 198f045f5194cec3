// `leat serve`: the server.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cli {

/// Flags win over the file of settings, and that over the defaults.
struct serve_options {
  std::string config;               ///< a TOML file; empty: none
  std::vector<std::string> listen;  ///< "host:port"; empty: as configured
  std::string data;                 ///< empty: as configured
  /// Other settings given as flags, by their names in the configuration.
  std::vector<std::pair<std::string, std::string>> settings;
  bool print_config = false;
};

/// Serves until SIGINT or SIGTERM. Returns the exit code.
int serve(const serve_options& options);

}  // namespace cli
