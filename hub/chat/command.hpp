// What a user may ask of the rules. The texts belong to the caller and are read only during rules::apply.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include <hub/chat/message.hpp>

namespace hub::chat {

struct enter {  // the first command of every user: take a nick and be seen
  std::string_view nick;
  std::string_view user;  // what the client claims; cleaned and marked with '~'
  std::string_view host;  // what others see as the host
  std::string_view real_name;
};
struct leave {
  std::string_view reason;
};
struct change_nick {
  std::string_view nick;
};
struct change_real_name {
  std::string_view real_name;
};
struct set_away {
  std::string_view text;  // empty: back
};
struct set_invisible {
  bool on = false;
};
struct join {
  std::string_view room;
  std::string_view key;
};
struct part {
  std::string_view room;
  std::string_view reason;
};
struct part_all {};
struct say {
  message_kind kind = message_kind::text;
  std::string_view target;     // a room or a nick
  std::string_view text;       // none for message_kind::tags
  std::string_view tags = {};  // see message::tags
};
struct set_topic {
  std::string_view room;
  std::string_view topic;  // empty: none
};
struct kick {
  std::string_view room;
  std::string_view nick;
  std::string_view reason;  // empty: the kicker's nick
};
struct invite {
  std::string_view nick;
  std::string_view room;
};

enum class room_mode : std::uint8_t {
  operator_rank,  // parameter: a member's nick
  voice_rank,     // parameter: a member's nick
  ban,            // parameter: a mask
  key,            // parameter: the key; not needed to remove it
  limit,          // parameter: a number; none to remove it
  invite_only,
  moderated,
  no_outside_messages,
  secret,
  topic_locked,
};

struct mode_change {
  bool add = true;
  room_mode mode = room_mode::topic_locked;
  std::string_view parameter;
};
struct change_modes {
  std::string_view room;
  std::span<const mode_change> changes;
};

using command = std::variant<enter, leave, change_nick, change_real_name, set_away, set_invisible, join, part,
                             part_all, say, set_topic, kick, invite, change_modes>;

}  // namespace hub::chat
