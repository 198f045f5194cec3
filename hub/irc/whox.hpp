// What a WHO with fields asks for: "%" and letters, and a token after a comma.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hub::irc {

struct whox_form {
  std::string fields;
  std::string token;  // to be repeated in each answer

  bool wants(char field) const { return fields.find(field) != std::string::npos; }
};

// The second parameter of WHO; nothing if it asks for no fields, and is WHO as ever.
std::optional<whox_form> parse_whox(std::string_view options);

}  // namespace hub::irc
