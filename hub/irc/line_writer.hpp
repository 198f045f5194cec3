// Lines to clients: written once, shared by all their receivers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hub/chat/message.hpp>
#include <hub/chat/user.hpp>
#include <hub/irc/capability.hpp>
#include <hub/irc/numeric.hpp>

namespace hub::irc {

// "2026-11-21T10:14:00.000Z" (IRCv3 server-time).
std::string timestamp(chat::moment when);
// The moment of such a text; nothing for any other.
std::optional<chat::moment> parse_timestamp(std::string_view text);

// "@time=2026-11-21T10:14:00.000Z ": what a client with server-time sees in front of a line.
inline constexpr std::size_t time_tag_bytes = 31;
std::string time_tag(chat::moment when);

// "2026-11-21T10:14:00Z": a moment in an answer for people.
std::string time_text(chat::moment when);

// One or more whole lines in one immutable buffer. The first `tag_bytes` are the time tag of a single line; a
// receiver without server-time gets the buffer from behind it, so that one encoding serves both kinds.
struct wire_line {
  std::shared_ptr<const std::string> bytes;
  std::uint32_t tag_bytes = 0;
  std::string tags = {};  // what receivers with message-tags see besides, as "msgid=7;+typing=active"
};

// What goes out: the buffer, from an offset to its end.
struct outgoing_line {
  std::shared_ptr<const std::string> bytes;
  std::uint32_t offset = 0;

  std::string_view text() const { return std::string_view(*bytes).substr(offset); }
};

// A line in the forms in which its receivers see it, each made once, when the first of them comes. The line
// must outlive it.
class line_forms {
 public:
  explicit line_forms(const wire_line& line) : line_(line) {}

  outgoing_line for_receiver(capability_set offers);

 private:
  const wire_line& line_;
  std::shared_ptr<const std::string> tagged_;            // with line_.tags
  std::shared_ptr<const std::string> tagged_and_timed_;  // with the time, too
};

// Appends ":source VERB middle... :trailing CRLF" to `out`. What does not fit in 512 bytes is cut off the
// end, between characters. A middle parameter that is empty, starts with ':' or has a space in it would be
// read as something else: it is cut at the space, and becomes "*" if nothing is left.
void append_line(std::string& out, std::string_view source, std::string_view verb,
                 std::initializer_list<std::string_view> middle);
void append_line(std::string& out, std::string_view source, std::string_view verb,
                 std::initializer_list<std::string_view> middle, std::string_view trailing);

// Appends one middle parameter, with its space, under the same rule.
void append_middle(std::string& out, std::string_view parameter);

// Appends a line that is already put together.
void append_line(std::string& out, std::string_view line);

// A numeric as it stands in a line.
std::string three_digits(numeric code);

// The tags of a message, as in wire_line: its id and what its sender wants others to know. Of a text that has
// become several lines, `line` counts them: the later ones have ids like "7.1", and no tags of the sender.
std::string message_tags(const chat::message& said, std::size_t line = 0);

// A message as lines, each after `tags`. A long text becomes several lines, cut between characters and if
// possible between words; an ACTION stays one on every line.
std::vector<std::string> message_lines(const chat::message& said, std::string_view tags = {});

// An event of a room (chat::is_event) as a line, as it is told to those with these capabilities.
std::string event_line(const chat::message& happened, capability_set receiver_offers);

// A message said at another time, for a client that does not know server-time: its text starts with "[hh:mm]
// " (UTC), or with "[yyyy-mm-dd hh:mm] " if that was more than a day before `now`.
chat::message with_visible_time(const chat::message& said, chat::moment now);

}  // namespace hub::irc
