// What a request asks for: its target, taken apart (RFC 9112, section 3.2).
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hub::http {

struct target {
  // The path between its slashes, each piece decoded: "/a%2Fb/c" is {"a/b", "c"}, "/" is {""}. Decoding comes
  // after taking apart, so an encoded slash never separates.
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;  // decoded; a missing value is empty

  // The value of the first parameter of that name.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

// Takes the origin form ("/path?query") and the absolute form ("http://host/path?query"); what is wrong
// otherwise, as a sentence. At most 16 segments and 16 parameters.
std::expected<target, std::string> parse_target(std::string_view text);

// Whether a Host field's value can be one (RFC 9110, section 7.2): a name, an IPv4 address or an IPv6 address
// in brackets, and maybe a port. Of what RFC 3986 lets a name consist of, only what names in use have:
// letters, digits, `-`, `.` and `_`. The rest means something to a shell, and the home page shows commands to
// be copied.
bool is_host(std::string_view text);

}  // namespace hub::http
