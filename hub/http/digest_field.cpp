#include <algorithm>

#include <hub/http/digest_field.hpp>
#include <hub/http/field.hpp>

namespace hub::http {
namespace {

constexpr std::string_view algorithm = "sha-256";

// What follows "sha-256=" in the element of a list, or nothing.
std::optional<std::string_view> value_of(std::string_view field) {
  for (const auto element : split_list(field)) {
    const auto equals = element.find('=');
    if (equals == std::string_view::npos || !same_word(trim(element.substr(0, equals)), algorithm)) continue;
    return trim(element.substr(equals + 1));
  }
  return std::nullopt;
}

announced_digest decode(std::string_view base64, std::string_view field_name) {
  const auto decoded = files::digest_from_base64(base64);
  if (decoded) return decoded;
  return std::unexpected("the SHA-256 in " + std::string(field_name) + " is malformed");
}

}  // namespace

std::string repr_digest(const files::digest& content) {
  return "sha-256=:" + files::to_base64(content) + ':';
}

std::string legacy_digest(const files::digest& content) {
  return "SHA-256=" + files::to_base64(content);
}

bool wants_repr_digest(std::string_view field) {
  const auto preference = value_of(field);
  // 0 stands for "not acceptable".
  return preference && parse_digits(*preference).value_or(0) > 0;
}

bool wants_legacy_digest(std::string_view field) {
  return std::ranges::any_of(split_list(field), [](std::string_view element) {
    return same_word(without_parameters(element), algorithm) && quality_of(element) > 0;
  });
}

announced_digest parse_repr_digest(std::string_view field) {
  const auto value = value_of(field);
  if (!value) return std::nullopt;
  const bool enclosed = value->size() > 2 && value->starts_with(':') && value->ends_with(':');
  return decode(enclosed ? value->substr(1, value->size() - 2) : std::string_view(), "Repr-Digest");
}

announced_digest parse_legacy_digest(std::string_view field) {
  const auto value = value_of(field);
  if (!value) return std::nullopt;
  return decode(*value, "Digest");
}

}  // namespace hub::http
