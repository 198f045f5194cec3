// WHO with fields that the client chooses (ircv3.net/specs/extensions/whox).
#include <fmt/format.h>

#include <algorithm>

#include <hub/irc/exchange.hpp>
#include <hub/irc/whox.hpp>

namespace hub::irc {

std::optional<whox_form> parse_whox(std::string_view options) {
  const std::size_t percent = options.find('%');
  if (percent == std::string_view::npos) return std::nullopt;
  options.remove_prefix(percent + 1);
  const std::size_t comma = std::min(options.find(','), options.size());
  whox_form form{.fields = std::string(options.substr(0, comma)), .token = "0"};
  const std::string_view token = options.substr(std::min(comma + 1, options.size()));
  const auto is_digit = [](char one) { return one >= '0' && one <= '9'; };
  if (!token.empty() && token.size() <= 3 && std::ranges::all_of(token, is_digit)) form.token = token;
  return form;
}

void exchange::whox_line(client& to, const chat::user& whom, const chat::room* where, const whox_form& form) {
  std::string line =
      fmt::format(":{} {} {}", settings_.server_name, three_digits(numeric::rpl_whospcrpl), nick_of(to));
  const auto add = [&](char field, std::string_view value) {
    if (form.wants(field)) append_middle(line, value);
  };
  add('t', form.token);
  add('c', where == nullptr ? std::string_view("*") : std::string_view(where->name()));
  add('u', whom.user_name);
  add('i', whom.host);
  add('h', whom.host);
  add('s', settings_.server_name);
  add('n', whom.nick);
  add('f', who_flags(to, whom, where));
  add('d', "0");  // servers between: there is only one
  add('l', std::to_string(idle_seconds(whom)));
  add('a', "0");    // there are no accounts
  add('o', "n/a");  // nor levels of operators
  if (form.wants('r')) line.append(" :").append(whom.real_name);
  append_line(gather(to), line);
}

}  // namespace hub::irc
