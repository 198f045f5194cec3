#include <gtest/gtest.h>

#include <hub/http/own_origin.hpp>

namespace hub::http {
namespace {

TEST(own_origin, a_page_from_the_address_that_the_request_was_sent_to_is_own) {
  EXPECT_TRUE(is_own_origin("http://127.0.0.1:8667", "127.0.0.1:8667", ""));
  EXPECT_TRUE(is_own_origin("http://[::1]:8667", "[::1]:8667", ""));
  EXPECT_TRUE(is_own_origin("http://NAS.local", "nas.LOCAL", ""));
  EXPECT_TRUE(is_own_origin("http://nas", "nas:80", ""));
  EXPECT_TRUE(is_own_origin("http://nas:80", "nas", ""));
  EXPECT_TRUE(is_own_origin("https://files.example.org", "files.example.org", ""))
      << "TLS ended in front of us";
  EXPECT_TRUE(is_own_origin("https://files.example.org", "files.example.org:443", ""));
}

TEST(own_origin, a_page_from_anywhere_else_is_not) {
  for (const std::string_view origin :
       {"", "null", "http://example.org", "http://127.0.0.1", "http://127.0.0.1:8668",
        "http://localhost:8667", "http://127.0.0.1:8667/", "http://127.0.0.1:8667.example.org",
        "http://x@127.0.0.1:8667", "127.0.0.1:8667", "file://", "ftp://127.0.0.1:8667",
        "http://127.0.0.1:8667 http://x", "chrome-extension://abc",
        "http://127.0.0.1:8667, http://127.0.0.1:8667"})
    EXPECT_FALSE(is_own_origin(origin, "127.0.0.1:8667", "")) << origin;
  EXPECT_FALSE(is_own_origin("http://nas", "", ""));
  EXPECT_FALSE(is_own_origin("https://nas", "nas:80", ""));
}

TEST(own_origin, the_configured_address_is_own) {
  EXPECT_TRUE(is_own_origin("https://files.example.org", "10.0.0.7:8667", "https://files.example.org/leat"));
  EXPECT_TRUE(is_own_origin("https://files.example.org", "10.0.0.7:8667", "https://files.example.org:443"));
  EXPECT_FALSE(is_own_origin("http://files.example.org", "10.0.0.7:8667", "https://files.example.org"));
  EXPECT_FALSE(is_own_origin("https://example.org", "10.0.0.7:8667", "https://files.example.org"));
}

TEST(own_origin, only_looking_changes_nothing) {
  for (const std::string_view method : {"GET", "HEAD", "OPTIONS"})
    EXPECT_FALSE(changes_something(method)) << method;
  for (const std::string_view method : {"PUT", "POST", "PATCH", "DELETE", "get", "WHATEVER"})
    EXPECT_TRUE(changes_something(method)) << method;
}

}  // namespace
}  // namespace hub::http
