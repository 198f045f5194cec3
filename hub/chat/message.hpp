// A chat message as it is stored, replayed and delivered: one value shared by the rules, the log and the
// wire. What happens in a room beside messages is kept in the same form and under ids of the same order.
#pragma once

#include <cstdint>
#include <string>

namespace hub::chat {

enum class message_kind : std::uint8_t {
  text = 0,    // PRIVMSG
  notice = 1,  // NOTICE: never answered automatically
  tags = 2,    // TAGMSG: nothing but tags, such as that somebody is typing; never stored
  // Events of a room, and what `text` says then:
  join = 3,   // the real name
  part = 4,   // the reason
  quit = 5,   // the reason
  kick = 6,   // "nick reason"
  nick = 7,   // the new nick
  topic = 8,  // the topic; empty: none
  mode = 9,   // letters and parameters, as "+o-v anna bob"
};

inline bool is_event(message_kind kind) {
  return kind >= message_kind::join;
}

struct message {
  std::uint64_t id = 0;      // position in the log: unique, growing, never reused
  std::int64_t time_ms = 0;  // milliseconds since 1970-01-01T00:00:00Z, given by the caller of the rules
  message_kind kind = message_kind::text;
  std::string source;     // "nick!user@host" of the sender when it was sent
  std::string target;     // room name as the room spells it, or the receiver's nick
  std::string tags = {};  // of the sender for other clients, as "+name=value;+name"; often none
  std::string text;       // UTF-8 without NUL, CR or LF; CTCP ACTION keeps its \x01

  bool operator==(const message&) const = default;
};

}  // namespace hub::chat
