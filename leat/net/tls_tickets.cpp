#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <mutex>

#include <leat/net/tls_tickets.hpp>

namespace leat::net {
namespace {

constexpr std::chrono::hours seals_for{12};
constexpr std::chrono::hours opens_for{24};

std::optional<tls_ticket_keys::key> make_key() noexcept {
  tls_ticket_keys::key made;
  made.made = clock::now();
  const bool random = RAND_bytes(made.name.data(), made.name.size()) == 1 &&
                      RAND_priv_bytes(made.cipher.data(), made.cipher.size()) == 1 &&
                      RAND_priv_bytes(made.mac.data(), made.mac.size()) == 1;
  if (!random) return std::nullopt;
  return made;
}

// Fetched once: to look it up by name costs more than to use it.
const EVP_CIPHER* ticket_cipher() noexcept {
  static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  return fetched;
}

bool set_mac_key(EVP_MAC_CTX* mac, tls_ticket_keys::key& with) noexcept {
  char digest[] = "SHA256";
  const std::array params{
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, with.mac.data(), with.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params.data()) == 1;
}

}  // namespace

tls_ticket_keys::~tls_ticket_keys() {
  if (current_) OPENSSL_cleanse(&*current_, sizeof(key));
  if (previous_) OPENSSL_cleanse(&*previous_, sizeof(key));
}

std::optional<tls_ticket_keys::key> tls_ticket_keys::newest() noexcept {
  const auto fresh_enough = [this] { return current_ && clock::now() - current_->made < seals_for; };
  {
    const std::lock_guard guard(lock_);
    if (fresh_enough()) return current_;
  }
  const auto fresh = make_key();
  if (!fresh) return std::nullopt;
  const std::lock_guard guard(lock_);
  if (!fresh_enough()) {  // nobody else was faster
    previous_ = current_;
    current_ = fresh;
  }
  return current_;
}

std::optional<tls_ticket_keys::key> tls_ticket_keys::find(std::span<const unsigned char, 16> name) noexcept {
  const std::lock_guard guard(lock_);
  for (const auto& one : {current_, previous_}) {
    if (one && std::ranges::equal(one->name, name) && clock::now() - one->made < opens_for) return one;
  }
  return std::nullopt;
}

// Returns, as OpenSSL wants it: -1 an error, 0 no such key (a full handshake follows), 1 ready.
int tls_ticket_keys::prepare(unsigned char* name, unsigned char* nonce, EVP_CIPHER_CTX* cipher,
                             EVP_MAC_CTX* mac, bool seal) noexcept {
  if (seal) {
    auto with = newest();
    if (!with || RAND_bytes(nonce, EVP_CIPHER_get_iv_length(ticket_cipher())) != 1) return -1;
    std::ranges::copy(with->name, name);
    const int set = EVP_EncryptInit_ex2(cipher, ticket_cipher(), with->cipher.data(), nonce, nullptr);
    return set == 1 && set_mac_key(mac, *with) ? 1 : -1;
  }
  auto with = find(std::span<const unsigned char, 16>(name, 16));
  if (!with) return 0;
  const int set = EVP_DecryptInit_ex2(cipher, ticket_cipher(), with->cipher.data(), nonce, nullptr);
  return set == 1 && set_mac_key(mac, *with) ? 1 : -1;
}

}  // namespace leat::net
