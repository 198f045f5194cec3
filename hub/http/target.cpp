#include <algorithm>

#include <hub/http/field.hpp>
#include <hub/http/percent.hpp>
#include <hub/http/target.hpp>

namespace hub::http {
namespace {

constexpr std::size_t most_pieces = 16;
constexpr const char* badly_encoded = "the request target is not percent-encoded as it should be";

std::expected<void, std::string> parse_path(std::string_view path, target& into) {
  path.remove_prefix(1);
  for (;;) {
    if (into.segments.size() == most_pieces) return std::unexpected("the path has too many parts");
    const auto slash = path.find('/');
    auto decoded = percent_decode(path.substr(0, slash));
    if (!decoded) return std::unexpected(badly_encoded);
    into.segments.push_back(std::move(*decoded));
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
}

std::expected<void, std::string> parse_query(std::string_view query, target& into) {
  while (!query.empty()) {
    const auto ampersand = query.find('&');
    const auto pair = query.substr(0, ampersand);
    query.remove_prefix(ampersand == std::string_view::npos ? query.size() : ampersand + 1);
    if (pair.empty()) continue;
    if (into.query.size() == most_pieces) return std::unexpected("the query has too many parts");
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals));
    auto value = percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    if (!name || !value) return std::unexpected(badly_encoded);
    into.query.emplace_back(std::move(*name), std::move(*value));
  }
  return {};
}

bool is_port(std::string_view text) {
  const auto port = parse_digits(text);
  return text.empty() || (port && *port <= 65535);
}

}  // namespace

std::optional<std::string_view> target::parameter(std::string_view name) const {
  const auto found = std::ranges::find(query, name, &std::pair<std::string, std::string>::first);
  if (found == query.end()) return std::nullopt;
  return found->second;
}

std::expected<target, std::string> parse_target(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!same_word(text.substr(0, scheme.size()), scheme)) continue;
    text.remove_prefix(scheme.size());
    const auto authority = text.substr(0, text.find_first_of("/?"));
    if (authority.empty() || !is_host(authority))
      return std::unexpected("the request target names no valid host");
    text.remove_prefix(authority.size());
    if (text.empty()) text = "/";
    break;
  }
  if (!text.starts_with('/')) return std::unexpected("the request target does not start with a slash");
  if (text.contains('#')) return std::unexpected("the request target contains a '#' (write %23)");
  target parsed;
  const auto question = text.find('?');
  if (auto path = parse_path(text.substr(0, question), parsed); !path) return std::unexpected(path.error());
  if (question != std::string_view::npos) {
    if (auto query = parse_query(text.substr(question + 1), parsed); !query)
      return std::unexpected(query.error());
  }
  return parsed;
}

bool is_host(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    const auto address = text.substr(1, end - 1);
    if (address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
    const auto rest = text.substr(end + 1);
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
  }
  const auto colon = text.find(':');
  if (colon != std::string_view::npos && !is_port(text.substr(colon + 1))) return false;
  return std::ranges::all_of(text.substr(0, colon), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || std::string_view("-._").contains(letter);
  });
}

}  // namespace hub::http
