#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <list>
#include <mutex>
#include <new>

#include <leat/blocking.hpp>
#include <leat/net/address.hpp>
#include <leat/net/tls_client.hpp>
#include <leat/net/tls_context.hpp>
#include <leat/net/tls_link.hpp>

namespace leat::net {
namespace {

constexpr std::size_t longest_host_name = 253;

// Sessions to be resumed, the latest first. Its lock does not park: OpenSSL calls it within handshakes.
class session_cache {
 public:
  explicit session_cache(std::size_t limit) noexcept : limit_(limit) {}

  // Takes over the session. Throws std::bad_alloc, and then does not. Of TLS 1.3 a host has several, each
  // used once; of TLS 1.2 the latest alone is sure to be good.
  void put(std::string_view host, SSL_SESSION* session) {
    std::list<entry> fresh;  // made outside of the lock, as others are destroyed
    fresh.push_back({std::string(host), nullptr});
    fresh.front().session.reset(session);
    const bool only_one = SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION;
    std::list<entry> outdated;
    const std::lock_guard guard(lock_);
    if (const auto earlier = only_one ? find(host) : entries_.end(); earlier != entries_.end())
      outdated.splice(outdated.begin(), entries_, earlier);
    entries_.splice(entries_.begin(), fresh);
    if (entries_.size() > limit_) outdated.splice(outdated.begin(), entries_, std::prev(entries_.end()));
  }

  // A session of TLS 1.3 is used once, so that nobody who listens can tell that it is the same client (RFC
  // 8446, appendix C.4).
  session_handle take(std::string_view host) noexcept {
    std::list<entry> taken;
    const std::lock_guard guard(lock_);
    const auto found = find(host);
    if (found == entries_.end()) return {};
    SSL_SESSION* session = found->session.get();
    if (SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION) {
      taken.splice(taken.begin(), entries_, found);
      return std::move(taken.front().session);
    }
    SSL_SESSION_up_ref(session);
    return session_handle(session);
  }

 private:
  struct entry {
    std::string host;
    session_handle session;
  };

  // Expects the lock held.
  std::list<entry>::iterator find(std::string_view host) noexcept {
    return std::ranges::find(entries_, host, &entry::host);
  }

  const std::size_t limit_;
  runtime::spinlock lock_;  // guards what follows
  std::list<entry> entries_;
};

struct peer_name {
  std::string text;
  bool is_address = false;
};

result<peer_name> parse_name(std::string_view host) {
  if (const auto address = ip_address::parse(host)) {
    if (address->scope_id() == 0) return peer_name{address->unmapped().to_string(), true};
    auto without_zone = std::string(host.substr(0, host.find('%')));
    return peer_name{std::move(without_zone), true};
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto bad = [](char one) {
    return one <= ' ' || one >= 127 || one == ':' || one == '/' || one == '*';
  };
  if (host.empty() || host.size() > longest_host_name || std::ranges::any_of(host, bad))
    return fail(tls_errc::bad_name);
  std::string lower(host);
  for (char& one : lower) {
    if (one >= 'A' && one <= 'Z') one = static_cast<char>(one - 'A' + 'a');
  }
  return peer_name{std::move(lower), false};
}

// Whom the certificate must be for, and, since an address is no name, only a name is asked for (RFC 6066,
// section 3).
bool expect_peer(SSL* ssl, const peer_name& peer) noexcept {
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl);
  if (peer.is_address) return X509_VERIFY_PARAM_set1_ip_asc(expected, peer.text.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(expected, peer.text.data(), peer.text.size()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(peer.text.c_str())) == 1;
}

}  // namespace

struct tls_client::shared {
  explicit shared(const tls_client_config& config)
      : pinned(config.pinned), handshake_timeout(config.handshake_timeout), sessions(config.kept_sessions) {}

  const std::vector<tls_fingerprint> pinned;
  const std::chrono::nanoseconds handshake_timeout;
  ssl_context_handle context;
  session_cache sessions;

  result<void> set_up(const tls_client_config& config);
  result<void> set_up_verification(const tls_client_config& config);

  static int check_pinned(X509_STORE_CTX* chain, void* self) noexcept;
};

// What callbacks must know of one connection.
struct tls_client::connection {
  std::shared_ptr<shared> client;
  std::string host;

  static int on_new_session(SSL* ssl, SSL_SESSION* session) noexcept;
  static void on_progress(const SSL* ssl, int what, int) noexcept;
};

int tls_client::connection::on_new_session(SSL* ssl, SSL_SESSION* session) noexcept {
  const auto* self = static_cast<const connection*>(SSL_get_app_data(ssl));
  try {
    self->client->sessions.put(self->host, session);
    return 1;
  } catch (const std::bad_alloc&) {
    return 0;  // the next handshake is a full one
  }
}

// A server of TLS 1.2 may give another ticket when it resumes a session. OpenSSL then gives up the session it
// has known so far, and calls the one with the new ticket no new one.
void tls_client::connection::on_progress(const SSL* ssl, int what, int) noexcept {
  const bool resumed = (what & SSL_CB_HANDSHAKE_DONE) != 0 && SSL_session_reused(ssl) == 1;
  if (!resumed || SSL_version(ssl) >= TLS1_3_VERSION) return;
  session_handle session(SSL_get1_session(const_cast<SSL*>(ssl)));
  if (session && on_new_session(const_cast<SSL*>(ssl), session.get()) == 1)
    static_cast<void>(session.release());
}

int tls_client::shared::check_pinned(X509_STORE_CTX* chain, void* self) noexcept {
  const X509* shown = X509_STORE_CTX_get0_cert(chain);
  const auto& pinned = static_cast<const shared*>(self)->pinned;
  const bool known = shown && std::ranges::find(pinned, fingerprint_of(shown)) != pinned.end();
  X509_STORE_CTX_set_error(chain, known ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
  return known ? 1 : 0;
}

result<void> tls_client::shared::set_up_verification(const tls_client_config& config) {
  if (config.accept_any_certificate_and_be_open_to_interception) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    return {};
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (!pinned.empty()) {
    SSL_CTX_set_cert_verify_callback(context.get(), check_pinned, this);
    return {};
  }
  const auto store = make_store(config.authorities, config.system_roots);
  if (!store) return std::unexpected(store.error());
  return trust(context.get(), store->get());
}

result<void> tls_client::shared::set_up(const tls_client_config& config) {
  auto made = make_tls_context(tls_side::client, config.least_version, config.greatest_version);
  if (!made) return std::unexpected(made.error());
  context = std::move(*made);
  if (auto verified = set_up_verification(config); !verified) return verified;
  if (config.identity) {
    if (auto used = use_identity(context.get(), config.identity->inside()); !used) return used;
  }
  const auto protocols = protocols_on_the_wire(config.protocols);
  if (!protocols) return std::unexpected(protocols.error());
  const auto size = static_cast<unsigned>(protocols->size());
  if (size > 0 && SSL_CTX_set_alpn_protos(context.get(), protocols->data(), size) != 0)  // 0 is success here
    return openssl_failure();
  if (config.kept_sessions > 0) {
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context.get(), connection::on_new_session);
    SSL_CTX_set_info_callback(context.get(), connection::on_progress);
  }
  return {};
}

result<tls_client> tls_client::create(const tls_client_config& config) {
  return blocking([&]() -> result<tls_client> {
    auto state = std::make_shared<shared>(config);
    if (auto set = state->set_up(config); !set) return std::unexpected(set.error());
    return tls_client(std::move(state));
  });
}

result<tls_conn> tls_client::wrap(std::unique_ptr<stream> below, std::string_view host) const {
  auto peer = parse_name(host);
  if (!peer) return std::unexpected(peer.error());
  forget_openssl_errors();
  ssl_handle ssl(SSL_new(shared_->context.get()));
  if (!ssl || !expect_peer(ssl.get(), *peer)) throw std::bad_alloc();
  if (const session_handle earlier = shared_->sessions.take(peer->text))
    SSL_set_session(ssl.get(), earlier.get());
  auto self = std::make_shared<connection>(shared_, std::move(peer->text));
  SSL_set_app_data(ssl.get(), self.get());
  SSL_set_connect_state(ssl.get());
  return tls_access::connect(std::move(ssl), std::move(below), shared_->handshake_timeout, std::move(self));
}

}  // namespace leat::net
