// A line from a client, taken apart: verb and parameters (RFC 2812, 2.3.1).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace hub::irc {

inline constexpr std::size_t most_parameters = 15;

// Views into the line that was parsed.
struct request {
  std::string_view tags;  // between '@' and the space; see tags.hpp
  std::string_view verb;
  std::array<std::string_view, most_parameters> parameters;
  std::size_t count = 0;

  // The parameter at an index, or an empty text.
  std::string_view operator[](std::size_t index) const {
    return index < count ? parameters[index] : std::string_view();
  }
};

// The source is passed over: clients have no say in it. The fifteenth parameter takes all that is
// left, with or without a ':'. Returns nothing for a line without a verb.
std::optional<request> parse_request(std::string_view line);

// Takes the first item of a comma-separated list off its front; items may be empty.
std::string_view next_item(std::string_view& list);

}  // namespace hub::irc
