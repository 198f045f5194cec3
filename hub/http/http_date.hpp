// Dates in header fields (RFC 9110, section 5.6.7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hub::http {

// "Sun, 06 Nov 1994 08:49:37 GMT", of seconds since 1970-01-01T00:00:00Z between the years 0 and 9999.
std::string format_http_date(std::int64_t seconds);

// All three formats that RFC 9110 asks recipients to take: the above, RFC 850's and asctime's. Nothing for
// others.
std::optional<std::int64_t> parse_http_date(std::string_view text);

// "1994-11-06T08:49:37Z" (RFC 3339), for listings.
std::string format_timestamp(std::int64_t seconds);

}  // namespace hub::http
