// Tags in front of lines (IRCv3 message-tags).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hub::irc {

// The value of a tag, as it is written (escaped), of tags as they stand between '@' and the space; empty for
// a tag without one; nothing if it is not there. Of several by that name the last counts.
std::optional<std::string_view> tag_value(std::string_view tags, std::string_view name);

// Of what a client has sent the tags that are for other clients: those with '+' in front, each name once and
// well-formed, joined by ';' as they came. All else only the server may say.
std::string client_tags(std::string_view tags);

}  // namespace hub::irc
