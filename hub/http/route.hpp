// Which resource a target names.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include <hub/files/area.hpp>
#include <hub/files/file_name.hpp>
#include <hub/http/request_reader.hpp>
#include <hub/http/target.hpp>

namespace hub::http {

enum class resource : unsigned char {
  home,     // /
  health,   // /health
  irc,      // /irc, over WebSocket
  asset,    // /assets/NAME: what the page loads
  listing,  // /files, /rooms/ROOM/files, with or without a slash at the end
  file,     // /files/NAME, /rooms/ROOM/files/NAME
  uploads,  // /uploads, with or without a slash at the end: where resumable uploads begin (tus.hpp)
  upload,   // /uploads/ID
};

struct route {
  resource what = resource::home;
  files::area where = files::area::common();
  std::optional<files::file_name> name;  // of a file
  std::string id = {};                   // of an upload
};

// Refuses with 404 what nobody offers, and with 400 names of files and rooms that cannot be.
std::expected<route, refusal> find_route(const target& asked);

// The methods that a resource knows, for Allow.
std::string_view methods_of(resource what);

// Whether `method` is among them.
bool allows(resource what, std::string_view method);

}  // namespace hub::http
