// The second handshake with the same server: less work, nothing less secure.
#include <sys/socket.h>
#include <unistd.h>

#include <leat/blocking.hpp>
#include <leat/net/inherited_stream.hpp>
#include <leat/net/tls_test.hpp>
#include <leat/net/tls_tickets.hpp>

namespace leat::net {
namespace {

LEAT_TEST_ON_WORKERS(a_tls_session);

// Clients of TLS 1.3 get tickets with the first data.
void use(tls_pair& ends) {
  ASSERT_TRUE(ends.far.write("x"));
  EXPECT_EQ(read_text(ends.near), "x");
}

bool resumes(const tls_server& server, const tls_client& client, std::string_view host = "localhost") {
  tls_pair ends = wrap_pair(server, client, host);
  const shaken how = shake(ends);
  EXPECT_TRUE(how.near && how.far);
  use(ends);
  EXPECT_EQ(ends.near.details()->resumed, ends.far.details()->resumed);
  return ends.near.details()->resumed;
}

constexpr std::array both_versions{tls_version::tls_1_2, tls_version::tls_1_3};

tls_server_config only(tls_version version) {
  tls_server_config config = server_config();
  config.greatest_version = version;
  return config;
}

TEST_P(a_tls_session, is_resumed_the_second_time) {
  run([] {
    for (const auto version : both_versions) {
      const auto server = *tls_server::create(only(version));
      const auto client = *tls_client::create(client_config());
      EXPECT_FALSE(resumes(server, client));
      for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(resumes(server, client)) << i << " in version " << static_cast<int>(version);
    }
  });
}

// OpenSSL with a blocking socket, which gives another ticket with every TLS 1.2 handshake, as Go's servers
// do.
class renewing_server {
 public:
  renewing_server() : context_(SSL_CTX_new(TLS_server_method())) {
    const auto& own = test_identity().inside();
    SSL_CTX_set_max_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_use_certificate(context_.get(), own.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), own.key.get());
    SSL_CTX_set_app_data(context_.get(), &keys_);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context_.get(), on_ticket);
  }

  /// Shakes hands over `fd`, closes it, and says whether it resumed a session. Blocks its thread.
  bool serve(int fd) {
    const ssl_handle ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), fd);
    EXPECT_EQ(SSL_accept(ssl.get()), 1);
    SSL_shutdown(ssl.get());
    ERR_clear_error();
    ::close(fd);
    return SSL_session_reused(ssl.get()) == 1;
  }

 private:
  static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* nonce, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int seal) {
    auto* keys = static_cast<tls_ticket_keys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    const int how = keys->prepare(name, nonce, cipher, mac, seal == 1);
    return seal == 0 && how == 1 ? 2 : how;
  }

  tls_ticket_keys keys_;
  ssl_context_handle context_;
};

TEST_P(a_tls_session, is_resumed_again_with_the_ticket_that_replaced_its_first) {
  run([] {
    renewing_server server;
    const auto client = *tls_client::create(client_config());
    for (int i = 0; i < 5; ++i) {
      std::array<int, 2> ends;
      ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
      joined others;
      others.go([&] { EXPECT_EQ(blocking([&] { return server.serve(ends[1]); }), i > 0) << i; });
      tls_conn conn = client.wrap(inherited_stream(ends[0], ends[0]), "localhost").value();
      ::close(ends[0]);
      EXPECT_TRUE(conn.handshake());
      EXPECT_EQ(read_all(conn), "");
      EXPECT_EQ(conn.details()->resumed, i > 0);
    }
  });
}

TEST_P(a_tls_session, is_resumed_with_the_host_it_was_made_with_only) {
  run([] {
    const auto server = *tls_server::create(server_config());
    const auto client = *tls_client::create(client_config());
    EXPECT_FALSE(resumes(server, client, "localhost"));
    EXPECT_FALSE(resumes(server, client, "127.0.0.1"));
    EXPECT_TRUE(resumes(server, client, "LOCALHOST"));
  });
}

TEST_P(a_tls_session, is_not_resumed_where_either_side_does_not_want_it) {
  run([] {
    for (const auto version : both_versions) {
      tls_server_config config = only(version);
      config.resumption = false;
      const auto forgetful = *tls_server::create(config);
      const auto client = *tls_client::create(client_config());
      EXPECT_FALSE(resumes(forgetful, client));
      EXPECT_FALSE(resumes(forgetful, client));
      tls_client_config without = client_config();
      without.kept_sessions = 0;
      const auto server = *tls_server::create(only(version));
      const auto forgetful_client = *tls_client::create(without);
      EXPECT_FALSE(resumes(server, forgetful_client));
      EXPECT_FALSE(resumes(server, forgetful_client));
    }
  });
}

TEST_P(a_tls_session, is_of_no_use_with_another_server) {
  run([] {
    const auto client = *tls_client::create(client_config());
    EXPECT_FALSE(resumes(*tls_server::create(server_config()), client));
    EXPECT_FALSE(resumes(*tls_server::create(server_config()), client));
  });
}

TEST_P(a_tls_session, outlives_the_certificate_it_was_made_with) {
  run([] {
    for (const auto version : both_versions) {
      const auto server = *tls_server::create(only(version));
      const auto client = *tls_client::create(client_config());
      EXPECT_FALSE(resumes(server, client));
      ASSERT_TRUE(server.replace({test_authority().issue()}));
      EXPECT_TRUE(resumes(server, client));
    }
  });
}

TEST_P(a_tls_session, remembers_who_the_peers_are) {
  run([] {
    for (const auto version : both_versions) {
      tls_server_config config = only(version);
      config.client_auth = tls_client_auth::require;
      config.client_authorities = test_authority().pem();
      const auto server = *tls_server::create(config);
      tls_client_config named = client_config();
      named.identity = test_authority().issue({.names = {"alice"}});
      const auto client = *tls_client::create(named);
      EXPECT_FALSE(resumes(server, client));
      tls_pair ends = shaken_pair(server, client);
      EXPECT_TRUE(ends.near.details()->resumed);
      ASSERT_TRUE(ends.far.details()->peer);
      EXPECT_EQ(ends.far.details()->peer->common_name, "alice");
      ASSERT_TRUE(ends.near.details()->peer);
      EXPECT_EQ(ends.near.details()->peer->fingerprint, test_identity().fingerprint());
    }
  });
}

TEST_P(a_tls_session, is_dropped_when_there_are_too_many) {
  run([] {
    tls_client_config few = client_config();
    few.kept_sessions = 1;
    const auto client = *tls_client::create(few);
    const auto server = *tls_server::create(only(tls_version::tls_1_2));
    EXPECT_FALSE(resumes(server, client, "localhost"));
    EXPECT_FALSE(resumes(server, client, "127.0.0.1"));
    EXPECT_FALSE(resumes(server, client, "localhost"));
  });
}

}  // namespace
}  // namespace leat::net
