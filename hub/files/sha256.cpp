#include <openssl/evp.h>

#include <algorithm>
#include <new>
#include <stdexcept>

#include <hub/files/sha256.hpp>

namespace hub::files {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t base64_length = 44;

// OpenSSL's digests fail only for want of memory or of the algorithm itself.
void must(int succeeded) {
  if (succeeded != 1) throw std::runtime_error("OpenSSL cannot compute SHA-256");
}

unsigned char* octets(std::byte* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}
const unsigned char* octets(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

}  // namespace

void sha256::deleter::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

sha256::sha256() : context_(EVP_MD_CTX_new()) {
  if (!context_) throw std::bad_alloc();
  must(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void sha256::update(std::span<const std::byte> bytes) {
  must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

sha256 sha256::copy() const {
  sha256 other;
  must(EVP_MD_CTX_copy_ex(other.context_.get(), context_.get()));
  return other;
}

digest sha256::finish() {
  digest value{};
  must(EVP_DigestFinal_ex(context_.get(), octets(value.data()), nullptr));
  return value;
}

std::string to_hex(const digest& value) {
  std::string text;
  text.reserve(2 * value.size());
  for (const std::byte each : value) {
    text += hex_digits[std::to_integer<unsigned>(each >> 4)];
    text += hex_digits[std::to_integer<unsigned>(each & std::byte{15})];
  }
  return text;
}

std::optional<digest> digest_from_hex(std::string_view text) {
  digest value{};
  if (text.size() != 2 * value.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto found = hex_digits.find(text[i]);
    if (found == std::string_view::npos) return std::nullopt;
    value[i / 2] = value[i / 2] << 4 | std::byte(found);
  }
  return value;
}

std::string to_base64(const digest& value) {
  std::array<unsigned char, base64_length + 1> text{};
  EVP_EncodeBlock(text.data(), octets(value.data()), static_cast<int>(value.size()));
  return {reinterpret_cast<const char*>(text.data()), base64_length};
}

std::optional<digest> digest_from_base64(std::string_view text) {
  if (text.size() != base64_length) return std::nullopt;
  std::array<std::byte, 33> decoded{};
  const int length =
      EVP_DecodeBlock(octets(decoded.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (length != static_cast<int>(decoded.size())) return std::nullopt;
  digest value{};
  std::ranges::copy_n(decoded.begin(), value.size(), value.begin());
  // Decoding is lenient about padding; comparing with the canonical form is not.
  if (to_base64(value) != text) return std::nullopt;
  return value;
}

}  // namespace hub::files
