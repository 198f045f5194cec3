#include <openssl/x509_vfy.h>

#include <climits>
#include <string>

#include <leat/net/tls_openssl.hpp>

namespace leat::net {
namespace {

class own_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "leat.tls"; }

  std::string message(int code) const override {
    switch (static_cast<tls_errc>(code)) {
      case tls_errc::no_certificate:
        return "no certificate found (PEM is expected: -----BEGIN CERTIFICATE-----)";
      case tls_errc::no_private_key:
        return "no private key found (PEM is expected: -----BEGIN PRIVATE KEY-----)";
      case tls_errc::encrypted_key:
        return "the private key is encrypted (take the password off: openssl pkey -in KEY -out PLAIN)";
      case tls_errc::key_mismatch:
        return "the private key does not belong to the certificate";
      case tls_errc::no_identity:
        return "a TLS server needs a certificate";
      case tls_errc::no_roots:
        return "no trusted root certificates (install ca-certificates, or name an authority to trust)";
      case tls_errc::bad_name:
        return "neither a host name nor an IP address";
      case tls_errc::bad_protocol:
        return "a protocol name must have 1 to 255 bytes";
      case tls_errc::bad_fingerprint:
        return "a SHA-256 fingerprint has 64 hexadecimal digits";
      case tls_errc::not_pinned:
        return "the peer's certificate is not the one that is pinned";
    }
    return "unknown TLS error " + std::to_string(code);
  }
};

class openssl_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "tls"; }

  std::string message(int code) const override {
    const auto packed = static_cast<unsigned long>(static_cast<unsigned>(code));
    if (const char* reason = ERR_reason_error_string(packed)) return reason;
    return "OpenSSL error " + std::to_string(code);
  }
};

class certificate_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "tls.certificate"; }

  std::string message(int code) const override { return X509_verify_cert_error_string(code); }
};

std::error_code to_error(unsigned long packed) noexcept {
  if (ERR_SYSTEM_ERROR(packed)) return {ERR_GET_REASON(packed), std::system_category()};
  return {static_cast<int>(packed & INT_MAX), tls_category()};
}

}  // namespace

const std::error_category& tls_errc_category() noexcept {
  static const own_category instance;
  return instance;
}

const std::error_category& tls_category() noexcept {
  static const openssl_category instance;
  return instance;
}

const std::error_category& tls_certificate_category() noexcept {
  static const certificate_category instance;
  return instance;
}

std::error_code make_error_code(tls_errc code) noexcept {
  return {static_cast<int>(code), tls_errc_category()};
}

std::error_code take_openssl_error() noexcept {
  unsigned long first = 0;
  unsigned long of_protocol = 0;
  while (const unsigned long next = ERR_get_error()) {
    if (first == 0) first = next;
    if (of_protocol == 0 && ERR_GET_LIB(next) == ERR_LIB_SSL) of_protocol = next;
  }
  if (first == 0) return to_error(ERR_PACK(ERR_LIB_SSL, 0, ERR_R_INTERNAL_ERROR));
  return to_error(of_protocol != 0 ? of_protocol : first);
}

bio_handle reading_bio(std::string_view text) noexcept {
  if (text.size() > INT_MAX) return {};
  return bio_handle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string bio_text(BIO* written) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(written, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace leat::net
