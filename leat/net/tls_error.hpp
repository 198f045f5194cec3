// What goes wrong in TLS, as error codes whose messages name it.
//
// Three categories: leat's own conditions (`tls_errc`), what OpenSSL says of the protocol and of files
// (`tls_category`: "wrong version number", "tlsv1 alert unknown ca"), and why a certificate was refused
// (`tls_certificate_category`: "certificate has expired", "hostname mismatch").
#pragma once

#include <system_error>

namespace leat::net {

enum class tls_errc {
  no_certificate = 1,  ///< what should hold a certificate in PEM form holds none
  no_private_key,      ///< what should hold a private key in PEM form holds none
  encrypted_key,       ///< the private key is encrypted, and there is nobody to ask for its password
  key_mismatch,        ///< the private key does not belong to the certificate
  no_identity,         ///< a server needs at least one certificate
  no_roots,            ///< nothing says which issuers to trust
  bad_name,            ///< neither a host name nor an IP address
  bad_protocol,        ///< a protocol name for ALPN is empty or longer than 255 bytes
  bad_fingerprint,     ///< not 64 hexadecimal digits
  not_pinned,          ///< the peer's certificate is none of those that are pinned
};

/// The category of `tls_errc`; its name is "leat.tls".
const std::error_category& tls_errc_category() noexcept;

/// The category of what OpenSSL reports: the protocol's errors, the peer's alerts, faults of files. The value
/// is OpenSSL's packed library and reason; the name is "tls".
const std::error_category& tls_category() noexcept;

/// The category of refused certificates: the value is one of OpenSSL's X509_V_ERR_* numbers, the name is
/// "tls.certificate".
const std::error_category& tls_certificate_category() noexcept;

std::error_code make_error_code(tls_errc code) noexcept;

}  // namespace leat::net

template <>
struct std::is_error_code_enum<leat::net::tls_errc> : std::true_type {};
