#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <new>

#include <leat/blocking.hpp>
#include <leat/net/tls_context.hpp>
#include <leat/net/tls_link.hpp>
#include <leat/net/tls_server.hpp>
#include <leat/net/tls_tickets.hpp>

namespace leat::net {
namespace {

// How long clients may come back with a ticket.
constexpr long ticket_seconds = 2 * 3600;

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& one : lower) {
    if (one >= 'A' && one <= 'Z') one = static_cast<char>(one - 'A' + 'a');
  }
  return lower;
}

// The host names that an identity is for.
std::vector<std::string> names_of(const tls_identity& identity) {
  const tls_certificate& says = identity.certificate();
  std::vector<std::string> names;
  for (const std::string& name : says.names)
    names.push_back(lower_case(name));
  if (names.empty()) names.push_back(lower_case(says.common_name));
  std::ranges::sort(names);
  return names;
}

// A name, or one with a star for its first label (RFC 6125, section 6.4.3).
bool matches(std::string_view pattern, std::string_view name) noexcept {
  if (pattern == name) return true;
  const auto dot = name.find('.');
  return pattern.starts_with("*.") && dot != std::string_view::npos && dot > 0 &&
         pattern.substr(1) == name.substr(dot);
}

}  // namespace

// What never changes, and the keys of tickets.
struct tls_server_policy {
  tls_server_config config;  // without identities
  std::vector<unsigned char> protocols;
  store_handle client_authorities;
  std::array<unsigned char, 16> session_context;  // sessions of one server are no good for another
  mutable tls_ticket_keys ticket_keys;
};

// Certificates that are shown together: the present ones, or earlier ones that some handshake still needs.
struct tls_server::generation {
  // One context for each set of names; within it, one certificate for each kind of key.
  struct entry {
    ssl_context_handle context;
    std::vector<std::string> names;
    std::vector<int> key_kinds;
  };

  std::shared_ptr<const tls_server_policy> policy;
  std::vector<tls_identity> identities;
  std::vector<entry> entries;

  static result<std::shared_ptr<const generation>> make(std::shared_ptr<const tls_server_policy> policy,
                                                        const std::vector<tls_identity>& identities);
  result<void> add(const tls_identity& identity);
  result<ssl_context_handle> make_context() const;
  result<void> ask_for_certificates(SSL_CTX* context) const;
  SSL_CTX* context_for(std::string_view name) const noexcept;

  // What OpenSSL calls in the middle of handshakes; nothing here may park.
  static int on_server_name(SSL* ssl, int*, void* self) noexcept;
  static int on_protocols(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                          const unsigned char* offered, unsigned offered_size, void* self) noexcept;
  static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* nonce, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int seal) noexcept;
};

struct tls_server::shared {
  std::shared_ptr<const tls_server_policy> policy;
  mutable runtime::spinlock lock;  // guards what follows
  std::shared_ptr<const generation> current;

  std::shared_ptr<const generation> now() const noexcept {
    const std::lock_guard guard(lock);
    return current;
  }
};

int tls_server::generation::on_server_name(SSL* ssl, int*, void* self) noexcept {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  SSL_CTX* context = static_cast<const generation*>(self)->context_for(name);
  if (!context) return SSL_TLSEXT_ERR_NOACK;  // the default is shown, and the client will not like it
  if (context != SSL_get_SSL_CTX(ssl)) SSL_set_SSL_CTX(ssl, context);
  return SSL_TLSEXT_ERR_OK;
}

int tls_server::generation::on_protocols(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                                         const unsigned char* offered, unsigned offered_size,
                                         void* self) noexcept {
  const std::vector<unsigned char>& ours = static_cast<const generation*>(self)->policy->protocols;
  unsigned char* found = nullptr;
  const int how = SSL_select_next_proto(&found, chosen_size, ours.data(), static_cast<unsigned>(ours.size()),
                                        offered, offered_size);
  *chosen = found;
  return how == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int tls_server::generation::on_ticket(SSL* ssl, unsigned char* name, unsigned char* nonce,
                                      EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int seal) noexcept {
  const auto* self = static_cast<const generation*>(SSL_get_app_data(ssl));
  const int how = self->policy->ticket_keys.prepare(name, nonce, cipher, mac, seal == 1);
  // 2 gives another ticket beside: a client of TLS 1.3 uses each once, and comes back again.
  return seal == 0 && how == 1 && SSL_version(ssl) >= TLS1_3_VERSION ? 2 : how;
}

SSL_CTX* tls_server::generation::context_for(std::string_view name) const noexcept {
  std::array<char, 256> lower;  // a host name has at most 253 characters, and TLS allows 255
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > lower.size()) return nullptr;
  std::ranges::transform(name, lower.begin(), [](char one) {
    return one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one;
  });
  const std::string_view wanted(lower.data(), name.size());
  for (const entry& one : entries) {
    if (std::ranges::binary_search(one.names, wanted, std::less<>())) return one.context.get();
  }
  for (const entry& one : entries) {
    if (std::ranges::any_of(one.names, [&](const auto& pattern) { return matches(pattern, wanted); }))
      return one.context.get();
  }
  return nullptr;
}

result<void> tls_server::generation::ask_for_certificates(SSL_CTX* context) const {
  const tls_client_auth how = policy->config.client_auth;
  if (how == tls_client_auth::none) return {};
  const int mode = SSL_VERIFY_PEER | (how == tls_client_auth::require ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
  SSL_CTX_set_verify(context, mode, nullptr);
  if (how == tls_client_auth::request_any) {
    SSL_CTX_set_cert_verify_callback(
        context,
        [](X509_STORE_CTX* chain, void*) {
          X509_STORE_CTX_set_error(chain, X509_V_OK);
          return 1;
        },
        nullptr);
    return {};
  }
  const auto authorities = parse_certificates(policy->config.client_authorities);
  if (!authorities) return std::unexpected(authorities.error());
  for (const certificate_handle& one : *authorities) {
    if (SSL_CTX_add_client_CA(context, one.get()) != 1) return openssl_failure();
  }
  return trust(context, policy->client_authorities.get());
}

result<ssl_context_handle> tls_server::generation::make_context() const {
  const tls_server_config& config = policy->config;
  auto made = make_tls_context(tls_side::server, config.least_version, config.greatest_version);
  if (!made) return made;
  SSL_CTX* context = made->get();
  void* self = const_cast<generation*>(this);  // OpenSSL hands it back as it is
  SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(on_server_name));
  SSL_CTX_set_tlsext_servername_arg(context, self);
  if (!policy->protocols.empty()) SSL_CTX_set_alpn_select_cb(context, on_protocols, self);
  const auto& id = policy->session_context;
  if (SSL_CTX_set_session_id_context(context, id.data(), id.size()) != 1) return openssl_failure();
  if (config.resumption) {
    SSL_CTX_set_timeout(context, ticket_seconds);
    SSL_CTX_set_num_tickets(context, 1);  // who resumes with it is given the next
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
  } else {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
  }
  if (auto asked = ask_for_certificates(context); !asked) return std::unexpected(asked.error());
  return made;
}

result<void> tls_server::generation::add(const tls_identity& identity) {
  const std::vector<std::string> names = names_of(identity);
  const int kind = EVP_PKEY_get_base_id(identity.inside().key.get());
  const auto fits = [&](const entry& one) {
    return one.names == names && std::ranges::find(one.key_kinds, kind) == one.key_kinds.end();
  };
  auto place = std::ranges::find_if(entries, fits);
  if (place == entries.end()) {
    auto context = make_context();
    if (!context) return std::unexpected(context.error());
    entries.push_back({std::move(*context), names, {}});
    place = entries.end() - 1;
  }
  place->key_kinds.push_back(kind);
  return use_identity(place->context.get(), identity.inside());
}

result<std::shared_ptr<const tls_server::generation>> tls_server::generation::make(
    std::shared_ptr<const tls_server_policy> policy, const std::vector<tls_identity>& identities) {
  if (identities.empty()) return fail(tls_errc::no_identity);
  auto made = std::make_shared<generation>();
  made->policy = std::move(policy);
  made->identities = identities;
  for (const tls_identity& one : identities) {
    if (auto added = made->add(one); !added) return std::unexpected(added.error());
  }
  return made;
}

result<tls_server> tls_server::create(const tls_server_config& config) {
  return blocking([&]() -> result<tls_server> {
    auto policy = std::make_shared<tls_server_policy>();
    policy->config = config;
    policy->config.identities.clear();
    auto protocols = protocols_on_the_wire(config.protocols);
    if (!protocols) return std::unexpected(protocols.error());
    policy->protocols = std::move(*protocols);
    forget_openssl_errors();
    if (RAND_bytes(policy->session_context.data(), static_cast<int>(policy->session_context.size())) != 1)
      return openssl_failure();
    if (config.client_auth == tls_client_auth::request || config.client_auth == tls_client_auth::require) {
      auto store = make_store(config.client_authorities, false);
      if (!store) return std::unexpected(store.error());
      policy->client_authorities = std::move(*store);
    }
    auto first = generation::make(policy, config.identities);
    if (!first) return std::unexpected(first.error());
    auto state = std::make_shared<shared>();
    state->policy = std::move(policy);
    state->current = std::move(*first);
    return tls_server(std::move(state));
  });
}

tls_conn tls_server::wrap(std::unique_ptr<stream> below) const {
  const auto now = shared_->now();
  forget_openssl_errors();
  ssl_handle ssl(SSL_new(now->entries.front().context.get()));
  if (!ssl) throw std::bad_alloc();
  SSL_set_accept_state(ssl.get());
  SSL_set_app_data(ssl.get(), const_cast<generation*>(now.get()));
  return tls_access::connect(std::move(ssl), std::move(below), now->policy->config.handshake_timeout, now);
}

result<void> tls_server::replace(const std::vector<tls_identity>& identities) const {
  auto fresh = generation::make(shared_->policy, identities);
  if (!fresh) return std::unexpected(fresh.error());
  const std::lock_guard guard(shared_->lock);
  shared_->current.swap(*fresh);
  return {};
}

result<void> tls_server::reload() const {
  std::vector<tls_identity> fresh;
  for (const tls_identity& one : identities()) {
    auto again = one.reloaded();
    if (!again) return std::unexpected(again.error());
    fresh.push_back(std::move(*again));
  }
  return replace(fresh);
}

std::vector<tls_identity> tls_server::identities() const {
  return shared_->now()->identities;
}

}  // namespace leat::net
