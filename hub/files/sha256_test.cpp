#include <gtest/gtest.h>

#include <hub/files/sha256.hpp>

namespace hub::files {
namespace {

digest digest_of(std::string_view text) {
  sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.finish();
}

TEST(sha256, gives_the_digests_of_the_standard) {
  EXPECT_EQ(to_hex(digest_of("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(digest_of("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(sha256, pieces_have_the_digest_of_the_whole) {
  sha256 hash;
  hash.update(std::as_bytes(std::span(std::string_view("a"))));
  hash.update({});
  hash.update(std::as_bytes(std::span(std::string_view("bc"))));
  EXPECT_EQ(hash.finish(), digest_of("abc"));
}

TEST(sha256, hexadecimal_comes_back_and_nothing_else_is_taken_for_it) {
  const auto text = to_hex(digest_of("abc"));
  EXPECT_EQ(digest_from_hex(text), digest_of("abc"));
  EXPECT_FALSE(digest_from_hex(text.substr(1)));
  EXPECT_FALSE(digest_from_hex("G" + text.substr(1)));
  EXPECT_FALSE(digest_from_hex("B" + text.substr(1)));
}

TEST(sha256, base64_comes_back_and_nothing_else_is_taken_for_it) {
  const auto text = to_base64(digest_of("abc"));
  EXPECT_EQ(text, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  EXPECT_EQ(digest_from_base64(text), digest_of("abc"));
  EXPECT_FALSE(digest_from_base64(text.substr(0, 43)));
  EXPECT_FALSE(digest_from_base64(text.substr(0, 42) + "=="));
  EXPECT_FALSE(digest_from_base64("!" + text.substr(1)));
  EXPECT_FALSE(digest_from_base64(text.substr(0, 42) + "1=")) << "bits beyond the last byte";
}

TEST(sha256, a_copy_goes_its_own_way) {
  const std::string_view text = "abc";
  sha256 one;
  one.update(std::as_bytes(std::span(text.substr(0, 2))));
  auto other = one.copy();
  one.update(std::as_bytes(std::span(text.substr(2))));
  EXPECT_EQ(to_hex(one.finish()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  other.update(std::as_bytes(std::span(text.substr(2))));
  EXPECT_EQ(to_hex(other.finish()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace hub::files
