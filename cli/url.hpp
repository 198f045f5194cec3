// Where files are: addresses of servers and http:// URLs, and the way names stand in paths.
#pragma once

#include <string>
#include <string_view>

#include <cli/outcome.hpp>

namespace cli {

/// An http:// URL, taken apart.
struct url {
  std::string address;  ///< "host:port", fit for leat::net::dial_tcp
  std::string path;     ///< starts with '/', percent-encoded, with the query, without the fragment

  friend bool operator==(const url&, const url&) = default;
};

/// Whether a text means a URL rather than a name: it starts with a scheme and "://".
bool looks_like_url(std::string_view text);

/// Reads "http://host[:port][/path][?query]" (RFC 3986). Refused: other schemes, user names, spaces and
/// control characters, more than 8192 bytes.
outcome<url> parse_url(std::string_view text);

/// A server as people name it: "host:port", "host", ":port" or an http:// URL whose path is "/" or empty.
/// Returns "host:port"; without a port it is 8667.
outcome<std::string> parse_server(std::string_view text);

/// Where uploads go: a server, and a room of it.
struct destination {
  std::string address;  ///< "host:port"
  std::string room;     ///< empty: none

  friend bool operator==(const destination&, const destination&) = default;
};

/// Reads what parse_server() reads, and URLs whose path is "/files" or "/rooms/ROOM", with or without
/// "/files".
outcome<destination> parse_destination(std::string_view text);

/// A name as one segment of a path: everything but letters, digits and "-._~" percent-encoded.
std::string encode_segment(std::string_view name);

/// The inverse. Refused: '%' without two hexadecimal digits after it.
outcome<std::string> decode_segment(std::string_view segment);

/// The last segment of a URL's path, decoded: what a file from there is called. Empty for a path that ends
/// in '/'.
outcome<std::string> last_name(const url& where);

/// "/files/NAME", or "/rooms/ROOM/files/NAME" if `room` is not empty. An empty name is the listing itself.
std::string file_path(std::string_view room, std::string_view name);

}  // namespace cli
