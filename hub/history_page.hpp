// What is sent to a client that asks for history (ircv3.net/specs/extensions/chathistory).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <hub/irc/effect.hpp>
#include <hub/irc/history.hpp>
#include <hub/store/store.hpp>

namespace hub {

// The lines that answer `asked`, in their batch, which is empty if there is nothing to show. Where not all
// fit in limit_bytes or the request's limit, they are those next to the point from which the request looks
// (for LATEST: now), but always one. Reads from the store, and so may block on the disk. Errors are those of
// the store.
store::result<std::string> history_page(store::store& from, const irc::show_history& asked,
                                        const irc::history_batch& batch, std::size_t limit_bytes);

}  // namespace hub
