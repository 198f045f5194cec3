#include <algorithm>

#include <hub/http/conditions.hpp>
#include <hub/http/field.hpp>
#include <hub/http/http_date.hpp>

namespace hub::http {
namespace {

constexpr std::size_t most_tags = 256;

bool is_opaque_tag(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  text = text.substr(1, text.size() - 2);
  return std::ranges::all_of(text, [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte > ' ' && byte != '"' && byte != 0x7F;
  });
}

// "*" or a list of tags. Weak comparison looks past `W/`; strong comparison fails for it.
bool matches(std::string_view field, const std::optional<validators>& present, bool weak) {
  if (!present) return false;
  if (trim(field) == "*") return true;
  // Entity tags know no backslash escapes, so the list is taken apart here, quote by quote.
  std::size_t seen = 0;
  for (std::string_view rest = field; seen < most_tags; ++seen) {
    rest = rest.substr(std::min(rest.find_first_not_of(" \t,"), rest.size()));
    if (rest.empty()) return false;
    const bool is_weak = rest.starts_with("W/");
    if (is_weak) rest.remove_prefix(2);
    const auto end = rest.starts_with('"') ? rest.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) return false;
    const auto tag = rest.substr(0, end + 1);
    rest.remove_prefix(end + 1);
    if (!is_opaque_tag(tag)) return false;
    if (tag == present->etag && (weak || !is_weak)) return true;
  }
  return false;
}

}  // namespace

std::string etag_of(const files::digest& content) {
  return '"' + files::to_hex(content) + '"';
}

verdict evaluate(const conditions& asked, const std::optional<validators>& present, bool get_or_head) {
  if (asked.if_match) {
    if (!matches(*asked.if_match, present, false)) return verdict::failed;
  } else if (asked.if_unmodified_since) {
    const auto date = parse_http_date(*asked.if_unmodified_since);
    if (date && (!present || present->modified_s > *date)) return verdict::failed;
  }
  if (asked.if_none_match) {
    if (matches(*asked.if_none_match, present, true))
      return get_or_head ? verdict::not_modified : verdict::failed;
  } else if (asked.if_modified_since && get_or_head && present) {
    const auto date = parse_http_date(*asked.if_modified_since);
    if (date && present->modified_s <= *date) return verdict::not_modified;
  }
  return verdict::proceed;
}

bool range_is_valid(std::string_view if_range, const validators& present, std::int64_t now_s) {
  if_range = trim(if_range);
  if (if_range.starts_with('"') || if_range.starts_with("W/")) return if_range == present.etag;
  const auto date = parse_http_date(if_range);
  return date == present.modified_s && now_s - present.modified_s >= 2;
}

}  // namespace hub::http
