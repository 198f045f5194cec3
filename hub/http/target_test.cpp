#include <gtest/gtest.h>

#include <hub/http/percent.hpp>
#include <hub/http/target.hpp>

namespace hub::http {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using segments = std::vector<std::string>;

TEST(percent, every_byte_survives_encoding) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte)
    all += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("a b/ü~"), "a%20b%2F%C3%BC~");
}

TEST(percent, what_is_not_encoded_as_it_should_be_is_refused) {
  for (const auto wrong :
       {"%"sv, "%4"sv, "a%"sv, "%zz"sv, "%4g"sv, "%%41"sv, "a b"sv, "a\nb"sv, "a\0b"sv, "\x7f"sv})
    EXPECT_FALSE(percent_decode(wrong)) << testing::PrintToString(wrong);
}

TEST(percent, bytes_beyond_ascii_may_stand_as_they_are_and_plus_is_plus) {
  EXPECT_EQ(percent_decode("\xc3\xbc+"), "\xc3\xbc+");
}

TEST(target, a_path_is_taken_apart_before_it_is_decoded) {
  EXPECT_EQ(parse_target("/files/a%2Fb")->segments, (segments{"files", "a/b"}));
  EXPECT_EQ(parse_target("/files/%2e%2e/x")->segments, (segments{"files", "..", "x"}));
  EXPECT_EQ(parse_target("/a%00b")->segments, segments{"a\0b"s});
}

TEST(target, empty_parts_are_kept) {
  EXPECT_EQ(parse_target("/")->segments, segments{""});
  EXPECT_EQ(parse_target("//files/")->segments, (segments{"", "files", ""}));
}

TEST(target, a_query_is_names_and_values) {
  const auto parsed = parse_target("/files?format=json&after=a%26b&&flag").value();
  EXPECT_EQ(parsed.parameter("format"), "json");
  EXPECT_EQ(parsed.parameter("after"), "a&b");
  EXPECT_EQ(parsed.parameter("flag"), "");
  EXPECT_FALSE(parsed.parameter("absent"));
}

TEST(target, the_absolute_form_is_taken) {
  EXPECT_EQ(parse_target("http://host:80/files/a")->segments, (segments{"files", "a"}));
  EXPECT_EQ(parse_target("HTTP://host")->segments, segments{""});
  EXPECT_EQ(parse_target("http://[::1]:8667/x")->segments, segments{"x"});
  EXPECT_FALSE(parse_target("http:///x"));
  EXPECT_FALSE(parse_target("http://user@host/x"));
}

TEST(target, other_forms_are_refused) {
  for (const std::string_view wrong : {"", "files", "*", "host:80", "ftp://host/x", "/a#b", "?x", "/%"})
    EXPECT_FALSE(parse_target(wrong)) << wrong;
}

TEST(target, the_number_of_parts_is_limited) {
  std::string deep;
  std::string wide = "/x?";
  for (int i = 0; i < 17; ++i) {
    deep += "/a";
    wide += "a=1&";
  }
  EXPECT_FALSE(parse_target(deep));
  EXPECT_FALSE(parse_target(wide));
}

TEST(target, hosts_are_names_addresses_and_ports) {
  for (const std::string_view fine :
       {"", "localhost", "127.0.0.1:8667", "[::1]", "[::1]:80", "a.b-c:", "ex_ample"})
    EXPECT_TRUE(is_host(fine)) << fine;
  for (const std::string_view wrong :
       {"a b", "a/b", "user@host", "host:99999", "host:x", "[::1", "[]", "[::1]x", "a,b@", "\xff", "h\tx",
        "a$(id)", "a;id", "a&b", "a'b", "a%20b"})
    EXPECT_FALSE(is_host(wrong)) << wrong;
}

}  // namespace
}  // namespace hub::http
