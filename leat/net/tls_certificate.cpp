#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstring>
#include <ctime>
#include <new>

#include <leat/net/address.hpp>
#include <leat/net/tls_identity_parts.hpp>

namespace leat::net {
namespace {

// More than any real chain or bundle has, in one text.
constexpr std::size_t most_certificates = 4096;

constexpr std::string_view hex_digits = "0123456789ABCDEF";

int hex_value(char digit) noexcept {
  if (digit >= 'a' && digit <= 'f') digit = static_cast<char>(digit - 'a' + 'A');
  const auto found = hex_digits.find(digit);
  return found == std::string_view::npos ? -1 : static_cast<int>(found);
}

// RFC 2253, and UTF-8 left as it is.
std::string name_text(const X509_NAME* name) {
  const bio_handle out(BIO_new(BIO_s_mem()));
  if (!out) throw std::bad_alloc();
  constexpr unsigned long form = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (X509_NAME_print_ex(out.get(), name, 0, form) < 0) return {};
  return bio_text(out.get());
}

// Empty if it cannot be said in UTF-8, or holds a zero byte, which makes a C program see another name.
std::string string_text(const ASN1_STRING* text) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, text);
  if (size < 0) return {};
  std::string copy(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return copy.find('\0') == std::string::npos ? copy : std::string();
}

std::string common_name(const X509_NAME* name) {
  const int place = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (place < 0) return {};
  return string_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, place)));
}

std::chrono::sys_seconds moment(const ASN1_TIME* time) {
  std::tm parts{};
  if (!time || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)));
}

std::string address_text(const ASN1_OCTET_STRING* bytes) {
  const unsigned char* data = ASN1_STRING_get0_data(bytes);
  const int size = ASN1_STRING_length(bytes);
  if (size == 4) {
    std::array<std::uint8_t, 4> v4;
    std::memcpy(v4.data(), data, v4.size());
    return ip_address::v4(v4).to_string();
  }
  if (size == 16) {
    std::array<std::uint8_t, 16> v6;
    std::memcpy(v6.data(), data, v6.size());
    return ip_address::v6(v6).to_string();
  }
  return {};
}

void keep(std::vector<std::string>& list, std::string text) {
  if (!text.empty()) list.push_back(std::move(text));
}

void add_alternative_names(X509* certificate, tls_certificate& out) {
  using names_handle = std::unique_ptr<GENERAL_NAMES, openssl_free<GENERAL_NAMES_free>>;
  const names_handle all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!all) return;
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    int kind = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all.get(), i), &kind);
    const auto* text = static_cast<const ASN1_STRING*>(value);
    switch (kind) {
      case GEN_DNS:
        keep(out.names, string_text(text));
        break;
      case GEN_IPADD:
        keep(out.names, address_text(text));
        break;
      case GEN_EMAIL:
        keep(out.emails, string_text(text));
        break;
      case GEN_URI:
        keep(out.uris, string_text(text));
        break;
      default:
        break;
    }
  }
}

std::vector<std::byte> der_of(X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  if (size <= 0) throw std::bad_alloc();
  std::vector<std::byte> der(static_cast<std::size_t>(size));
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &out);
  return der;
}

// Instead of asking at the terminal.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

result<tls_fingerprint> tls_fingerprint::parse(std::string_view text) {
  tls_fingerprint parsed;
  std::size_t at = 0;
  for (std::size_t i = 0; i < parsed.sha256.size(); ++i) {
    if (i > 0 && at < text.size() && text[at] == ':') ++at;
    if (text.size() < at + 2) return fail(tls_errc::bad_fingerprint);
    const int high = hex_value(text[at]);
    const int low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return fail(tls_errc::bad_fingerprint);
    parsed.sha256[i] = static_cast<std::byte>(high * 16 + low);
    at += 2;
  }
  if (at != text.size()) return fail(tls_errc::bad_fingerprint);
  return parsed;
}

std::string tls_fingerprint::to_string() const {
  std::string text;
  text.reserve(sha256.size() * 3);
  for (const std::byte one : sha256) {
    if (!text.empty()) text += ':';
    text += hex_digits[std::to_integer<std::size_t>(one >> 4)];
    text += hex_digits[std::to_integer<std::size_t>(one & std::byte{15})];
  }
  return text;
}

tls_fingerprint fingerprint_of(const X509* certificate) {
  tls_fingerprint made;
  unsigned size = 0;
  auto* out = reinterpret_cast<unsigned char*>(made.sha256.data());
  if (X509_digest(certificate, EVP_sha256(), out, &size) != 1 || size != made.sha256.size())
    throw std::bad_alloc();
  return made;
}

tls_certificate describe(X509* certificate) {
  tls_certificate out;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  out.subject = name_text(subject);
  out.issuer = name_text(X509_get_issuer_name(certificate));
  out.common_name = common_name(subject);
  out.not_before = moment(X509_get0_notBefore(certificate));
  out.not_after = moment(X509_get0_notAfter(certificate));
  out.fingerprint = fingerprint_of(certificate);
  out.der = der_of(certificate);
  add_alternative_names(certificate, out);
  forget_openssl_errors();  // of malformed extensions, which are as good as none
  return out;
}

result<std::vector<certificate_handle>> parse_certificates(std::string_view pem) {
  forget_openssl_errors();
  const bio_handle in = reading_bio(pem);
  if (!in) return openssl_failure();
  std::vector<certificate_handle> all;
  while (X509* next = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
    all.emplace_back(next);
    if (all.size() > most_certificates) return fail(errc::too_long);
  }
  // The end of the text is reported as a missing first line.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return openssl_failure();
  forget_openssl_errors();
  if (all.empty()) return fail(tls_errc::no_certificate);
  return all;
}

result<key_handle> parse_private_key(std::string_view pem) {
  forget_openssl_errors();
  const bio_handle in = reading_bio(pem);
  if (!in) return openssl_failure();
  bool asked = false;
  key_handle key(PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, &asked));
  forget_openssl_errors();  // they tell of decoders that were tried, not of the text
  if (asked) return fail(tls_errc::encrypted_key);
  if (!key) return fail(tls_errc::no_private_key);
  return key;
}

std::string to_pem(X509* certificate) {
  const bio_handle out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_X509(out.get(), certificate) != 1) throw std::bad_alloc();
  return bio_text(out.get());
}

std::string to_pem(EVP_PKEY* key) {
  const bio_handle out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw std::bad_alloc();
  return bio_text(out.get());
}

}  // namespace leat::net
