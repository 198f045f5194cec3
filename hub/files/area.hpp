// Where a file belongs: to everyone, or to a room.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hub::files {

class area {
 public:
  // The files of the whole server.
  static area common() { return area("", "files"); }

  // The files of a room, named with or without its `#`; nothing if that is no room's name. Rooms whose names
  // differ only in the case of ASCII letters are one.
  static std::optional<area> of_room(std::string_view name);

  // With its `#`, as it was given; empty for the common area.
  const std::string& room() const { return room_; }

  // The folder below the data folder: `files`, or `rooms/<encoded room>/files`. Each of its components is
  // harmless whatever the room is called: all bytes but a-z, 0-9, `_` and `-` are percent-encoded.
  const std::string& folder() const { return folder_; }

  bool operator==(const area& other) const { return folder_ == other.folder_; }

 private:
  area(std::string room, std::string folder) : room_(std::move(room)), folder_(std::move(folder)) {}

  std::string room_;
  std::string folder_;
};

}  // namespace hub::files
