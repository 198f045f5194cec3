// What happened because of a command, and who is to be told.
//
// Events own their texts, so they can outlive the command. Receivers are named, never copied: an event for a
// room shares the room's member list as it was at that moment, and later joins and parts make a new list.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <hub/chat/command.hpp>
#include <hub/chat/message.hpp>
#include <hub/chat/room_record.hpp>

namespace hub::chat {

// A user's place, given by the caller: small numbers, used again only after the user has left.
using session_id = std::uint32_t;
inline constexpr session_id nobody = std::numeric_limits<session_id>::max();

using roster = std::vector<session_id>;

// Who receives an event: one session, or all of a roster but one.
struct audience {
  session_id one = nobody;
  std::shared_ptr<const roster> many;
  session_id except = nobody;
};

inline audience only(session_id session) {
  return {.one = session, .many = nullptr};
}

// Where an event stands in the log of a room.
struct log_place {
  std::uint64_t id = 0;
  std::string room;
};

struct entered {  // to the user: the nick is theirs
  std::string nick;
};
struct left {  // to all who shared a room
  std::string source;
  std::string reason;
  std::vector<log_place> places;  // in the logs of the user's rooms
};
struct nick_changed {  // to all who share a room, and to the user
  std::string source;  // "old!user@host"
  std::string nick;
  std::vector<log_place> places;
};
struct real_name_changed {  // as nick_changed
  std::string source;
  std::string real_name;
};
struct away_changed {  // to the user; peers_away_changed tells the others
  bool away = false;
};
struct peers_away_changed {  // to those who share a room with the user
  std::string source;
  std::string text;  // empty: back
};
struct invisible_changed {  // to the user
  std::string nick;
  bool on = false;
};
struct joined {  // to the room, the user included
  session_id who = nobody;
  std::string source;
  std::string room;
  std::string real_name;
  std::uint64_t id = 0;  // in the room's log, as below
};
struct room_entered {  // to the user, after `joined`: time to show topic, members and history
  std::string room;
  std::int64_t history_from_ms = 0;  // replay nothing older
};
struct parted {  // to the room, the user included
  std::string source;
  std::string room;
  std::string reason;
  std::uint64_t id = 0;
};
struct message_sent {  // to the room or the user it was for, without its sender
  message said;
  session_id sender = nobody;  // nobody: the message came from outside
  bool kept =
      true;  // false: passed on but not stored (tags alone, CTCP other than ACTION); then it has no id
};
struct receiver_away {  // to the sender of a private message
  std::string nick;
  std::string text;
};
struct topic_changed {  // to the room
  std::string source;
  std::string room;
  std::string topic;
  std::uint64_t id = 0;
};
struct applied_mode {
  bool add = true;
  room_mode mode = room_mode::topic_locked;
  std::string parameter;
};
struct modes_changed {  // to the room
  std::string source;
  std::string room;
  std::vector<applied_mode> changes;
  std::uint64_t id = 0;
};
struct kicked {  // to the room, the kicked user included
  std::string source;
  std::string room;
  std::string nick;
  std::string reason;
  std::uint64_t id = 0;
};
struct inviting {  // to the inviter
  std::string nick;
  std::string room;
};
struct invited {  // to the invited user
  std::string source;
  std::string nick;
  std::string room;
};
struct peers_invited {  // to the room, without the inviter; same facts as `invited`
  std::string source;
  std::string nick;
  std::string room;
};
struct room_changed {  // to nobody: keep this record, so that the room survives a restart
  room_record record;
};
struct room_plain_again {  // to nobody: nothing of the room is worth keeping any more; drop its record
  std::string room;
};

enum class refusal : std::uint8_t {
  already_entered,
  nick_invalid,  // subject: what was asked for
  nick_in_use,   // subject: nick
  real_name_invalid,
  no_such_nick,          // subject: nick
  no_such_room,          // subject: room
  room_name_invalid,     // subject: what was asked for
  too_many_rooms,        // subject: room; the user is in as many as allowed
  server_full_of_rooms,  // subject: room
  room_is_full,          // subject: room
  invite_only,           // subject: room
  banned,                // subject: room
  wrong_key,             // subject: room
  not_in_room,           // subject: room; the asker is not a member
  not_member,            // subject: nick, detail: room
  already_member,        // subject: nick, detail: room
  not_operator,          // subject: room
  outside_messages,      // subject: room; +n
  moderated,             // subject: room; +m
  banned_from_speaking,  // subject: room
  no_text,
  text_invalid,    // too long, or with NUL, CR, LF or bytes that are not UTF-8
  mode_parameter,  // subject: room, mode, detail: parameter; it is missing or not of the mode's form
  ban_list_full,   // subject: room, detail: mask
};
struct refused {  // to the asker: nothing happened
  refusal why = refusal::no_text;
  std::string subject;
  std::string detail;
  room_mode mode = room_mode::topic_locked;
};

struct event {
  audience to;
  std::variant<entered, left, nick_changed, real_name_changed, away_changed, peers_away_changed,
               invisible_changed, joined, room_entered, parted, message_sent, receiver_away, topic_changed,
               modes_changed, kicked, inviting, invited, peers_invited, room_changed, room_plain_again,
               refused>
      what;
};

}  // namespace hub::chat
