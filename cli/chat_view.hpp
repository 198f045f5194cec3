// How the chat looks: lines of text for a person, coloured or plain.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace cli {

using wall_time = std::chrono::system_clock::time_point;

/// A moment as IRC's server-time writes it, "2026-11-21T10:14:00.000Z"; the epoch if it is not that.
wall_time parse_server_time(std::string_view text);

/// Puts lines together. All that comes from others must have gone through plain_text() before.
class chat_view {
 public:
  explicit chat_view(bool colours) : colours_(colours) {}

  /// "10:14 <ada> text"; "2026-11-20 10:14 ..." if that is another day than `now`'s, in local time. `where`
  /// is put before the author, for what was not said in the room that is looked at.
  std::string message(wall_time when, wall_time now, std::string_view where, std::string_view nick,
                      std::string_view text, bool to_me) const;
  /// "10:14 * ada waves"
  std::string action(wall_time when, wall_time now, std::string_view where, std::string_view nick,
                     std::string_view text) const;
  /// "10:14 -ada- text"
  std::string notice(wall_time when, wall_time now, std::string_view where, std::string_view nick,
                     std::string_view text) const;
  /// "10:14 [ada -> you] text"
  std::string private_message(wall_time when, wall_time now, std::string_view from, std::string_view to,
                              std::string_view text) const;
  /// "-- ada has joined #dev"
  std::string event(std::string_view text) const;
  /// "!! no such nick: bob"
  std::string warning(std::string_view text) const;
  std::string coloured_nick(std::string_view nick) const;

 private:
  std::string stamp(wall_time when, wall_time now, std::string_view where) const;
  std::string paint(std::string_view code, std::string_view text) const;

  bool colours_;
};

}  // namespace cli
