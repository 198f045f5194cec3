#include <algorithm>

#include <hub/first_bytes.hpp>

namespace hub {

protocol protocol_of(std::string_view first_bytes) {
  constexpr std::string_view beginnings[] = {"GET ",     "HEAD ",  "PUT ",   "POST ",   "DELETE ",
                                             "OPTIONS ", "PATCH ", "TRACE ", "CONNECT "};
  first_bytes = first_bytes.substr(0, deciding_bytes);
  const auto is_begun = [&](std::string_view one) {
    return one.starts_with(first_bytes) && one != first_bytes;
  };
  const auto is_there = [&](std::string_view one) {
    return first_bytes.starts_with(one.substr(0, deciding_bytes));
  };
  if (std::ranges::any_of(beginnings, is_there)) return protocol::http;
  return std::ranges::any_of(beginnings, is_begun) ? protocol::unknown : protocol::irc;
}

}  // namespace hub
