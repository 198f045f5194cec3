#include <gtest/gtest.h>

#include <hub/http/owner_cookie.hpp>

namespace hub::http {
namespace {

constexpr std::string_view secret = "0123456789abcdef0123456789abcdef";

std::string secret_in(std::string_view cookies) {
  request asked;
  asked.fields.emplace_back("Cookie", std::string(cookies));
  return owner_secret(asked);
}

TEST(owner_cookie, is_found_among_others) {
  const std::string cookie = "leat-owner=" + std::string(secret);
  EXPECT_EQ(secret_in(cookie), secret);
  EXPECT_EQ(secret_in("a=b; " + cookie), secret);
  EXPECT_EQ(secret_in("leat-owner=x;  " + cookie + "; c=d"), secret);
}

TEST(owner_cookie, is_nothing_that_was_not_given) {
  EXPECT_EQ(owner_secret({}), "");
  for (const std::string_view wrong :
       {"", ";", " ", "=", "leat-owner", "leat-owner=", "leat-owner=0123",
        "leat-owner=0123456789ABCDEF0123456789ABCDEF", "leat-owner=0123456789abcdef0123456789abcdef0",
        "xleat-owner=0123456789abcdef0123456789abcdef", "leat-owner =0123456789abcdef0123456789abcdef",
        "leat-owner=\"0123456789abcdef0123456789abcdef\""})
    EXPECT_EQ(secret_in(wrong), "") << wrong;
}

TEST(owner_cookie, is_new_each_time_and_comes_back_as_it_was_given) {
  const std::string made = make_owner_secret();
  EXPECT_NE(made, make_owner_secret());
  for (const std::string& given : owner_cookies(made, false)) {
    EXPECT_EQ(secret_in(given.substr(0, given.find(';'))), made);
    EXPECT_TRUE(given.ends_with("; Max-Age=34560000; HttpOnly; SameSite=Strict"));
  }
  for (const std::string& given : owner_cookies(made, true))
    EXPECT_TRUE(given.ends_with("; Secure"));
}

TEST(owner_cookie, tells_the_owner_but_the_owner_does_not_tell_it) {
  EXPECT_EQ(owner_of(secret), owner_of(secret));
  EXPECT_EQ(owner_of(secret).size(), 32U);
  EXPECT_NE(owner_of(secret), secret);
  EXPECT_NE(owner_of(secret), owner_of(make_owner_secret()));
}

}  // namespace
}  // namespace hub::http
