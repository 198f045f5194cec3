#include <algorithm>

#include <cli/irc_line.hpp>
#include <cli/visible_text.hpp>
#include <hub/chat/text.hpp>

namespace cli {
namespace {

// Takes what comes before the next run of spaces off the front.
std::string_view take_word(std::string_view& text) {
  const std::size_t space = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(std::min(text.find_first_not_of(' ', space), text.size()));
  return word;
}

std::string unescape_tag(std::string_view value) {
  std::string plain;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\\') {
      plain += value[i];
      continue;
    }
    if (++i == value.size()) break;
    switch (value[i]) {
      case ':':
        plain += ';';
        break;
      case 's':
        plain += ' ';
        break;
      case 'r':
        plain += '\r';
        break;
      case 'n':
        plain += '\n';
        break;
      default:
        plain += value[i];
    }
  }
  return plain;
}

void parse_tags(std::string_view list, irc_line& into) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(';'), list.size());
    const std::string_view one = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    const std::size_t equals = std::min(one.find('='), one.size());
    if (equals == 0) continue;
    const std::string_view value = one.substr(std::min(equals + 1, one.size()));
    into.tags.emplace_back(one.substr(0, equals), unescape_tag(value));
  }
}

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

// A colour code: up to two digits, and after a comma that digits follow, up to two more.
void skip_colour(std::string_view& text) {
  const auto skip_digits = [&] {
    for (int i = 0; i < 2 && !text.empty() && is_digit(text.front()); ++i)
      text.remove_prefix(1);
  };
  if (text.empty() || !is_digit(text.front())) return;
  skip_digits();
  if (text.size() >= 2 && text[0] == ',' && is_digit(text[1])) {
    text.remove_prefix(1);
    skip_digits();
  }
}

}  // namespace

std::string_view irc_line::tag(std::string_view name) const {
  const auto found = std::ranges::find(tags, name, &std::pair<std::string, std::string>::first);
  return found == tags.end() ? std::string_view() : std::string_view(found->second);
}

int irc_line::numeric() const {
  if (verb.size() != 3 || !std::ranges::all_of(verb, is_digit)) return 0;
  return (verb[0] - '0') * 100 + (verb[1] - '0') * 10 + (verb[2] - '0');
}

std::optional<irc_line> parse_irc_line(std::string_view text) {
  irc_line line;
  if (text.starts_with('@')) parse_tags(take_word(text).substr(1), line);
  if (text.starts_with(':')) line.source = take_word(text).substr(1);
  line.verb = take_word(text);
  if (line.verb.empty()) return std::nullopt;
  while (!text.empty()) {
    if (text.starts_with(':')) {
      line.parameters.emplace_back(text.substr(1));
      break;
    }
    line.parameters.emplace_back(take_word(text));
  }
  return line;
}

std::string plain_text(std::string_view text) {
  static constexpr std::string_view toggles = "\x02\x0F\x11\x16\x1D\x1E\x1F";  // bold to underline, and reset
  std::string plain;
  while (!text.empty()) {
    const char first = text.front();
    text.remove_prefix(1);
    if (first == '\x03') {
      skip_colour(text);
    } else if (toggles.find(first) == std::string_view::npos) {
      plain += first;
    }
  }
  return visible(plain);
}

std::vector<std::string> split_text(std::string_view text, std::size_t limit_bytes) {
  std::vector<std::string> pieces;
  while (text.size() > limit_bytes) {
    std::string_view piece = hub::chat::cut(text, limit_bytes);
    const std::size_t space = text.substr(0, piece.size() + 1).rfind(' ');
    // A break at the space, unless that would leave less than half a piece.
    if (space != std::string_view::npos && space > limit_bytes / 2) piece = text.substr(0, space);
    if (piece.empty()) piece = text.substr(0, limit_bytes);
    pieces.emplace_back(piece);
    text.remove_prefix(piece.size());
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  if (!text.empty() || pieces.empty()) pieces.emplace_back(text);
  return pieces;
}

}  // namespace cli
