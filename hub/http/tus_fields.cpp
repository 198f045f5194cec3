#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>

#include <hub/http/field.hpp>
#include <hub/http/tus_fields.hpp>

namespace hub::http {
namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t most_pairs = 32;

// OpenSSL's digests fail only for want of memory or of the algorithm itself.
void must(int succeeded) {
  if (succeeded != 1) throw std::runtime_error("OpenSSL cannot compute a checksum");
}

std::unexpected<std::string> refuse(std::string text) {
  return std::unexpected(std::move(text));
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string decoded;
  std::uint32_t group = 0;
  std::size_t bits = 0;
  auto rest = text;
  for (int padding = 0; padding < 2 && rest.ends_with('='); ++padding)
    rest.remove_suffix(1);
  for (const char letter : rest) {
    const auto value = letters.find(letter);
    if (value == std::string_view::npos) return std::nullopt;
    group = (group << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFFF;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    decoded += static_cast<char>(group >> bits & 0xFF);
  }
  // A different text for the same bytes: bits that say nothing, or padding where none belongs.
  if (encode_base64(std::as_bytes(std::span(decoded))) != text) return std::nullopt;
  return decoded;
}

std::string encode_base64(std::span<const std::byte> bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  while (!bytes.empty()) {
    const auto count = std::min<std::size_t>(bytes.size(), 3);
    std::uint32_t group = 0;
    for (std::size_t at = 0; at < 3; ++at)
      group = group << 8 | (at < count ? std::to_integer<std::uint32_t>(bytes[at]) : 0);
    for (std::size_t at = 0; at < 4; ++at)
      text += at <= count ? letters[group >> (18 - 6 * at) & 63] : '=';
    bytes = bytes.subspan(count);
  }
  return text;
}

std::expected<upload_metadata, std::string> parse_upload_metadata(std::string_view field) {
  upload_metadata metadata;
  for (auto rest = trim(field); !rest.empty();) {
    const auto end = std::min(rest.find(','), rest.size());
    const auto pair = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto space = std::min(pair.find(' '), pair.size());
    const auto key = pair.substr(0, space);
    if (key.empty()) return refuse("Upload-Metadata has an empty key");
    if (!std::ranges::all_of(key, [](char letter) { return letter > ' ' && letter < '\x7f'; }))
      return refuse("Upload-Metadata has a key that is not ASCII");
    if (std::ranges::find(metadata, key, &std::pair<std::string, std::string>::first) != metadata.end())
      return refuse("Upload-Metadata has a key twice");
    auto value = decode_base64(trim(pair.substr(space)));
    if (!value) return refuse("Upload-Metadata has a value that is not base64");
    if (metadata.size() == most_pairs) return refuse("Upload-Metadata has too many pairs");
    metadata.emplace_back(key, std::move(*value));
  }
  return metadata;
}

std::optional<std::string_view> value_of(const upload_metadata& metadata,
                                         std::initializer_list<std::string_view> keys) {
  for (const auto key : keys) {
    const auto found = std::ranges::find(metadata, key, &std::pair<std::string, std::string>::first);
    if (found != metadata.end() && !found->second.empty()) return found->second;
  }
  return std::nullopt;
}

void upload_checksum::deleter::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

std::expected<upload_checksum, std::string> upload_checksum::parse(std::string_view field) {
  const auto trimmed = trim(field);
  const auto space = std::min(trimmed.find(' '), trimmed.size());
  const auto name = trimmed.substr(0, space);
  const auto* algorithm = name == "sha1" ? EVP_sha1() : name == "sha256" ? EVP_sha256() : nullptr;
  if (algorithm == nullptr) return refuse("the algorithms of Upload-Checksum are sha1 and sha256");
  auto announced = decode_base64(trim(trimmed.substr(space)));
  if (!announced || announced->size() != static_cast<std::size_t>(EVP_MD_get_size(algorithm)))
    return refuse("Upload-Checksum is malformed");
  upload_checksum read;
  read.context_.reset(EVP_MD_CTX_new());
  if (!read.context_) throw std::bad_alloc();
  must(EVP_DigestInit_ex(read.context_.get(), algorithm, nullptr));
  read.announced_ = std::move(*announced);
  return read;
}

void upload_checksum::update(std::span<const std::byte> bytes) {
  must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

bool upload_checksum::holds() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned length = 0;
  must(EVP_DigestFinal_ex(context_.get(), value.data(), &length));
  return std::string_view(reinterpret_cast<const char*>(value.data()), length) == announced_;
}

}  // namespace hub::http
