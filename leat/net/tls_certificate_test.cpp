// Certificates and keys: reading, making, keeping.
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include <leat/net/tls_test.hpp>

namespace leat::net {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path) << text;
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found{};
  EXPECT_EQ(::stat(path.c_str(), &found), 0);
  return found.st_mode & 0777;
}

TEST(a_fingerprint, reads_what_it_writes) {
  const tls_fingerprint& one = test_identity().fingerprint();
  const std::string text = one.to_string();
  EXPECT_EQ(text.size(), 95u);
  EXPECT_EQ(tls_fingerprint::parse(text), one);
  std::string plain;
  for (const char c : text) {
    if (c != ':') plain += static_cast<char>(std::tolower(c));
  }
  EXPECT_EQ(tls_fingerprint::parse(plain), one);
}

TEST(a_fingerprint, refuses_what_is_none) {
  const std::string text = test_identity().fingerprint().to_string();
  for (const std::string& bad : {std::string(), text.substr(1), text + ":", text + "00", "G" + text.substr(1),
                                 ":" + text, text.substr(0, 94)}) {
    EXPECT_EQ(tls_fingerprint::parse(bad).error(), tls_errc::bad_fingerprint) << bad;
  }
}

TEST(a_certificate, says_whom_it_is_for) {
  const auto own = *tls_identity::self_signed({.names = {"chat.lan", "192.0.2.7", "2001:db8::1"}});
  const tls_certificate& says = own.certificate();
  EXPECT_EQ(says.subject, "CN=chat.lan");
  EXPECT_EQ(says.issuer, "CN=chat.lan");
  EXPECT_EQ(says.common_name, "chat.lan");
  EXPECT_EQ(says.names, (std::vector<std::string>{"chat.lan", "192.0.2.7", "2001:db8::1"}));
  const auto now = std::chrono::system_clock::now();
  EXPECT_LT(says.not_before, now);
  EXPECT_GT(says.not_after, now + std::chrono::days(3649));
  EXPECT_FALSE(says.der.empty());
}

TEST(a_self_signed_certificate, is_for_names_and_addresses_only) {
  for (const std::string& name : {std::string(), std::string("a,DNS:b"), std::string("a b"),
                                  std::string("x\ny"), std::string("a\0b", 3), std::string(254, 'x')}) {
    EXPECT_EQ(tls_identity::self_signed({.names = {name}}).error(), tls_errc::bad_name) << name;
  }
  EXPECT_EQ(tls_identity::self_signed({.names = {}}).error(), tls_errc::bad_name);
}

TEST(an_identity, reads_what_it_writes) {
  const auto& one = test_identity();
  const auto again = tls_identity::parse(one.certificates_pem(), one.private_key_pem());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->fingerprint(), one.fingerprint());
  const std::string both = one.private_key_pem() + one.certificates_pem();
  EXPECT_TRUE(tls_identity::parse(both, both));
}

TEST(an_identity, keeps_its_chain) {
  const std::string chain = test_identity().certificates_pem() + test_authority().pem();
  const auto read = tls_identity::parse(chain, test_identity().private_key_pem());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->certificates_pem(), chain);
}

TEST(an_identity, says_what_it_lacks) {
  const std::string certificate = test_identity().certificates_pem();
  const std::string key = test_identity().private_key_pem();
  EXPECT_EQ(tls_identity::parse("", key).error(), tls_errc::no_certificate);
  EXPECT_EQ(tls_identity::parse(key, key).error(), tls_errc::no_certificate);
  EXPECT_EQ(tls_identity::parse(certificate, "").error(), tls_errc::no_private_key);
  EXPECT_EQ(tls_identity::parse(certificate, certificate).error(), tls_errc::no_private_key);
  EXPECT_EQ(tls_identity::parse(certificate, test_authority().issue().private_key_pem()).error(),
            tls_errc::key_mismatch);
  std::string broken = certificate;
  broken.replace(200, 4, "!!!!");
  EXPECT_EQ(tls_identity::parse(broken, key).error().category(), tls_category());
  EXPECT_EQ(tls_identity::parse(certificate, R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjm/5RTWtlHUAICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEJ5mNJ0PYGMmrLC2wvS2mPIEgZCa
-----END ENCRYPTED PRIVATE KEY-----
)")
                .error()
                .category(),
            tls_errc_category());
}

TEST(an_identity, is_loaded_from_files_and_loaded_again) {
  const temporary_directory here;
  put(here.at("crt"), test_identity().certificates_pem());
  put(here.at("key"), test_identity().private_key_pem());
  const auto loaded = tls_identity::load(here.at("crt"), here.at("key"));
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->fingerprint(), test_identity().fingerprint());
  const auto fresh = test_authority().issue();
  put(here.at("crt"), fresh.certificates_pem());
  EXPECT_EQ(loaded->reloaded().error(), tls_errc::key_mismatch);
  put(here.at("key"), fresh.private_key_pem());
  EXPECT_EQ(loaded->reloaded()->fingerprint(), fresh.fingerprint());
  EXPECT_EQ(tls_identity::load(here.at("none"), here.at("key")).error(),
            std::errc::no_such_file_or_directory);
  put(here.at("big"), std::string(tls_file_limit_bytes + 1, 'x'));
  EXPECT_EQ(tls_identity::load(here.at("big"), here.at("key")).error(), errc::too_long);
}

TEST(an_identity, is_made_at_first_use_and_found_at_the_second) {
  const temporary_directory here;
  const auto first = tls_identity::load_or_create(here.at("crt"), here.at("key"), {.names = {"chat.lan"}});
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(mode_of(here.at("key")), 0600u);
  EXPECT_EQ(first->certificate().common_name, "chat.lan");
  const auto second = tls_identity::load_or_create(here.at("crt"), here.at("key"));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->fingerprint(), first->fingerprint());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(here.at("")), {}), 2);  // no drafts are left
}

TEST(an_identity, that_is_made_overwrites_nothing) {
  const temporary_directory here;
  ASSERT_TRUE(tls_identity::load_or_create(here.at("crt"), here.at("key")));
  const std::string key = content(here.at("key"));
  std::filesystem::remove(here.at("crt"));
  ASSERT_TRUE(tls_identity::load_or_create(here.at("crt"), here.at("key")));
  EXPECT_EQ(content(here.at("key")), key);
  const std::string certificate = content(here.at("crt"));
  std::filesystem::remove(here.at("key"));
  EXPECT_EQ(tls_identity::load_or_create(here.at("crt"), here.at("key")).error(),
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(content(here.at("crt")), certificate);
  put(here.at("key"), "not a key");
  EXPECT_EQ(tls_identity::load_or_create(here.at("crt"), here.at("key")).error(), tls_errc::no_private_key);
}

TEST(a_server, that_reloads_takes_all_or_nothing) {
  const temporary_directory here;
  ASSERT_TRUE(tls_identity::load_or_create(here.at("crt"), here.at("key")));
  const auto own = tls_identity::load(here.at("crt"), here.at("key"));
  const auto server = tls_server::create({.identities = {*own, test_identity()}}).value();
  ASSERT_TRUE(server.reload());
  put(here.at("crt"), test_identity().certificates_pem());
  EXPECT_EQ(server.reload().error(), tls_errc::key_mismatch);
  EXPECT_EQ(server.identities().front().fingerprint(), own->fingerprint());
  put(here.at("key"), test_identity().private_key_pem());
  ASSERT_TRUE(server.reload());
  EXPECT_EQ(server.identities().front().fingerprint(), test_identity().fingerprint());
}

TEST(a_server, says_what_it_cannot_be_made_of) {
  EXPECT_EQ(tls_server::create({}).error(), tls_errc::no_identity);
  tls_server_config config = server_config();
  config.protocols = {""};
  EXPECT_EQ(tls_server::create(config).error(), tls_errc::bad_protocol);
  config.protocols = {std::string(256, 'x')};
  EXPECT_EQ(tls_server::create(config).error(), tls_errc::bad_protocol);
  config.protocols.clear();
  config.client_auth = tls_client_auth::require;
  EXPECT_EQ(tls_server::create(config).error(), tls_errc::no_roots);
  config.client_authorities = "nothing";
  EXPECT_EQ(tls_server::create(config).error(), tls_errc::no_certificate);
}

TEST(a_client, trusts_what_the_environment_says) {
  EXPECT_EQ(tls_client::create({.system_roots = false}).error(), tls_errc::no_roots);
  EXPECT_EQ(tls_client::create({.system_roots = false, .authorities = "nothing"}).error(),
            tls_errc::no_certificate);
}

TEST(errors_of_tls, say_what_happened) {
  EXPECT_EQ(make_error_code(tls_errc::not_pinned).message(),
            "the peer's certificate is not the one that is pinned");
  EXPECT_EQ(certificate_error(X509_V_ERR_CERT_HAS_EXPIRED).message(), "certificate has expired");
  EXPECT_STREQ(tls_category().name(), "tls");
}

}  // namespace
}  // namespace leat::net
