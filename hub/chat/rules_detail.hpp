// Small pieces that the files of the rules share; not for anyone else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <hub/chat/event.hpp>
#include <hub/chat/room.hpp>

namespace hub::chat {

inline audience all_in(const room& where, session_id except = nobody) {
  return {.one = nobody, .many = where.share_roster(), .except = except};
}

// Says what is to be kept of the room after a change.
inline void record(std::vector<event>& events, const room& changed) {
  if (changed.worth_keeping())
    events.push_back({.to = {}, .what = room_changed{changed.kept()}});
  else
    events.push_back({.to = {}, .what = room_plain_again{changed.name()}});
}

inline void refuse(std::vector<event>& events, session_id who, refusal why, std::string_view subject = {},
                   std::string_view detail = {}, room_mode mode = room_mode::topic_locked) {
  events.push_back(
      {.to = only(who),
       .what = refused{
           .why = why, .subject = std::string(subject), .detail = std::string(detail), .mode = mode}});
}

}  // namespace hub::chat
