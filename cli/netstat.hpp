// `leat netstat`: lists TCP connections.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <leat/net/connections.hpp>

namespace cli {

struct netstat_options {
  std::optional<std::uint16_t> port{};  ///< only those with it at one of their ends
  bool json = false;                    ///< an array of objects, not a table
};

/// The lines of a table with a head: state, both ends, what waits, and the process; listeners first, then by
/// their local ends. Nothing in it is anything that a terminal obeys.
std::string connection_table(std::vector<leat::net::connection> all);

/// The same connections, in the same order, as a JSON array.
std::string connection_json(std::vector<leat::net::connection> all);

/// Prints the list on standard output. Returns the exit code.
int netstat(const netstat_options& options);

}  // namespace cli
