#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <mutex>

#include <leat/net/tls_context.hpp>

namespace leat::net {
namespace {

// For TLS 1.2: forward secrecy and authenticated encryption, nothing else (RFC 9325, section 4.2). The order
// of AES before ChaCha20 is turned round for clients that prefer it so, having no instructions for AES.
constexpr const char* ciphers_of_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";
// For TLS 1.3: AES with 128 bits first. It is the faster, and no less out of reach.
constexpr const char* ciphers_of_1_3 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

// 112 bits: RSA keys of 2048 bits, elliptic curves of 224.
constexpr int security_level = 2;

// Where distributions keep all roots in one file: Debian, Fedora, openSUSE, Alpine.
constexpr std::array root_files{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

using certificates_handle =
    std::unique_ptr<STACK_OF(X509), openssl_free<[](STACK_OF(X509) * all) { sk_X509_free(all); }>>;

bool load_file(X509_STORE* store, const char* path) noexcept {
  struct stat found{};
  const bool loaded =
      ::stat(path, &found) == 0 && S_ISREG(found.st_mode) && X509_STORE_load_file(store, path) == 1;
  forget_openssl_errors();
  return loaded;
}

// All at once: left to itself, OpenSSL would look for files in the middle of handshakes.
bool load_directory(X509_STORE* store, const std::filesystem::path& path) {
  bool any = false;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(path, ignored))
    any |= load_file(store, entry.path().c_str());
  return any;
}

bool load_directories(X509_STORE* store, std::string_view paths) {
  bool any = false;
  while (!paths.empty()) {
    const auto end = std::min(paths.find(':'), paths.size());
    if (end > 0) any |= load_directory(store, paths.substr(0, end));
    paths.remove_prefix(std::min(end + 1, paths.size()));
  }
  return any;
}

bool load_system_roots(X509_STORE* store) {
  const char* file = std::getenv(X509_get_default_cert_file_env());
  const char* directories = std::getenv(X509_get_default_cert_dir_env());
  if (file || directories) {
    const bool from_file = file && load_file(store, file);
    return (directories && load_directories(store, directories)) || from_file;
  }
  if (load_file(store, X509_get_default_cert_file())) return true;
  for (const char* path : root_files) {
    if (load_file(store, path)) return true;
  }
  return load_directories(store, X509_get_default_cert_dir());
}

// The system's roots, read once. On threads that may block only.
result<X509_STORE*> system_store() {
  static std::mutex guard;
  static store_handle kept;
  const std::lock_guard hold(guard);
  if (!kept) {
    forget_openssl_errors();
    store_handle fresh(X509_STORE_new());
    if (!fresh) return openssl_failure();
    if (!load_system_roots(fresh.get())) return fail(tls_errc::no_roots);
    kept = std::move(fresh);
  }
  return kept.get();
}

result<void> add_certificates(X509_STORE* to, std::string_view pem) {
  const auto certificates = parse_certificates(pem);
  if (!certificates) return std::unexpected(certificates.error());
  for (const certificate_handle& one : *certificates) {
    if (X509_STORE_add_cert(to, one.get()) != 1) return openssl_failure();
  }
  return {};
}

result<void> add_all_of(X509_STORE* to, X509_STORE* from) noexcept {
  X509_STORE_lock(from);
  const STACK_OF(X509_OBJECT)* objects = X509_STORE_get0_objects(from);
  bool added = true;
  for (int i = 0; added && i < sk_X509_OBJECT_num(objects); ++i) {
    X509* one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
    added = !one || X509_STORE_add_cert(to, one) == 1;
  }
  X509_STORE_unlock(from);
  if (!added) return openssl_failure();
  return {};
}

}  // namespace

result<ssl_context_handle> make_tls_context(tls_side side, tls_version least, tls_version greatest) {
  forget_openssl_errors();
  const SSL_METHOD* method = side == tls_side::server ? TLS_server_method() : TLS_client_method();
  ssl_context_handle made(SSL_CTX_new(method));
  if (!made) return openssl_failure();
  SSL_CTX* context = made.get();
  SSL_CTX_set_security_level(context, security_level);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // A chain is sent as it was given, and never made up from what happens to be trusted.
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  const bool set = SSL_CTX_set_min_proto_version(context, static_cast<int>(least)) == 1 &&
                   SSL_CTX_set_max_proto_version(context, static_cast<int>(greatest)) == 1 &&
                   SSL_CTX_set_cipher_list(context, ciphers_of_1_2) == 1 &&
                   SSL_CTX_set_ciphersuites(context, ciphers_of_1_3) == 1;
  if (!set) return openssl_failure();
  return made;
}

result<void> use_identity(SSL_CTX* context, const tls_identity::parts& identity) {
  forget_openssl_errors();
  const certificates_handle chain(sk_X509_new_null());
  if (!chain) return openssl_failure();
  for (const certificate_handle& issuer : identity.issuers) {
    if (sk_X509_push(chain.get(), issuer.get()) <= 0) return openssl_failure();
  }
  const int used =
      SSL_CTX_use_cert_and_key(context, identity.certificate.get(), identity.key.get(), chain.get(), 1);
  if (used != 1) return openssl_failure();
  return {};
}

result<std::vector<unsigned char>> protocols_on_the_wire(std::span<const std::string> names) {
  std::vector<unsigned char> wire;
  for (const std::string& name : names) {
    if (name.empty() || name.size() > 255) return fail(tls_errc::bad_protocol);
    wire.push_back(static_cast<unsigned char>(name.size()));
    wire.insert(wire.end(), name.begin(), name.end());
  }
  if (wire.size() > 65535) return fail(tls_errc::bad_protocol);
  return wire;
}

result<store_handle> make_store(std::string_view authorities_pem, bool system_roots) {
  if (authorities_pem.empty() && !system_roots) return fail(tls_errc::no_roots);
  X509_STORE* system = nullptr;
  if (system_roots) {
    const auto found = system_store();
    if (!found && authorities_pem.empty()) return std::unexpected(found.error());
    system = found.value_or(nullptr);
  }
  forget_openssl_errors();
  if (authorities_pem.empty()) {
    X509_STORE_up_ref(system);
    return store_handle(system);
  }
  store_handle store(X509_STORE_new());
  if (!store) return openssl_failure();
  if (system) {
    if (auto added = add_all_of(store.get(), system); !added) return std::unexpected(added.error());
  }
  if (auto added = add_certificates(store.get(), authorities_pem); !added)
    return std::unexpected(added.error());
  return store;
}

result<void> trust(SSL_CTX* context, X509_STORE* store) noexcept {
  SSL_CTX_set1_cert_store(context, store);
  // Somebody's own certificate may be trusted without its issuer.
  if (X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN) != 1)
    return openssl_failure();
  return {};
}

}  // namespace leat::net
