// A line from an IRC server, taken apart: tags, source, verb, parameters (modern IRC; IRCv3 message tags).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

struct irc_line {
  std::vector<std::pair<std::string, std::string>> tags;  // values unescaped
  std::string source;                                     // "nick!user@host" or a server's name; may be empty
  std::string verb;                                       // as sent: "PRIVMSG", "001"
  std::vector<std::string> parameters;

  /// The parameter at an index, or an empty text.
  std::string_view operator[](std::size_t index) const {
    return index < parameters.size() ? std::string_view(parameters[index]) : std::string_view();
  }

  /// The value of a tag, or an empty text.
  std::string_view tag(std::string_view name) const;

  /// The source up to its '!'.
  std::string_view nick() const { return std::string_view(source).substr(0, source.find('!')); }

  /// The number of a numeric, 0 for verbs.
  int numeric() const;
};

/// Reads a line without its end. Nothing: it has no verb. Longer lists of parameters than IRC's 15 are read
/// as they are.
std::optional<irc_line> parse_irc_line(std::string_view text);

/// A text without IRC's formatting codes (bold, colours and the like), and fit for a terminal; see visible().
std::string plain_text(std::string_view text);

/// Cuts a text into pieces of at most `limit_bytes` (at least 4), between words if possible, else between
/// characters.
std::vector<std::string> split_text(std::string_view text, std::size_t limit_bytes);

}  // namespace cli
