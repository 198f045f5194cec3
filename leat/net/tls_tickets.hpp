// The keys with which a server seals sessions into tickets (RFC 5077, RFC 8446 section 4.6.1): whoever gets
// hold of them can read sessions of TLS 1.2, so they are in memory only, and change.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <optional>
#include <span>

#include <leat/clock.hpp>
#include <leat/runtime/spinlock.hpp>

namespace leat::net {

class tls_ticket_keys {
 public:
  struct key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher;
    std::array<unsigned char, 32> mac;
    time_point made;
  };

  tls_ticket_keys() noexcept = default;
  ~tls_ticket_keys();
  tls_ticket_keys(const tls_ticket_keys&) = delete;
  tls_ticket_keys& operator=(const tls_ticket_keys&) = delete;

  /// The key to seal with, new if the last is 12 hours old. None if there is no randomness to be had.
  std::optional<key> newest() noexcept;

  /// The key with that name, if it is younger than 24 hours.
  std::optional<key> find(std::span<const unsigned char, 16> name) noexcept;

  /// What SSL_CTX_set_tlsext_ticket_key_evp_cb(3) wants a callback to do.
  int prepare(unsigned char* name, unsigned char* nonce, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
              bool seal) noexcept;

 private:
  runtime::spinlock lock_;  // guards both; callbacks of OpenSSL, which must not park, take it
  std::optional<key> current_;
  std::optional<key> previous_;
};

}  // namespace leat::net
