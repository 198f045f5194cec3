#include <optional>

#include <hub/http/field.hpp>
#include <hub/http/own_origin.hpp>
#include <hub/http/target.hpp>

namespace hub::http {
namespace {

struct place {
  std::string_view host;
  std::string_view port;
};

// Takes apart "HOST", "HOST:PORT" and "[IPv6]:PORT".
place take_apart(std::string_view authority, std::string_view default_port) {
  const auto bracket = authority.find(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return {authority, default_port};
  const auto port = authority.substr(colon + 1);
  return {authority.substr(0, colon), port.empty() ? default_port : port};
}

bool same_place(const place& left, const place& right) {
  return same_word(left.host, right.host) && left.port == right.port;
}

struct url_front {
  std::string_view scheme;
  std::string_view authority;
  std::string_view rest;  // from the first slash behind them
};

std::optional<url_front> front_of(std::string_view url) {
  const auto end = url.find("://");
  if (end == std::string_view::npos) return std::nullopt;
  const auto scheme = url.substr(0, end);
  url.remove_prefix(end + 3);
  const auto authority = url.substr(0, url.find('/'));
  if (authority.empty() || !is_host(authority)) return std::nullopt;
  return url_front{scheme, authority, url.substr(authority.size())};
}

std::string_view port_of_scheme(std::string_view scheme) {
  return same_word(scheme, "https") ? "443" : same_word(scheme, "http") ? "80" : "";
}

}  // namespace

bool changes_something(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

bool is_own_origin(std::string_view origin, std::string_view host, std::string_view public_url) {
  const auto page = front_of(origin);
  if (!page || !page->rest.empty()) return false;
  const auto default_port = port_of_scheme(page->scheme);
  if (default_port.empty()) return false;
  const auto from = take_apart(page->authority, default_port);
  if (!host.empty() && same_place(from, take_apart(host, default_port))) return true;
  const auto known = front_of(public_url);
  return known && same_word(known->scheme, page->scheme) &&
         same_place(from, take_apart(known->authority, default_port));
}

}  // namespace hub::http
