// The header fields of tus 1.0, the protocol of resumable uploads (tus.io, version 1.0.0). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct evp_md_ctx_st;

namespace hub::http {

// RFC 4648 base64 with padding, in its one canonical form; nothing for anything else.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::span<const std::byte> bytes);

// What Upload-Metadata says, in its order: keys with their decoded values.
using upload_metadata = std::vector<std::pair<std::string, std::string>>;

// "filename d2hlZWwuanBn,is_big": pairs of a key and its value in base64, separated by commas; the value may
// be missing. An empty field is no metadata. Errors, as sentences: an empty or a doubled key, one with other
// characters than visible ASCII, a value that is not base64, more than 32 pairs.
std::expected<upload_metadata, std::string> parse_upload_metadata(std::string_view field);

// The value of the first of these keys that is there and has one.
std::optional<std::string_view> value_of(const upload_metadata& metadata,
                                         std::initializer_list<std::string_view> keys);

// The algorithms that Upload-Checksum may name, for Tus-Checksum-Algorithm.
inline constexpr std::string_view checksum_algorithms = "sha1,sha256";

// The checksum of one request's body: what was announced, and what comes.
class upload_checksum {
 public:
  // Reads Upload-Checksum, "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=". Errors, as sentences: an algorithm that is
  // not offered, a value that is not base64 or has not its length.
  static std::expected<upload_checksum, std::string> parse(std::string_view field);

  void update(std::span<const std::byte> bytes);

  // Whether what was fed is what was announced. Nothing can be fed afterwards.
  bool holds();

 private:
  struct deleter {
    void operator()(evp_md_ctx_st* context) const;
  };

  std::unique_ptr<evp_md_ctx_st, deleter> context_;
  std::string announced_;
};

}  // namespace hub::http
