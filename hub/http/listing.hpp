// Listings of files, for programs and for people.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <hub/files/area.hpp>
#include <hub/files/file_name.hpp>
#include <hub/files/file_store.hpp>

namespace hub::http {

// "/files/NAME" or "/rooms/ROOM/files/NAME", encoded; without a name, the folder's own.
std::string path_of(const files::area& where);
std::string path_of(const files::area& where, std::string_view file_name);

// {"files":[{"name":...,"size":...,"modified":"2026-01-31T12:00:00Z","url":"/files/..."}],"next":"/files?after=..."}
// `next` is null on the last page.
std::string listing_as_json(const files::area& where, const files::listing& shown);

// A line for each file: size in bytes, time, name. Names cannot contain line ends or terminal escapes. A last
// line says where the next page is, if there is one.
std::string listing_as_text(const files::area& where, const files::listing& shown);

// Whether a client that sent this Accept field prefers JSON to plain text: it must name JSON, and not rank it
// lower.
bool prefers_json(std::string_view accept);

}  // namespace hub::http
