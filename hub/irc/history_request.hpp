// What a client asks of the history (ircv3.net/specs/extensions/chathistory), taken apart.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <hub/chat/user.hpp>
#include <hub/irc/request.hpp>

namespace hub::irc {

// Where a line stands in the log: its message, and which of the message's lines it is. As text, the msgid:
// "7", and from the second line on "7.1".
struct log_position {
  static constexpr std::uint32_t last_line = std::numeric_limits<std::uint32_t>::max();

  std::uint64_t id = 0;
  std::uint32_t line = 0;

  auto operator<=>(const log_position&) const = default;
};

std::optional<log_position> parse_message_id(std::string_view text);

enum class history_part : std::uint8_t { latest, before, after, around, between, targets };

// "LATEST" and so on, as the specification spells them.
std::string_view name_of(history_part which);

struct history_request {
  using point = std::variant<log_position, chat::moment>;

  history_part which = history_part::latest;
  std::string target;          // a room or a nick; empty for `targets`
  std::optional<point> first;  // nothing: LATEST of all
  std::optional<point> second;
  std::size_t limit = 0;  // of lines, or targets
};

// Why a request makes no sense, as in a standard reply: its code, what it is about, and a sentence.
struct history_fault {
  std::string_view code;
  std::string context;
  std::string_view text;
};

// Takes the parameters of CHATHISTORY apart. A limit above `most` becomes `most`.
std::expected<history_request, history_fault> parse_history_request(const request& asked, std::size_t most);

}  // namespace hub::irc
