// Entity tags, dates, digests and Accept: no field makes an answer inconsistent with another.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <fuzz/http/require.hpp>
#include <hub/http/conditions.hpp>
#include <hub/http/digest_field.hpp>
#include <hub/http/field.hpp>
#include <hub/http/http_date.hpp>
#include <hub/http/listing.hpp>

namespace {

using namespace hub::http;

void check_conditions(std::string_view field) {
  const validators present{.etag = "\"abc\"", .modified_s = 784'111'777};
  require(evaluate({.if_match = field}, std::nullopt, false) == verdict::failed);
  require(evaluate({.if_none_match = field}, std::nullopt, true) == verdict::proceed);
  // What matches strongly matches weakly.
  const bool strongly = evaluate({.if_match = field}, present, true) == verdict::proceed;
  const bool weakly = evaluate({.if_none_match = field}, present, true) == verdict::not_modified;
  require(!strongly || weakly);
  require(evaluate({.if_modified_since = field}, present, false) == verdict::proceed);
  static_cast<void>(range_is_valid(field, present, present.modified_s + 100));
}

void check_date(std::string_view field) {
  const auto date = parse_http_date(field);
  if (date) require(parse_http_date(format_http_date(*date)) == date);
}

void check_digests(std::string_view field) {
  if (const auto found = parse_repr_digest(field); found && *found) {
    require(parse_repr_digest(repr_digest(**found)).value() == *found);
  }
  static_cast<void>(parse_legacy_digest(field));
  static_cast<void>(wants_legacy_digest(field));
  static_cast<void>(wants_repr_digest(field));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view field(reinterpret_cast<const char*>(data), size);
  check_conditions(field);
  check_date(field);
  check_digests(field);
  static_cast<void>(prefers_json(field));
  for (const auto element : split_list(field))
    require(!element.empty() && quality_of(element) <= 1000);
  return 0;
}
