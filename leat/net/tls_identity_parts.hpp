// What a certificate and an identity are inside: OpenSSL's objects. Not for users.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <leat/net/tls_certificate.hpp>
#include <leat/net/tls_openssl.hpp>

namespace leat::net {

struct tls_identity::parts {
  certificate_handle certificate;
  std::vector<certificate_handle> issuers;  // in the order in which they are to be sent
  key_handle key;
  tls_certificate description;
  std::filesystem::path certificates_path;  // both empty: it was not loaded from files
  std::filesystem::path key_path;
};

/// Files of certificates and keys are read up to this size.
inline constexpr std::size_t tls_file_limit_bytes = 1 << 20;

/// What `certificate` says. Null DER or a failing digest throws std::bad_alloc: nothing else can be wrong.
tls_certificate describe(X509* certificate);

tls_fingerprint fingerprint_of(const X509* certificate);

/// All certificates of a PEM text, at least one. Errors: tls_errc::no_certificate, and those of malformed
/// ones.
result<std::vector<certificate_handle>> parse_certificates(std::string_view pem);

/// A private key in PEM. Errors: tls_errc::no_private_key, tls_errc::encrypted_key.
result<key_handle> parse_private_key(std::string_view pem);

/// A new private key, and a certificate for a key, signed by itself.
result<key_handle> make_private_key();
result<certificate_handle> sign_by_itself(EVP_PKEY* key, const self_signed_options& options);

/// PEM of either.
std::string to_pem(X509* certificate);
std::string to_pem(EVP_PKEY* key);

/// Puts both together. Errors: tls_errc::key_mismatch.
result<tls_identity> make_identity(std::vector<certificate_handle> certificates, key_handle key,
                                   std::filesystem::path certificates_path = {},
                                   std::filesystem::path key_path = {});

/// The whole of a file, read on the calling thread, which it may block. Errors: errc::too_long, and those of
/// open(2) and read(2).
result<std::string> read_small_file(const std::filesystem::path& path);

}  // namespace leat::net
