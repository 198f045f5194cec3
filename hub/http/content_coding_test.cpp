#include <gtest/gtest.h>

#include <string>

#include <hub/http/content_coding.hpp>

namespace hub::http {
namespace {

constexpr codings_at_hand both{.gzip = true, .brotli = true};

TEST(content_coding_test, who_says_nothing_gets_the_content_as_it_is) {
  EXPECT_EQ(choose_coding("", both), content_coding::identity);
  EXPECT_EQ(choose_coding("zstd, compress", both), content_coding::identity);
}

TEST(content_coding_test, browsers_get_the_smallest_that_they_know) {
  EXPECT_EQ(choose_coding("gzip, deflate, br, zstd", both), content_coding::brotli);
  EXPECT_EQ(choose_coding("gzip, deflate", both), content_coding::gzip);
  EXPECT_EQ(choose_coding("GZIP", both), content_coding::gzip);
  EXPECT_EQ(choose_coding("x-gzip", both), content_coding::gzip);
  EXPECT_EQ(choose_coding("*", both), content_coding::brotli);
}

TEST(content_coding_test, what_is_not_there_is_not_chosen) {
  EXPECT_EQ(choose_coding("gzip, br", {.gzip = true}), content_coding::gzip);
  EXPECT_EQ(choose_coding("gzip, br", {}), content_coding::identity);
}

TEST(content_coding_test, preferences_and_refusals_are_heeded) {
  EXPECT_EQ(choose_coding("gzip;q=1, br;q=0.5", both), content_coding::gzip);
  EXPECT_EQ(choose_coding("gzip;q=0, br;q=0", both), content_coding::identity);
  EXPECT_EQ(choose_coding("br;q=0, *", both), content_coding::gzip);
  EXPECT_EQ(choose_coding("identity, gzip;q=0.5", both), content_coding::identity);
  EXPECT_EQ(choose_coding("gzip;q=0.001", both), content_coding::gzip);
}

TEST(content_coding_test, nonsense_is_no_coding) {
  EXPECT_EQ(choose_coding(",,;q=1,gzip;q=x,\"br\"", both), content_coding::identity);
  EXPECT_EQ(choose_coding(std::string(10'000, ','), both), content_coding::identity);
}

}  // namespace
}  // namespace hub::http
