// What the parts of TLS share of OpenSSL: owners of its objects, and its errors as values. Not for users.
//
// OpenSSL keeps errors in a queue of each thread. A goroutine may go on in another thread after every park,
// so none parks between an OpenSSL call and taking its errors, and the queue is emptied before each call that
// may leave something: others of the same thread may have left theirs.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include <leat/error.hpp>
#include <leat/net/tls_error.hpp>

namespace leat::net {

template <auto Free>
struct openssl_free {
  template <typename T>
  void operator()(T* object) const noexcept {
    static_cast<void>(Free(object));
  }
};

using bio_handle = std::unique_ptr<BIO, openssl_free<BIO_free>>;
using certificate_handle = std::unique_ptr<X509, openssl_free<X509_free>>;
using key_handle = std::unique_ptr<EVP_PKEY, openssl_free<EVP_PKEY_free>>;
using session_handle = std::unique_ptr<SSL_SESSION, openssl_free<SSL_SESSION_free>>;
using ssl_context_handle = std::unique_ptr<SSL_CTX, openssl_free<SSL_CTX_free>>;
using ssl_handle = std::unique_ptr<SSL, openssl_free<SSL_free>>;
using store_handle = std::unique_ptr<X509_STORE, openssl_free<X509_STORE_free>>;

/// Empties this thread's queue of OpenSSL's errors.
inline void forget_openssl_errors() noexcept {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

/// Takes what OpenSSL has just reported on this thread out of its queue: the first error of the TLS protocol,
/// or the first of all. An empty queue is an internal error of OpenSSL.
std::error_code take_openssl_error() noexcept;

/// As a value that says why not.
inline std::unexpected<std::error_code> openssl_failure() noexcept {
  return std::unexpected(take_openssl_error());
}

inline std::unexpected<std::error_code> fail(tls_errc code) noexcept {
  return std::unexpected(make_error_code(code));
}

/// Reads PEM from memory, which must outlive it. Null when there is no memory.
bio_handle reading_bio(std::string_view text) noexcept;

/// What was written to a BIO in memory.
std::string bio_text(BIO* written);

}  // namespace leat::net
