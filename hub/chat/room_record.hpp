// What is kept of a room while nobody is in it: one value shared by the rules and the store.
//
// The rules hand out a whole record whenever any part of it changes, and take records back at start. Members,
// their ranks and invitations are not part of it: they end with the connections that hold them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hub::chat {

struct ban {
  std::string mask;          // "nick!user@host" with * and ?
  std::string setter;        // "nick!user@host" of whoever set it
  std::int64_t time_ms = 0;  // when, in milliseconds since 1970-01-01T00:00:00Z

  bool operator==(const ban&) const = default;
};

struct room_record {
  std::string name;          // as its creator spelled it; rooms are told apart ASCII case-insensitively
  std::string topic;         // empty: none
  std::string topic_setter;  // "nick!user@host"
  std::int64_t topic_time_ms = 0;
  std::string modes;        // letters of the modes without a parameter, sorted, such as "nt"
  std::string key;          // empty: none
  std::uint32_t limit = 0;  // most members; 0: no limit
  std::vector<ban> bans;
  std::int64_t created_ms = 0;
  std::int64_t history_from_ms = 0;  // messages older than this are not replayed

  bool operator==(const room_record&) const = default;
};

}  // namespace hub::chat
