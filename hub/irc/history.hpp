// History as lines, for one who has come into a room and for one who asks for it.
//
// A client with server-time gets each message with the time at which it was said, in a `chathistory` batch if
// it knows batches. Any other client sees the time (UTC) at the front of each text.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hub/chat/message.hpp>
#include <hub/chat/user.hpp>
#include <hub/irc/capability.hpp>
#include <hub/irc/history_request.hpp>

namespace hub::irc {

struct history_batch {
  std::string_view server;
  std::string_view type = "chathistory";
  std::string_view about;       // the room or nick; empty: nothing in particular
  std::string_view name;        // new for the receiver
  std::string_view label = {};  // of the request that it answers, if it has one
  capability_set receiver_offers;
};

struct history_line {
  log_position at;
  std::string text;  // with its tags and its end
};

// The messages as lines, oldest first, to stand in the batch.
std::vector<history_line> lines_of(std::span<const chat::message> messages, const history_batch& in,
                                   chat::moment now);

// Drops lines until there are no more than so many, nor bytes of them: the oldest of them if the newest are
// wanted, else the newest. One is left, whatever its size.
void keep(std::vector<history_line>& lines, std::size_t most, std::size_t limit_bytes, bool newest);

// The lines as one text, within the batch if the receiver knows batches.
std::string in_batch(std::span<const history_line> lines, const history_batch& batch);

// The latest of the messages that fit in limit_bytes, in their batch; nothing at all if there are none.
std::string history_lines(std::span<const chat::message> messages, const history_batch& batch,
                          std::size_t limit_bytes, chat::moment now);

}  // namespace hub::irc
