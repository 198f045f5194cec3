#include <hub/http/site_fixture.hpp>

namespace hub::http {
namespace {

class site_download_test : public site_fixture {
 protected:
  void with_file(std::string_view name, std::string_view content, std::function<void(raw_client&)> body) {
    serve([&] {
      auto client = connect();
      ASSERT_EQ(client.ask("PUT", std::string("/files/") + std::string(name), "", content).status, 201U);
      body(client);
    });
  }

  const std::string digits_ = "0123456789";
};

TEST_F(site_download_test, a_file_comes_with_all_that_describes_it) {
  with_file("a.txt", "abc", [](raw_client& client) {
    const auto answer = client.ask("GET", "/files/a.txt");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, "abc");
    EXPECT_EQ(answer.field("ETag"), "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
    EXPECT_EQ(answer.field("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(answer.field("Content-Disposition"), "inline; filename=\"a.txt\"");
    EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.field("Accept-Ranges"), "bytes");
    EXPECT_NE(answer.field("Last-Modified"), "");
    EXPECT_NE(answer.field("Date"), "");
    EXPECT_NE(answer.field("Content-Security-Policy").find("sandbox"), std::string::npos);
    EXPECT_EQ(answer.field("Digest") + answer.field("Repr-Digest"), "") << "only when asked";
  });
}

TEST_F(site_download_test, head_is_get_without_the_content) {
  with_file("a.txt", "abc", [](raw_client& client) {
    const auto head = client.ask("HEAD", "/files/a.txt");
    auto get = client.ask("GET", "/files/a.txt");
    EXPECT_EQ(head.status, 200U);
    EXPECT_EQ(head.field("Content-Length"), "3");
    EXPECT_EQ(head.field("ETag"), get.field("ETag"));
    EXPECT_EQ(client.ask("HEAD", "/files/a.txt", "Range: bytes=0-0\r\n").status, 200U);
  });
}

TEST_F(site_download_test, what_a_browser_could_run_is_saved_and_not_shown) {
  with_file("x.html", "<script>alert(1)</script>", [](raw_client& client) {
    const auto answer = client.ask("GET", "/files/x.html");
    EXPECT_EQ(answer.field("Content-Type"), "application/octet-stream");
    EXPECT_TRUE(answer.field("Content-Disposition").starts_with("attachment"));
  });
}

TEST_F(site_download_test, a_name_beyond_ascii_is_told_both_ways) {
  with_file("f%C3%BCr%20dich.txt", "x", [](raw_client& client) {
    EXPECT_EQ(client.ask("GET", "/files/f%C3%BCr%20dich.txt").field("Content-Disposition"),
              "inline; filename=\"für dich.txt\"; filename*=UTF-8''f%C3%BCr%20dich.txt");
    EXPECT_EQ(client.ask("GET", "/files/f\xc3\xbcr%20dich.txt").status, 200U);
  });
}

TEST_F(site_download_test, digests_are_told_to_who_asks) {
  with_file("a", "abc", [](raw_client& client) {
    EXPECT_EQ(
        client.ask("GET", "/files/a", "Want-Digest: SHA-512;q=1, SHA-256;q=1, SHA;q=0.1\r\n").field("Digest"),
        "SHA-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    const auto part = client.ask("GET", "/files/a", "Want-Repr-Digest: sha-256=5\r\nRange: bytes=1-1\r\n");
    EXPECT_EQ(part.body, "b");
    EXPECT_EQ(part.field("Repr-Digest"), "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:")
        << "of the whole";
  });
}

TEST_F(site_download_test, a_range_is_that_part_of_the_file) {
  with_file("a", digits_, [](raw_client& client) {
    const auto part = client.ask("GET", "/files/a", "Range: bytes=2-4\r\n");
    EXPECT_EQ(part.status, 206U);
    EXPECT_EQ(part.body, "234");
    EXPECT_EQ(part.field("Content-Range"), "bytes 2-4/10");
    EXPECT_EQ(client.ask("GET", "/files/a", "Range: bytes=-3\r\n").body, "789");
    EXPECT_EQ(client.ask("GET", "/files/a", "Range: bytes=8-\r\n").body, "89");
    EXPECT_EQ(client.ask("GET", "/files/a", "Range: bytes=x\r\n").status, 200U);
  });
}

TEST_F(site_download_test, a_range_behind_the_end_is_416_with_the_size) {
  with_file("a", digits_, [](raw_client& client) {
    const auto answer = client.ask("GET", "/files/a", "Range: bytes=10-\r\n");
    EXPECT_EQ(answer.status, 416U);
    EXPECT_EQ(answer.field("Content-Range"), "bytes */10");
    EXPECT_EQ(answer.body, "the file has only 10 bytes\n");
  });
}

TEST_F(site_download_test, several_ranges_come_as_parts) {
  with_file("a.png", digits_, [](raw_client& client) {
    const auto answer = client.ask("GET", "/files/a.png", "Range: bytes=0-1,5-6\r\n");
    EXPECT_EQ(answer.status, 206U);
    const auto type = answer.field("Content-Type");
    ASSERT_TRUE(type.starts_with("multipart/byteranges; boundary=")) << type;
    const auto boundary = type.substr(type.find('=') + 1);
    EXPECT_EQ(answer.body, "\r\n--" + boundary +
                               "\r\nContent-Type: image/png\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--" +
                               boundary +
                               "\r\nContent-Type: image/png\r\nContent-Range: bytes 5-6/10\r\n\r\n56\r\n--" +
                               boundary + "--\r\n");
    EXPECT_EQ(client.ask("GET", "/health").status, 200U) << "the length was right";
  });
}

TEST_F(site_download_test, ten_thousand_ranges_give_the_whole_file) {
  options_.bounds.header_bytes = 128 << 10;
  with_file("a", digits_, [&](raw_client& client) {
    std::string many = "Range: bytes=0-0";
    for (int i = 0; i < 10'000; ++i)
      many += ",0-0";
    const auto answer = client.ask("GET", "/files/a", many + "\r\n");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, digits_);
  });
}

TEST_F(site_download_test, if_range_guards_against_mixing_two_versions) {
  with_file("a", digits_, [](raw_client& client) {
    const auto tag = client.ask("HEAD", "/files/a").field("ETag");
    EXPECT_EQ(client.ask("GET", "/files/a", "Range: bytes=5-\r\nIf-Range: " + tag + "\r\n").body, "56789");
    const auto other = client.ask("GET", "/files/a", "Range: bytes=5-\r\nIf-Range: \"other\"\r\n");
    EXPECT_EQ(other.status, 200U);
    EXPECT_EQ(other.body, "0123456789");
  });
}

TEST_F(site_download_test, who_has_the_file_gets_304) {
  with_file("a", digits_, [](raw_client& client) {
    const auto first = client.ask("GET", "/files/a");
    const auto tagged = client.ask("GET", "/files/a", "If-None-Match: " + first.field("ETag") + "\r\n");
    EXPECT_EQ(tagged.status, 304U);
    EXPECT_EQ(tagged.body, "");
    EXPECT_EQ(tagged.field("ETag"), first.field("ETag"));
    EXPECT_EQ(
        client.ask("GET", "/files/a", "If-Modified-Since: " + first.field("Last-Modified") + "\r\n").status,
        304U);
    EXPECT_EQ(client.ask("GET", "/files/a", "If-None-Match: \"x\"\r\nIf-None-Match: \"y\"\r\n").status, 200U);
    EXPECT_EQ(client.ask("GET", "/files/a", "If-Match: \"x\"\r\n").status, 412U);
  });
}

TEST_F(site_download_test, a_missing_file_is_named) {
  serve([&] {
    const auto answer = ask("GET", "/files/absent.txt");
    EXPECT_EQ(answer.status, 404U);
    EXPECT_EQ(answer.body, "there is no file absent.txt\n");
    EXPECT_EQ(ask("GET", "/rooms/team/files/x").body, "there is no file x in #team\n");
  });
}

TEST_F(site_download_test, a_running_download_keeps_the_content_it_began_with) {
  const std::string old_content(8 << 20, 'o');
  with_file("a", old_content, [&](raw_client& client) {
    client.say("GET /files/a HTTP/1.1\r\nHost: x\r\n\r\n");
    // Larger than what fits into the sockets' buffers, so it is under way until the answer is read.
    EXPECT_EQ(ask("PUT", "/files/a", "", "new").status, 200U);
    EXPECT_EQ(ask("GET", "/files/a").body, "new");
    EXPECT_EQ(client.read_answer().body, old_content);
  });
}

TEST_F(site_download_test, an_empty_file_is_200_and_its_ranges_are_416) {
  with_file("a", "", [](raw_client& client) {
    EXPECT_EQ(client.ask("GET", "/files/a").field("Content-Length"), "0");
    EXPECT_EQ(client.ask("GET", "/files/a", "Range: bytes=0-\r\n").status, 416U);
  });
}

TEST_F(site_download_test, listings_are_text_for_people_and_json_for_programs) {
  serve([&] {
    auto client = connect();
    client.ask("PUT", "/files/b", "", "12");
    client.ask("PUT", "/files/a%20x", "", "1");
    const auto text = client.ask("GET", "/files", "Accept: */*\r\n");
    EXPECT_EQ(text.field("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_TRUE(text.body.ends_with("  b\n")) << text.body;
    const auto json = client.ask("GET", "/files/", "Accept: application/json\r\n");
    EXPECT_EQ(json.field("Content-Type"), "application/json");
    EXPECT_TRUE(json.body.starts_with("{\"files\":[{\"name\":\"a x\",\"size\":1,")) << json.body;
    EXPECT_EQ(client.ask("GET", "/files?format=json").body, json.body);
    EXPECT_EQ(client.ask("GET", "/rooms/nobody/files?format=json").body, "{\"files\":[],\"next\":null}\n");
    EXPECT_EQ(client.ask("HEAD", "/files").field("Content-Length"), std::to_string(text.body.size()));
  });
}

TEST_F(site_download_test, long_listings_come_in_pages) {
  options_.bounds.listing_files = 2;
  serve([&] {
    auto client = connect();
    for (const auto* name : {"/files/a", "/files/b", "/files/c"})
      client.ask("PUT", name, "", "1");
    EXPECT_TRUE(client.ask("GET", "/files").body.ends_with("There are more: /files?after=b\n"));
    EXPECT_TRUE(client.ask("GET", "/files?after=b").body.ends_with("  c\n"));
  });
}

}  // namespace
}  // namespace hub::http
