// Who is let in and who is not, what is agreed on, and what a handshake says when it fails.
#include <openssl/x509_vfy.h>

#include <array>

#include <leat/net/tls_test.hpp>

namespace leat::net {
namespace {

LEAT_TEST_ON_WORKERS(a_tls_handshake);

tls_server_config shows(const tls_identity& identity) {
  return {.identities = {identity}};
}

TEST_P(a_tls_handshake, agrees_on_the_newest_version_and_says_what_was_agreed_on) {
  run([] {
    tls_server_config server = server_config();
    server.protocols = {"h2", "irc"};
    tls_client_config client = client_config();
    client.protocols = {"irc", "h2"};
    auto [near, far] = shaken_pair(server, client);
    for (tls_conn* end : {&near, &far}) {
      const auto agreed = end->details();
      ASSERT_TRUE(agreed);
      EXPECT_EQ(agreed->version, tls_version::tls_1_3);
      EXPECT_EQ(agreed->cipher, "TLS_AES_128_GCM_SHA256");
      EXPECT_EQ(agreed->protocol, "h2");  // the server's order counts
      EXPECT_EQ(agreed->server_name, "localhost");
      EXPECT_FALSE(agreed->resumed);
    }
    ASSERT_TRUE(near.details()->peer);
    EXPECT_EQ(near.details()->peer->common_name, "localhost");
    EXPECT_EQ(near.details()->peer->fingerprint, test_identity().fingerprint());
    EXPECT_FALSE(far.details()->peer);
  });
}

TEST_P(a_tls_handshake, fails_when_no_protocol_is_common) {
  run([] {
    tls_server_config server = server_config();
    server.protocols = {"h2"};
    tls_client_config client = client_config();
    client.protocols = {"irc"};
    const refusals why = refuse(server, client);
    EXPECT_EQ(why.near.message(), "tlsv1 alert no application protocol");
    EXPECT_EQ(why.far.message(), "no application protocol");
  });
}

TEST_P(a_tls_handshake, goes_on_without_a_protocol_where_one_side_names_none) {
  run([] {
    tls_server_config server = server_config();
    server.protocols = {"h2"};
    auto [near, far] = shaken_pair(server);
    EXPECT_EQ(near.details()->protocol, "");
  });
}

TEST_P(a_tls_handshake, fails_when_no_version_is_common) {
  run([] {
    tls_server_config server = server_config();
    server.least_version = tls_version::tls_1_3;
    tls_client_config client = client_config();
    client.greatest_version = tls_version::tls_1_2;
    const refusals why = refuse(server, client);
    EXPECT_EQ(why.near.message(), "tlsv1 alert protocol version");
    EXPECT_EQ(why.far.message(), "unsupported protocol");
  });
}

TEST_P(a_tls_handshake, checks_the_name_and_the_address) {
  run([] {
    const auto server = *tls_server::create(shows(
        test_authority().issue({.names = {"chat.example.org", "*.wild.example.org", "127.0.0.1", "::1"}})));
    const auto client = *tls_client::create(client_config());
    const auto shake_as = [&](std::string_view host) {
      tls_pair ends = wrap_pair(server, client, host);
      const shaken how = shake(ends);
      return how.near ? std::error_code() : how.near.error();
    };
    for (const auto* host :
         {"chat.example.org", "CHAT.example.org.", "a.wild.example.org", "127.0.0.1", "::1"})
      EXPECT_EQ(shake_as(host), std::error_code()) << host;
    for (const auto* host : {"example.org", "chat.example.com", "a.b.wild.example.org", "wild.example.org"})
      EXPECT_EQ(shake_as(host), certificate_error(X509_V_ERR_HOSTNAME_MISMATCH)) << host;
    for (const auto* host : {"127.0.0.2", "::2"})
      EXPECT_EQ(shake_as(host), certificate_error(X509_V_ERR_IP_ADDRESS_MISMATCH)) << host;
  });
}

TEST_P(a_tls_handshake, refuses_names_that_are_none) {
  run([] {
    const auto client = *tls_client::create(client_config());
    const std::string too_long(254, 'x');
    const std::array<std::string_view, 8> bad{
        "", "a b", "host:443", "*.example.org", "a/b", {"a\0b", 3}, "\xc3\xa4.example.org", too_long};
    for (const std::string_view host : bad) {
      auto [near, far] = connect_pair();
      EXPECT_EQ(client.wrap(std::move(near), host).error(), tls_errc::bad_name) << host;
    }
  });
}

TEST_P(a_tls_handshake, says_what_is_wrong_with_the_certificate) {
  run([] {
    const auto why = [](const tls_identity& identity) {
      return refuse(shows(identity), client_config()).near;
    };
    EXPECT_EQ(why(test_authority().issue({.days_from = -30, .days_to = -1})),
              certificate_error(X509_V_ERR_CERT_HAS_EXPIRED));
    EXPECT_EQ(why(test_authority().issue({.days_from = 1, .days_to = 30})),
              certificate_error(X509_V_ERR_CERT_NOT_YET_VALID));
    EXPECT_EQ(why(authority("Nobody We Know").issue()),
              certificate_error(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY));
    EXPECT_EQ(why(*tls_identity::self_signed()), certificate_error(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT));
    EXPECT_EQ(why(*tls_identity::self_signed()).message(), "self-signed certificate");
  });
}

TEST_P(a_tls_handshake, tells_the_server_why_its_certificate_was_refused) {
  run([] {
    const refusals why = refuse(shows(authority("Nobody We Know").issue()), client_config());
    EXPECT_EQ(why.far.message(), "tlsv1 alert unknown ca");
    EXPECT_EQ(why.far.category(), tls_category());
  });
}

TEST_P(a_tls_handshake, trusts_the_system_alone_unless_told_otherwise) {
  run([] {
    const auto client = tls_client::create();
    if (!client) GTEST_SKIP() << "this machine has no root certificates: " << client.error().message();
    tls_pair ends = wrap_pair(*tls_server::create(server_config()), *client);
    EXPECT_EQ(shake(ends).near.error(), certificate_error(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY));
    const auto both = *tls_client::create({.authorities = test_authority().pem()});
    tls_pair trusted = wrap_pair(*tls_server::create(server_config()), both);
    EXPECT_TRUE(shake(trusted).near);
  });
}

TEST_P(a_tls_handshake, trusts_a_certificate_that_was_given_to_be_trusted) {
  run([] {
    const auto own = *tls_identity::self_signed({.names = {"chat.lan"}});
    const tls_client_config client{.system_roots = false, .authorities = own.certificates_pem()};
    EXPECT_EQ(refuse(shows(own), client, "chat.lan").near, std::error_code());
    EXPECT_EQ(refuse(shows(own), client, "other.lan").near, certificate_error(X509_V_ERR_HOSTNAME_MISMATCH));
  });
}

TEST_P(a_tls_handshake, takes_a_pinned_certificate_and_no_other) {
  run([] {
    const auto own = *tls_identity::self_signed({.names = {"chat.lan"}});
    const auto other = *tls_identity::self_signed({.names = {"chat.lan"}});
    const tls_client_config client{.pinned = {own.fingerprint()}};
    EXPECT_EQ(refuse(shows(own), client, "any.name").near, std::error_code());
    EXPECT_EQ(refuse(shows(other), client, "chat.lan").near, tls_errc::not_pinned);
    EXPECT_EQ(refuse(server_config(), client).near, tls_errc::not_pinned);
  });
}

TEST_P(a_tls_handshake, takes_anything_only_if_it_is_told_so) {
  run([] {
    tls_client_config client = client_config();
    client.accept_any_certificate_and_be_open_to_interception = true;
    const auto expired = authority("Nobody").issue({.names = {"wrong"}, .days_from = -9, .days_to = -8});
    EXPECT_EQ(refuse(shows(expired), client).near, std::error_code());
  });
}

TEST_P(a_tls_handshake, shows_the_certificate_for_the_name_that_is_asked_for) {
  run([] {
    const std::array names{"one.example.org", "two.example.org", "*.three.example.org"};
    tls_server_config config;
    for (const char* name : names)
      config.identities.push_back(test_authority().issue({.names = {name}}));
    const auto server = *tls_server::create(config);
    const auto client = *tls_client::create(client_config());
    const auto asked = [&](std::string_view host) {
      tls_pair ends = wrap_pair(server, client, host);
      const shaken how = shake(ends);
      return how.near ? ends.near.details()->peer->common_name : how.near.error().message();
    };
    EXPECT_EQ(asked("one.example.org"), names[0]);
    EXPECT_EQ(asked("TWO.example.org"), names[1]);
    EXPECT_EQ(asked("x.three.example.org"), names[2]);
    EXPECT_EQ(asked("four.example.org"), "hostname mismatch");
  });
}

TEST_P(a_tls_handshake, chooses_among_kinds_of_keys_for_one_name) {
  run([] {
    const auto of_rsa = test_authority().issue({.rsa = true});
    tls_server_config config{.identities = {test_identity(), of_rsa}};
    auto modern = shaken_pair(config);
    EXPECT_EQ(modern.near.details()->peer->fingerprint, test_identity().fingerprint());
    auto of_rsa_alone = shaken_pair(tls_server_config{.identities = {of_rsa}});
    EXPECT_EQ(of_rsa_alone.near.details()->peer->fingerprint, of_rsa.fingerprint());
  });
}

TEST_P(a_tls_handshake, knows_clients_by_their_certificates) {
  run([] {
    for (const auto version : {tls_version::tls_1_2, tls_version::tls_1_3}) {
      tls_server_config server = server_config();
      server.greatest_version = version;
      server.client_auth = tls_client_auth::require;
      server.client_authorities = test_authority().pem();
      tls_client_config client = client_config();
      client.identity = test_authority().issue({.names = {"alice"}, .email = "alice@example.org"});
      auto [near, far] = shaken_pair(server, client);
      const auto agreed = far.details();
      ASSERT_TRUE(agreed && agreed->peer);
      EXPECT_EQ(agreed->peer->subject, "CN=alice");
      EXPECT_EQ(agreed->peer->issuer, "CN=Test Authority");
      EXPECT_EQ(agreed->peer->names, std::vector<std::string>{"alice"});
      EXPECT_EQ(agreed->peer->emails, std::vector<std::string>{"alice@example.org"});
      EXPECT_EQ(agreed->peer->fingerprint, client.identity->fingerprint());
    }
  });
}

TEST_P(a_tls_handshake, refuses_clients_without_a_certificate_that_must_have_one) {
  run([] {
    tls_server_config server = server_config();
    server.client_auth = tls_client_auth::require;
    server.client_authorities = test_authority().pem();
    EXPECT_EQ(refuse(server, client_config()).far.message(), "peer did not return a certificate");
    tls_client_config stranger = client_config();
    stranger.identity = authority("Nobody We Know").issue({.names = {"mallory"}});
    EXPECT_EQ(refuse(server, stranger).far, certificate_error(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY));
    server.client_auth = tls_client_auth::request;
    EXPECT_EQ(refuse(server, client_config()).far, std::error_code());
    EXPECT_EQ(refuse(server, stranger).far, certificate_error(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY));
  });
}

// In TLS 1.3 a client is done before the server has seen its certificate: it learns by its first read.
TEST_P(a_tls_handshake, tells_a_client_by_its_first_read_that_it_was_refused) {
  run([] {
    tls_server_config server = server_config();
    server.client_auth = tls_client_auth::require;
    server.client_authorities = test_authority().pem();
    auto [near, far] = wrap_pair(*tls_server::create(server), *tls_client::create(client_config()));
    joined others;
    others.go([&far] { EXPECT_FALSE(far.handshake()); });
    EXPECT_TRUE(near.handshake());
    EXPECT_EQ(error_of_read(near).message(), "tlsv13 alert certificate required");
  });
}

TEST_P(a_tls_handshake, takes_any_certificate_of_clients_that_are_known_by_fingerprint) {
  run([] {
    tls_server_config server = server_config();
    server.client_auth = tls_client_auth::request_any;
    tls_client_config client = client_config();
    client.identity = *tls_identity::self_signed({.names = {"alice"}});
    auto [near, far] = shaken_pair(server, client);
    ASSERT_TRUE(far.details()->peer);
    EXPECT_EQ(far.details()->peer->fingerprint, client.identity->fingerprint());
    auto anonymous = shaken_pair(server);
    EXPECT_FALSE(anonymous.far.details()->peer);
  });
}

TEST_P(a_tls_handshake, takes_no_longer_than_its_limit) {
  run([] {
    tls_server_config config = server_config();
    config.handshake_timeout = 30ms;
    const auto server = *tls_server::create(config);
    auto [silent, far] = connect_pair();
    tls_conn waiting = server.wrap(std::move(far));
    const auto begin = leat::clock::now();
    EXPECT_EQ(error_of_read(waiting), errc::deadline_exceeded);
    EXPECT_GE(leat::clock::now() - begin, 30ms);
    ASSERT_TRUE(waiting.set_deadline(never));  // is no way round it
    EXPECT_EQ(error_of_read(waiting), errc::deadline_exceeded);
    EXPECT_EQ(waiting.write("x").error(), errc::deadline_exceeded);
  });
}

TEST_P(a_tls_handshake, that_a_deadline_interrupts_goes_on_when_it_is_moved) {
  run([] {
    tls_pair ends = wrap_pair(*tls_server::create(server_config()), *tls_client::create(client_config()));
    ASSERT_TRUE(ends.far.set_write_deadline(20ms));
    EXPECT_EQ(error_of_read(ends.far), errc::deadline_exceeded);  // the earlier of both counts
    ASSERT_TRUE(ends.far.set_write_deadline(never));
    const shaken how = shake(ends);
    EXPECT_TRUE(how.near);
    EXPECT_TRUE(how.far);
  });
}

TEST_P(a_tls_handshake, that_waits_for_another_goroutines_gives_up_at_its_deadline) {
  run([] {
    tls_pair ends = wrap_pair(*tls_server::create(server_config()), *tls_client::create(client_config()));
    wait_group all;
    all.go([&] { EXPECT_EQ(error_of_read(ends.far), errc::deadline_exceeded); });
    all.go([&] { EXPECT_EQ(ends.far.write("x").error(), errc::deadline_exceeded); });
    await_parked(2);
    ASSERT_TRUE(ends.far.set_write_deadline(0s));
    all.wait();
  });
}

TEST_P(a_tls_handshake, leaves_the_streams_deadlines_to_the_user_afterwards) {
  run([] {
    tls_server_config config = server_config();
    config.handshake_timeout = 400ms;
    const auto begin = leat::clock::now();
    auto [near, far] = shaken_pair(config);
    ASSERT_TRUE(far.set_read_deadline(begin + 600ms));
    EXPECT_EQ(error_of_read(far), errc::deadline_exceeded);
    EXPECT_GE(leat::clock::now() - begin, 600ms);
  });
}

TEST_P(a_tls_handshake, shows_new_certificates_from_the_moment_they_are_there) {
  run([] {
    const auto server = *tls_server::create(server_config());
    const auto client = *tls_client::create(
        {.system_roots = false, .authorities = test_authority().pem(), .kept_sessions = 0});
    tls_pair before = shaken_pair(server, client);
    const auto fresh = test_authority().issue();
    ASSERT_TRUE(server.replace({fresh}));
    tls_pair after = shaken_pair(server, client);
    EXPECT_EQ(before.near.details()->peer->fingerprint, test_identity().fingerprint());
    EXPECT_EQ(after.near.details()->peer->fingerprint, fresh.fingerprint());
    ASSERT_TRUE(before.near.write("goes on"));
    EXPECT_EQ(read_text(before.far), "goes on");
    EXPECT_EQ(server.replace({}).error(), tls_errc::no_identity);
    EXPECT_EQ(server.identities().front().fingerprint(), fresh.fingerprint());
  });
}

TEST_P(a_tls_handshake, may_happen_while_certificates_are_replaced) {
  run([] {
    const auto server = *tls_server::create(server_config());
    const auto client = *tls_client::create(client_config());
    const std::array identities{test_identity(), test_authority().issue()};
    joined others;
    for (int goroutine = 0; goroutine < 3; ++goroutine) {
      others.go([&] {
        for (int i = 0; i < 10; ++i)
          shaken_pair(server, client);
      });
    }
    for (int i = 0; i < 30; ++i) {
      EXPECT_TRUE(server.replace({identities[i % 2]}));
      leat::yield();
    }
  });
}

}  // namespace
}  // namespace leat::net
