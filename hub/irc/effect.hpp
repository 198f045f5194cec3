// What the exchange wants done, in order.
//
// The order is the promise: whoever carries effects out stores what is to be kept before anything that comes
// after it is delivered, and delivers to each session in the order given.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <hub/chat/event.hpp>
#include <hub/chat/message.hpp>
#include <hub/chat/room_record.hpp>
#include <hub/chat/user.hpp>
#include <hub/irc/capability.hpp>
#include <hub/irc/history_request.hpp>
#include <hub/irc/line_writer.hpp>

namespace hub::irc {

struct deliver {
  chat::audience to;
  capability_set need;       // receivers without all of these are passed over
  capability_set lack = {};  // and those with any of these
  wire_line line;
  // Not 0: tells of a message or event that must be stored first; where it cannot be, `otherwise` is
  // delivered in place of the line, with the same time tag and no others, or nothing if that is null.
  std::uint64_t message_id = 0;
  std::shared_ptr<const std::string> otherwise = {};
  bool is_for_receiver = false;  // a message to whom it is for, and so no answer to its sender
};

// What may be shown of a room.
struct room_part {
  std::string room;
  std::int64_t from_ms = 0;  // nothing older
};

// Show what was said in a room, oldest first, to one who has just come in; history_lines() writes it.
struct replay {
  chat::session_id to = chat::nobody;
  std::string room;
  std::int64_t from_ms = 0;        // nothing older
  std::uint64_t last_id = 0;       // nothing later: it is delivered as it happens
  capability_set receiver_offers;  // what the receiver understands
  chat::moment now{};
};

// Show what a client has asked for of the history; hub/history_server.hpp does.
struct show_history {
  chat::session_id to = chat::nobody;
  std::string label;  // of the request; empty: none
  history_request asked;
  std::string owner;          // whose private messages
  std::uint64_t last_id = 0;  // nothing later: it is delivered as it happens
  std::vector<room_part> of;  // the room that is asked for, or all that may be listed
  capability_set receiver_offers;
  chat::moment now{};
};

struct change_capabilities {
  chat::session_id who = chat::nobody;
  capability_set to;
};

struct registered {  // the session is a user from here on
  chat::session_id who = chat::nobody;
};

struct hang_up {  // close the connection when all that was delivered to it is written
  chat::session_id who = chat::nobody;
};

// What the sender of a message is told if it could not be stored.
inline std::string not_stored(const chat::message& said) {
  return "Your message to " + said.target + " was not stored and not delivered";
}

struct keep_message {
  chat::message said;
  chat::session_id sender = chat::nobody;  // to be told if it cannot be stored
  // Of a private message, who may read it again: nobody, where empty.
  std::string sender_owner = {};
  std::string receiver_owner = {};
};

struct keep_read_mark {  // the owner has read the room, or the conversation with a nick, up to then; {}:
                         // forget it
  std::string owner;
  std::string target;
  chat::moment until{};
};

struct keep_room {
  chat::room_record record;
};

struct drop_room {
  std::string room;
};

using effect = std::variant<deliver, replay, show_history, change_capabilities, registered, hang_up,
                            keep_message, keep_read_mark, keep_room, drop_room>;
using effects = std::vector<effect>;

}  // namespace hub::irc
