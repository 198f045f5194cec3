// Certificates: what they say of their holder, and identities, which are certificates with their private
// keys.
//
//   auto own = leat::net::tls_identity::load("server.crt", "server.key");
//   if (!own) std::cerr << "cannot use server.crt: " << own.error().message();
//
//   // For the first start, before there is a certificate that others would trust by its issuer:
//   auto first = leat::net::tls_identity::load_or_create("tls.crt", "tls.key", {.names = {"chat.lan"}});
//   std::cout << "fingerprint: " << first->fingerprint().to_string();
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <leat/error.hpp>
#include <leat/net/tls_error.hpp>

namespace leat::net {

/// The SHA-256 digest of a certificate (of its DER form, as browsers and `openssl x509 -fingerprint -sha256`
/// show it).
struct tls_fingerprint {
  std::array<std::byte, 32> sha256{};

  /// Reads 64 hexadecimal digits in either case, with or without a colon between bytes. Errors:
  /// tls_errc::bad_fingerprint.
  static result<tls_fingerprint> parse(std::string_view text);

  /// "AB:CD:..."
  std::string to_string() const;

  friend bool operator==(const tls_fingerprint&, const tls_fingerprint&) noexcept = default;
};

/// What a certificate says. Texts are UTF-8; names with a zero byte inside are left out.
struct tls_certificate {
  std::string subject;              ///< as RFC 2253 writes it: "CN=alice,O=Example"
  std::string issuer;               ///< likewise
  std::string common_name;          ///< empty if it has none
  std::vector<std::string> names;   ///< host names and IP addresses that it is for
  std::vector<std::string> emails;  ///< e-mail addresses of its holder
  std::vector<std::string> uris;
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;
  tls_fingerprint fingerprint;
  std::vector<std::byte> der;  ///< all of it, as it was sent
};

/// What a certificate that we sign ourselves is to say.
struct self_signed_options {
  /// Host names and IP addresses that it is for; the first is also the common name. Must not be empty.
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  std::chrono::days valid_for{3650};
};

/// A certificate with those that lead from it to its root, and its private key. A handle: cheap to copy,
/// shared, never changed.
class tls_identity {
 public:
  /// From PEM text: the certificate first, then those of its issuers; and the private key, not encrypted. One
  /// text with everything may be given twice. Errors: tls_errc::no_certificate, no_private_key,
  /// encrypted_key, key_mismatch, and what OpenSSL says of malformed ones.
  static result<tls_identity> parse(std::string_view certificates, std::string_view private_key);

  /// From PEM files, of at most 1 MiB each; the goroutine is parked while they are read. The identity
  /// remembers where it came from: see tls_server::reload(). Errors: as parse(), errc::too_long, and those of
  /// open(2) and read(2).
  static result<tls_identity> load(const std::filesystem::path& certificates,
                                   const std::filesystem::path& private_key);

  /// A new key (ECDSA over P-256) and a certificate for it that nobody else has signed: for first use, where
  /// clients pin its fingerprint, and for tests. Errors: tls_errc::bad_name.
  static result<tls_identity> self_signed(const self_signed_options& options = {});

  /// As load() where there are files; else makes what is missing, as self_signed() does, and keeps it. Each
  /// file appears whole or not at all, the key with mode 0600 before the certificate. Nothing is ever
  /// overwritten: a key without a certificate gets one, and a certificate without its key is an error
  /// (ENOENT). Errors: as load() and self_signed(), and those of open(2), write(2) and link(2).
  static result<tls_identity> load_or_create(const std::filesystem::path& certificates,
                                             const std::filesystem::path& private_key,
                                             const self_signed_options& options = {});

  /// The files it was loaded from, read again. An identity that came from none is returned as it is.
  result<tls_identity> reloaded() const;

  /// Of the certificate itself.
  const tls_fingerprint& fingerprint() const noexcept;
  const tls_certificate& certificate() const noexcept;

  /// PEM, as files hold it.
  std::string certificates_pem() const;
  std::string private_key_pem() const;

  struct parts;  // OpenSSL's objects, for the library itself
  explicit tls_identity(std::shared_ptr<const parts> shared) noexcept : parts_(std::move(shared)) {}
  const parts& inside() const noexcept { return *parts_; }

 private:
  std::shared_ptr<const parts> parts_;
};

}  // namespace leat::net
