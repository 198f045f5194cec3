// The last messages of rooms, as those who join are shown them: a cache in front of the store.
//
// A room is loaded from the store the first time it is asked for; from then on every message that is kept is
// also added here, so that a busy room's joins read no database. Rooms that were not asked for in a long time
// give way. One owner; `load` may park.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include <hub/chat/message.hpp>
#include <hub/chat/text.hpp>

namespace hub {

class room_log {
 public:
  // Reads up to `limit` messages of a room from the store, the latest, oldest first; or says why it cannot.
  using loader = std::function<std::expected<std::vector<chat::message>, std::string>(std::string_view room,
                                                                                      std::size_t limit)>;

  room_log(std::size_t messages_per_room, std::size_t rooms, loader load);

  // A message was stored. Those of rooms that are not in the cache, and private ones, are passed over.
  void add(const chat::message& stored);

  // What a newcomer is shown: messages up to last_id and not older than from_ms, oldest first. An error is
  // what the loader said.
  std::expected<std::vector<chat::message>, std::string> latest(std::string_view room, std::uint64_t last_id,
                                                                std::int64_t from_ms);

  std::size_t cached_rooms() const { return rooms_.size(); }

 private:
  struct entry {
    std::deque<chat::message> messages;
    std::list<std::string>::iterator used;  // its place in by_use_
  };

  std::expected<entry*, std::string> find_or_load(std::string_view room);

  std::size_t messages_per_room_;
  std::size_t most_rooms_;
  loader load_;
  chat::name_map<entry> rooms_;
  std::list<std::string> by_use_;  // the most recently asked for first
};

}  // namespace hub
