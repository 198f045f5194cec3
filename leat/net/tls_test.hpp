// What the TLS tests share: an authority that signs certificates, and pairs of connections.
#pragma once

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <string>
#include <utility>
#include <vector>

#include <leat/net/net_test.hpp>
#include <leat/net/temporary_directory_test.hpp>
#include <leat/net/tls.hpp>
#include <leat/net/tls_identity_parts.hpp>

#if defined(LEAT_TSAN)
// OpenSSL keeps random generators for each thread. Goroutines use them in turn, and the thread frees them at
// its end; ThreadSanitizer takes a goroutine for a thread, sees nothing within these libraries but what they
// allocate and free, and calls it a race. What leat does with what it got from them is watched all the same.
extern "C" [[gnu::used]] inline const char* __tsan_default_suppressions() {
  return "called_from_lib:libcrypto.so\ncalled_from_lib:libssl.so\n";
}
#endif

namespace leat::net {

/// What a test wants of a certificate.
struct wanted_certificate {
  std::vector<std::string> names{"localhost", "127.0.0.1"};  ///< the first is also the common name
  int days_from = -1;
  int days_to = 30;
  bool rsa = false;
  std::string email{};
};

/// An authority, and what it signs. Its private key lives as long as it.
class authority {
 public:
  explicit authority(const std::string& name = "Test Authority")
      : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    fill(certificate_.get(), name, -1, 3650, key_.get());
    X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
    extend(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    EXPECT_GT(X509_sign(certificate_.get(), key_.get(), EVP_sha256()), 0);
  }

  std::string pem() const { return to_pem(certificate_.get()); }

  tls_identity issue(const wanted_certificate& wanted = {}) const {
    const key_handle key(wanted.rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
    const certificate_handle made(X509_new());
    fill(made.get(), wanted.names.front(), wanted.days_from, wanted.days_to, key.get());
    X509_set_issuer_name(made.get(), X509_get_subject_name(certificate_.get()));
    std::string names;
    for (const std::string& name : wanted.names) {
      names += names.empty() ? "" : ",";
      names += (ip_address::parse(name) ? "IP:" : "DNS:") + name;
    }
    if (!wanted.email.empty()) names += ",email:" + wanted.email;
    extend(made.get(), NID_subject_alt_name, names.c_str());
    EXPECT_GT(X509_sign(made.get(), key_.get(), EVP_sha256()), 0);
    return tls_identity::parse(to_pem(made.get()), to_pem(key.get())).value();
  }

 private:
  static void fill(X509* to, const std::string& name, int days_from, int days_to, EVP_PKEY* key) {
    static long serial = 1;
    X509_set_version(to, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(to), serial++);
    X509_NAME_add_entry_by_NID(X509_get_subject_name(to), NID_commonName, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_time_adj_ex(X509_getm_notBefore(to), days_from, 0, nullptr);
    X509_time_adj_ex(X509_getm_notAfter(to), days_to, 0, nullptr);
    X509_set_pubkey(to, key);
  }

  static void extend(X509* to, int what, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, to, to, nullptr, nullptr, 0);
    X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, what, value);
    ASSERT_NE(made, nullptr) << value;
    X509_add_ext(to, made, -1);
    X509_EXTENSION_free(made);
  }

  key_handle key_;
  certificate_handle certificate_;
};

/// One for all tests that need no other.
inline const authority& test_authority() {
  static const authority one;
  return one;
}

inline const tls_identity& test_identity() {
  static const tls_identity one = test_authority().issue();
  return one;
}

inline tls_server_config server_config() {
  return {.identities = {test_identity()}};
}

inline tls_client_config client_config() {
  return {.system_roots = false, .authorities = test_authority().pem()};
}

/// The two ends of one connection: the client is near.
struct tls_pair {
  tls_conn near;
  tls_conn far;
};

/// Two ends over one TCP connection that have not said anything yet.
inline tls_pair wrap_pair(const tls_server& server, const tls_client& client,
                          std::string_view host = "localhost") {
  auto [near, far] = connect_pair();
  return {client.wrap(std::move(near), host).value(), server.wrap(std::move(far))};
}

/// How the handshake went on either side.
struct shaken {
  result<void> near;
  result<void> far;
};

/// Both at once. An end whose handshake failed is closed, so that the other learns of it.
inline shaken shake(tls_pair& ends) {
  shaken how;
  {
    joined others;
    others.go([&] {
      how.far = ends.far.handshake();
      if (!how.far) static_cast<void>(ends.far.close());
    });
    how.near = ends.near.handshake();
    if (!how.near) static_cast<void>(ends.near.close());
  }
  return how;
}

inline tls_pair shaken_pair(const tls_server& server, const tls_client& client) {
  tls_pair ends = wrap_pair(server, client);
  const shaken how = shake(ends);
  EXPECT_TRUE(how.near) << how.near.error().message();
  EXPECT_TRUE(how.far) << how.far.error().message();
  return ends;
}

inline tls_pair shaken_pair(const tls_server_config& server = server_config(),
                            const tls_client_config& client = client_config()) {
  return shaken_pair(tls_server::create(server).value(), tls_client::create(client).value());
}

/// A client's error when it shakes hands with such a server, and the server's.
struct refusals {
  std::error_code near;
  std::error_code far;
};

inline refusals refuse(const tls_server_config& server, const tls_client_config& client,
                       std::string_view host = "localhost") {
  tls_pair ends = wrap_pair(tls_server::create(server).value(), tls_client::create(client).value(), host);
  const shaken how = shake(ends);
  return {how.near ? std::error_code() : how.near.error(), how.far ? std::error_code() : how.far.error()};
}

/// The refusal of a certificate that OpenSSL calls X509_V_ERR_..., and that is what it says.
inline std::error_code certificate_error(int why) {
  return {why, tls_certificate_category()};
}

/// What one read of `conn` fails with; none if it does not fail.
inline std::error_code error_of_read(stream& conn) {
  std::array<std::byte, 64> buffer;
  const auto count = conn.read(buffer);
  return count ? std::error_code() : count.error();
}

}  // namespace leat::net
