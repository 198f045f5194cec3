// Digests in header fields: the current standard (RFC 9530: Repr-Digest) and the one before it (RFC 3230:
// Digest), which download managers still use. SHA-256 alone.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <hub/files/sha256.hpp>

namespace hub::http {

// "sha-256=:BASE64:" for Repr-Digest, "SHA-256=BASE64" for Digest.
std::string repr_digest(const files::digest& content);
std::string legacy_digest(const files::digest& content);

// Whether Want-Repr-Digest ("sha-256=5") or Want-Digest ("SHA-256;q=1, SHA;q=0.1") asks for SHA-256.
bool wants_repr_digest(std::string_view field);
bool wants_legacy_digest(std::string_view field);

// The SHA-256 that an upload announces in either field; nothing if it names only other algorithms. A
// malformed one is an error: someone who wanted a check must not believe that there was one.
using announced_digest = std::expected<std::optional<files::digest>, std::string>;
announced_digest parse_repr_digest(std::string_view field);
announced_digest parse_legacy_digest(std::string_view field);

}  // namespace hub::http
