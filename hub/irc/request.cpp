#include <algorithm>

#include <hub/irc/request.hpp>

namespace hub::irc {
namespace {

void skip_spaces(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  skip_spaces(text);
  return word;
}

}  // namespace

std::optional<request> parse_request(std::string_view line) {
  skip_spaces(line);
  request parsed;
  if (line.starts_with('@')) parsed.tags = take_word(line).substr(1);
  if (line.starts_with(':')) take_word(line);
  parsed.verb = take_word(line);
  if (parsed.verb.empty()) return std::nullopt;
  while (!line.empty()) {
    const bool is_rest = line.starts_with(':') || parsed.count + 1 == most_parameters;
    if (!is_rest) {
      parsed.parameters[parsed.count++] = take_word(line);
      continue;
    }
    if (line.starts_with(':')) line.remove_prefix(1);
    parsed.parameters[parsed.count++] = line;
    break;
  }
  return parsed;
}

std::string_view next_item(std::string_view& list) {
  const std::size_t comma = std::min(list.find(','), list.size());
  const std::string_view item = list.substr(0, comma);
  list.remove_prefix(std::min(comma + 1, list.size()));
  return item;
}

}  // namespace hub::irc
