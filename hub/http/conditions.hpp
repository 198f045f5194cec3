// Conditional requests (RFC 9110, section 13).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <hub/files/sha256.hpp>

namespace hub::http {

// By what one state of a file is told from others.
struct validators {
  std::string etag;             // strong, with its quotes
  std::int64_t modified_s = 0;  // seconds since 1970-01-01T00:00:00Z
};

// The strong entity tag of a content: its SHA-256, so equal tags mean equal bytes, on every server and for
// ever.
std::string etag_of(const files::digest& content);

// The fields of a request, each absent unless it was sent.
struct conditions {
  std::optional<std::string_view> if_match = std::nullopt;
  std::optional<std::string_view> if_none_match = std::nullopt;
  std::optional<std::string_view> if_modified_since = std::nullopt;
  std::optional<std::string_view> if_unmodified_since = std::nullopt;
};

enum class verdict : unsigned char {
  proceed,
  not_modified,  // 304; only for GET and HEAD
  failed,        // 412
};

// Evaluates the fields in the order of section 13.2.2 against the present file, which may be absent. A
// malformed If-Match matches nothing, which is safe; malformed others are ignored.
verdict evaluate(const conditions& asked, const std::optional<validators>& present, bool get_or_head);

// Whether a Range is to be honoured under an If-Range (section 13.1.5): only if the file is provably the one
// that the client has a part of. A date proves it only when the file has been left alone for two seconds.
bool range_is_valid(std::string_view if_range, const validators& present, std::int64_t now_s);

}  // namespace hub::http
