#include <gtest/gtest.h>

#include <hub/http/tus_fields.hpp>

namespace hub::http {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// RFC 4648, section 10.
TEST(base64, is_that_of_the_standard) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(encode_base64(bytes_of(plain)), encoded);
    EXPECT_EQ(decode_base64(encoded), plain);
  }
  EXPECT_EQ(decode_base64("+/8="), "\xfb\xff");
}

TEST(base64, nothing_else_is_taken) {
  for (const std::string_view text :
       {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "====", "Z===", "Zm9v====", "-_8=", "Zm 9v", "Zg==Zg==", "Zm9v\n"})
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
}

TEST(upload_metadata, pairs_are_decoded_in_their_order) {
  const auto read = parse_upload_metadata("filename d2hlZWwuanBn,is_big, room I3RlYQ== ,empty ");
  EXPECT_EQ(read,
            (upload_metadata{{"filename", "wheel.jpg"}, {"is_big", ""}, {"room", "#tea"}, {"empty", ""}}));
  EXPECT_EQ(value_of(*read, {"name", "filename"}), "wheel.jpg");
  EXPECT_EQ(value_of(*read, {"is_big"}), std::nullopt);
  EXPECT_EQ(parse_upload_metadata(""), upload_metadata());
  EXPECT_EQ(parse_upload_metadata("  "), upload_metadata());
}

TEST(upload_metadata, what_is_malformed_is_refused) {
  for (const std::string_view field :
       {",", "a Zg==,,b", "a Zg==,a Zg==", "a Zg", "a Zg== Zg==", "\xc3\xa4 Zg=="})
    EXPECT_FALSE(parse_upload_metadata(field)) << field;
  std::string many;
  for (int i = 0; i < 40; ++i)
    many += (many.empty() ? "k" : ",k") + std::to_string(i);
  EXPECT_FALSE(parse_upload_metadata(many));
}

TEST(upload_checksum, tells_what_was_announced_from_what_was_not) {
  for (const std::string_view field :
       {"sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}) {
    auto good = upload_checksum::parse(field);
    ASSERT_TRUE(good) << field;
    good->update(bytes_of("ab"));
    good->update(bytes_of("c"));
    EXPECT_TRUE(good->holds());
    auto bad = upload_checksum::parse(field);
    bad->update(bytes_of("abd"));
    EXPECT_FALSE(bad->holds());
  }
}

TEST(upload_checksum, what_is_malformed_is_refused) {
  for (const std::string_view field :
       {"", "sha1", "sha1 ", "sha1 Zg==", "md5 kAFQmDzST7DWlj99KOF/cg==", "SHA1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=",
        "sha256 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0"})
    EXPECT_FALSE(upload_checksum::parse(field)) << field;
}

}  // namespace
}  // namespace hub::http
