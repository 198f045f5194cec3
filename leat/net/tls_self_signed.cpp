// A certificate that nobody else has signed: a key of its own, the names, a random number, and dates.
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <leat/net/address.hpp>
#include <leat/net/tls_identity_parts.hpp>

namespace leat::net {
namespace {

// A clock that is behind ours a little should not find the certificate to be of the future.
constexpr long backdate_seconds = 3600;
constexpr std::size_t longest_host_name = 253;

bool is_host_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > longest_host_name) return false;
  for (const char one : name) {
    const bool letter = (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z');
    if (!letter && !(one >= '0' && one <= '9') && one != '-' && one != '.' && one != '_' && one != '*') {
      return false;
    }
  }
  return true;
}

// "DNS:chat.lan,IP:192.0.2.1", as OpenSSL's configuration language has it: hence the strict alphabet above.
result<std::string> alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ',';
    if (const auto address = ip_address::parse(name); address && address->scope_id() == 0) {
      text += "IP:" + address->to_string();
    } else if (is_host_name(name)) {
      text += "DNS:" + name;
    } else {
      return fail(tls_errc::bad_name);
    }
  }
  if (text.empty()) return fail(tls_errc::bad_name);
  return text;
}

bool add_extension(X509* certificate, int what, const char* value) noexcept {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  using extension_handle = std::unique_ptr<X509_EXTENSION, openssl_free<X509_EXTENSION_free>>;
  const extension_handle made(X509V3_EXT_conf_nid(nullptr, &context, what, value));
  return made && X509_add_ext(certificate, made.get(), -1) == 1;
}

// RFC 5280, section 4.1.2.2: positive, at most 20 bytes.
bool set_random_serial(X509* certificate) noexcept {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);
  using number_handle = std::unique_ptr<BIGNUM, openssl_free<BN_free>>;
  const number_handle number(BN_bin2bn(bytes.data(), bytes.size(), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
}

bool set_name(X509* certificate, const std::string& common_name) noexcept {
  X509_NAME* name = X509_get_subject_name(certificate);
  // X.509 allows a common name 64 characters; longer ones stand among the alternative names alone.
  const std::string shown = common_name.substr(0, 64);
  const auto* text = reinterpret_cast<const unsigned char*>(shown.data());
  return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, static_cast<int>(shown.size()),
                                    -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

}  // namespace

result<key_handle> make_private_key() {
  forget_openssl_errors();
  key_handle key(EVP_EC_gen("P-256"));
  if (!key) return openssl_failure();
  return key;
}

result<certificate_handle> sign_by_itself(EVP_PKEY* key, const self_signed_options& options) {
  const auto names = alternative_names(options.names);
  if (!names) return std::unexpected(names.error());
  forget_openssl_errors();
  certificate_handle made(X509_new());
  const auto days = static_cast<int>(options.valid_for.count());
  const bool whole = made && X509_set_version(made.get(), X509_VERSION_3) == 1 &&
                     set_random_serial(made.get()) && set_name(made.get(), options.names.front()) &&
                     X509_gmtime_adj(X509_getm_notBefore(made.get()), -backdate_seconds) &&
                     X509_time_adj_ex(X509_getm_notAfter(made.get()), days, 0, nullptr) &&
                     X509_set_pubkey(made.get(), key) == 1 &&
                     add_extension(made.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                     add_extension(made.get(), NID_key_usage, "critical,digitalSignature") &&
                     add_extension(made.get(), NID_ext_key_usage, "serverAuth,clientAuth") &&
                     add_extension(made.get(), NID_subject_key_identifier, "hash") &&
                     add_extension(made.get(), NID_subject_alt_name, names->c_str()) &&
                     X509_sign(made.get(), key, EVP_sha256()) > 0;
  if (!whole) return openssl_failure();
  return made;
}

}  // namespace leat::net
