#include <gtest/gtest.h>

#include <cli/url.hpp>

namespace cli {
namespace {

TEST(url, a_url_is_taken_apart) {
  EXPECT_EQ(parse_url("http://example.org/a/b%20c?x=1#part"), (url{"example.org:80", "/a/b%20c?x=1"}));
  EXPECT_EQ(parse_url("http://[::1]:8667"), (url{"[::1]:8667", "/"}));
  EXPECT_EQ(parse_url("http://h?x"), (url{"h:80", "/?x"}));
}

TEST(url, pasted_letters_beyond_ascii_are_encoded) {
  EXPECT_EQ(parse_url("http://h/ä")->path, "/%C3%A4");
}

TEST(url, what_could_smuggle_a_second_request_is_refused) {
  EXPECT_FALSE(parse_url("http://h/a b"));
  EXPECT_FALSE(parse_url("http://h/a\r\nHost: x"));
  EXPECT_FALSE(parse_url(std::string("http://h/") + std::string(9000, 'a')));
}

TEST(url, a_refused_url_says_why) {
  EXPECT_EQ(parse_url("https://h/").error(), "bad URL 'https://h/': https is not spoken here, only http");
  EXPECT_EQ(parse_url("http://u:p@h/").error(),
            "bad URL 'http://u:p@h/': user names in URLs are not supported");
  EXPECT_EQ(parse_url("http:///x").error(), "bad URL 'http:///x': it names no host");
  EXPECT_FALSE(parse_url("http://::1/x"));
}

TEST(url, a_server_may_be_named_in_short) {
  EXPECT_EQ(parse_server("example.org"), "example.org:8667");
  EXPECT_EQ(parse_server("example.org:80"), "example.org:80");
  EXPECT_EQ(parse_server(":9000"), "127.0.0.1:9000");
  EXPECT_EQ(parse_server("[::1]"), "[::1]:8667");
  EXPECT_EQ(parse_server("http://h:9000/"), "h:9000");
  EXPECT_FALSE(parse_server("http://h:9000/files"));
  EXPECT_FALSE(parse_server(""));
  EXPECT_FALSE(parse_server("host:"));
}

TEST(url, uploads_may_go_to_a_room_by_its_url) {
  EXPECT_EQ(parse_destination("h:90"), (destination{"h:90", ""}));
  EXPECT_EQ(parse_destination("http://h:90/"), (destination{"h:90", ""}));
  EXPECT_EQ(parse_destination("http://h:90/files/"), (destination{"h:90", ""}));
  EXPECT_EQ(parse_destination("http://h:90/rooms/%23dev"), (destination{"h:90", "#dev"}));
  EXPECT_EQ(parse_destination("http://h:90/rooms/dev/files"), (destination{"h:90", "dev"}));
  EXPECT_FALSE(parse_destination("http://h:90/rooms/"));
  EXPECT_FALSE(parse_destination("http://h:90/rooms/a/b"));
  EXPECT_FALSE(parse_destination("http://h:90/elsewhere"));
}

TEST(url, names_stand_in_paths_percent_encoded_and_come_back) {
  const std::string name = "50% of a/b #1 ä.txt";
  EXPECT_EQ(encode_segment("a b/c"), "a%20b%2Fc");
  EXPECT_EQ(decode_segment(encode_segment(name)), name);
  EXPECT_FALSE(decode_segment("a%2"));
  EXPECT_FALSE(decode_segment("a%zz"));
  EXPECT_FALSE(decode_segment("%"));
}

TEST(url, a_file_is_named_by_the_last_segment) {
  EXPECT_EQ(last_name({"h:80", "/x/y%20z.txt?v=2"}), "y z.txt");
  EXPECT_EQ(last_name({"h:80", "/x/"}), "");
  EXPECT_EQ(last_name({"h:80", "/x/..%2F..%2Fetc"}), "../../etc")
      << "names are checked where they meet the disk";
}

TEST(url, rooms_have_folders_of_their_own) {
  EXPECT_EQ(file_path("", "a b"), "/files/a%20b");
  EXPECT_EQ(file_path("#dev", "x"), "/rooms/%23dev/files/x");
  EXPECT_EQ(file_path("", ""), "/files");
}

}  // namespace
}  // namespace cli
