// The bounds that the rules hold every user and room to. Lengths are in bytes of UTF-8.
#pragma once

#include <cstddef>

namespace hub::chat {

struct limits {
  std::size_t nick_bytes = 32;
  std::size_t user_bytes = 16;  // the user name between '!' and '@'
  std::size_t real_name_bytes = 128;
  std::size_t room_name_bytes = 64;  // with its '#'
  std::size_t topic_bytes = 390;
  std::size_t kick_bytes = 390;  // reasons of KICK, PART and QUIT
  std::size_t away_bytes = 390;
  std::size_t key_bytes = 32;
  std::size_t mask_bytes = 128;      // of one ban
  std::size_t message_bytes = 4096;  // of one message's text, from whatever side it comes
  std::size_t modes_per_change = 6;  // changes with a parameter in one command
  std::size_t rooms_per_user = 100;
  std::size_t rooms = 10'000;  // that exist at once, remembered empty ones among them
  std::size_t bans_per_room = 100;
  std::size_t invitations_per_user = 100;  // the oldest gives way
  std::size_t departed_users = 500;        // remembered for WHOWAS
};

}  // namespace hub::chat
