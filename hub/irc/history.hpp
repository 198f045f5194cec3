// History as lines for one who has just come into a room.
//
// A client with server-time gets each message with the time at which it was said, in a `chathistory` batch if
// it knows batches. Any other client sees the time (UTC) at the front of each text.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <hub/chat/message.hpp>
#include <hub/chat/user.hpp>
#include <hub/irc/capability.hpp>

namespace hub::irc {

// The latest of the messages that fit in limit_bytes, oldest first; empty if there are none. `batch_name`
// must be new for the receiver.
std::string history_lines(std::span<const chat::message> messages, std::string_view server,
                          std::string_view room, capability_set receiver_offers, std::string_view batch_name,
                          std::size_t limit_bytes, chat::moment now);

}  // namespace hub::irc
