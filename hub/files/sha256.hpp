// SHA-256 (FIPS 180-4), fed piece by piece.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace hub::files {

using digest = std::array<std::byte, 32>;

class sha256 {
 public:
  sha256();

  void update(std::span<const std::byte> bytes);

  // Another one that was fed the same.
  sha256 copy() const;

  // The digest of all that was fed. Nothing can be fed afterwards.
  digest finish();

 private:
  struct deleter {
    void operator()(evp_md_ctx_st* context) const;
  };

  std::unique_ptr<evp_md_ctx_st, deleter> context_;
};

// 64 lower-case hexadecimal digits, and back.
std::string to_hex(const digest& value);
std::optional<digest> digest_from_hex(std::string_view text);

// RFC 4648 base64 with padding: 44 characters, and back (only the canonical form).
std::string to_base64(const digest& value);
std::optional<digest> digest_from_base64(std::string_view text);

}  // namespace hub::files
