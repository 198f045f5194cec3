#include <algorithm>
#include <limits>

#include <hub/http/field.hpp>

namespace hub::http {
namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

// RFC 9110, section 12.4.2: 0 to 1 with at most three digits behind the point.
unsigned parse_quality(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  unsigned thousandths = static_cast<unsigned>(text[0] - '0') * 1000;
  unsigned worth = 100;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return 0;
    thousandths += static_cast<unsigned>(digit - '0') * worth;
    worth /= 10;
  }
  return thousandths <= 1000 ? thousandths : 0;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool same_word(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

std::optional<std::uint64_t> parse_digits(std::string_view text) {
  if (text.empty()) return std::nullopt;
  constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t number = 0;
  for (const char letter : text) {
    if (letter < '0' || letter > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(letter - '0');
    number = number > (largest - digit) / 10 ? largest : number * 10 + digit;
  }
  return number;
}

std::vector<std::string_view> split_list(std::string_view text, std::size_t most) {
  std::vector<std::string_view> elements;
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t at = 0; at <= text.size() && elements.size() < most; ++at) {
    if (at < text.size()) {
      if (quoted && text[at] == '\\') {
        ++at;
        continue;
      }
      if (text[at] == '"') quoted = !quoted;
      if (quoted || text[at] != ',') continue;
    }
    const auto element = trim(text.substr(start, at - start));
    if (!element.empty()) elements.push_back(element);
    start = at + 1;
  }
  return elements;
}

unsigned quality_of(std::string_view element) {
  for (auto semicolon = element.find(';'); semicolon != std::string_view::npos;
       semicolon = element.find(';')) {
    element.remove_prefix(semicolon + 1);
    const auto parameter = trim(element.substr(0, element.find(';')));
    if (parameter.size() >= 2 && lower(parameter[0]) == 'q' && parameter[1] == '=') {
      return parse_quality(parameter.substr(2));
    }
  }
  return 1000;
}

std::string_view without_parameters(std::string_view element) {
  return trim(element.substr(0, element.find(';')));
}

}  // namespace hub::http
