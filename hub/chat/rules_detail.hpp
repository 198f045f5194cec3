// Small pieces that the files of the rules share; not for anyone else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <hub/chat/event.hpp>
#include <hub/chat/room.hpp>

namespace hub::chat {

inline audience only(session_id session) {
  return {.one = session, .many = nullptr};
}

inline audience all_in(const room& where, session_id except = nobody) {
  return {.many = where.share_roster(), .except = except};
}

inline void refuse(std::vector<event>& events, session_id who, refusal why, std::string_view subject = {},
                   std::string_view detail = {}, room_mode mode = room_mode::topic_locked) {
  events.push_back(
      {.to = only(who),
       .what = refused{
           .why = why, .subject = std::string(subject), .detail = std::string(detail), .mode = mode}});
}

}  // namespace hub::chat
