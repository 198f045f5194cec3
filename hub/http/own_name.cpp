#include <algorithm>

#include <hub/http/field.hpp>
#include <hub/http/own_name.hpp>

namespace hub::http {
namespace {

// RFC 6761 (localhost, test), RFC 6762 and its appendix G (local, and what home networks use), RFC 8375
// (home.arpa), and what ICANN has set apart (internal).
constexpr std::string_view private_domains[] = {".localhost", ".local", ".lan",  ".home",     ".home.arpa",
                                                ".internal",  ".corp",  ".test", ".intranet", ".localdomain"};

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  host = host.substr(0, host.find(':'));
  // The dot of the root, as in "example.org.".
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

std::string_view host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find('/'));
}

bool ends_with_word(std::string_view text, std::string_view end) {
  return text.size() > end.size() && same_word(text.substr(text.size() - end.size()), end);
}

}  // namespace

bool needs_own_name(const leat::net::ip_address& local) {
  return local.is_loopback() || local.is_private() || local.is_link_local();
}

bool is_own_name(std::string_view host, std::string_view public_url) {
  host = without_port(host);
  if (host.starts_with('[') || !host.contains('.')) return true;
  if (leat::net::ip_address::parse(host)) return true;
  if (same_word(host, without_port(host_of(public_url)))) return true;
  return std::ranges::any_of(private_domains,
                             [host](std::string_view domain) { return ends_with_word(host, domain); });
}

}  // namespace hub::http
