// `leat echo`: servers that say again what they are told, over TCP and UDP on one port.
//
// TCP: each line, when it is complete, comes back with "ECHO: " before it; so does what was sent last without
// a line end. UDP: each datagram comes back with "ECHO: " before it, cut to what one datagram holds. Raw: the
// bytes come back as they are, as soon as they come (RFC 862).
#pragma once

#include <string>

namespace cli {

struct echo_options {
  std::string address;  ///< "host:port" to listen on
  bool tcp = true;
  bool udp = true;
  bool raw = false;
  unsigned max_connections = 1000;  ///< TCP connections served at once; more wait
};

/// Serves until SIGINT or SIGTERM. Returns the exit code.
int echo(const echo_options& options);

}  // namespace cli
