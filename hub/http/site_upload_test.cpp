#include <hub/http/site_fixture.hpp>

namespace hub::http {
namespace {

class site_upload_test : public site_fixture {
 protected:
  std::string get(std::string_view target) const { return ask("GET", target).body; }

  // Waits until a broken-off upload is kept, which happens once the server has noticed.
  received wait_for_partial(std::string_view target) const {
    for (;;) {
      auto answer = ask("GET", std::string(target) + "?partial");
      if (answer.status == 200) return answer;
      leat::yield();
    }
  }
};

TEST_F(site_upload_test, a_new_file_is_201_and_a_replaced_one_200) {
  serve([&] {
    auto client = connect();
    const auto created = client.ask("PUT", "/files/a.txt", "", "abc");
    EXPECT_EQ(created.status, 201U);
    EXPECT_EQ(created.field("Location"), "/files/a.txt");
    EXPECT_EQ(created.field("ETag"), "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
    EXPECT_EQ(created.body,
              "stored /files/a.txt (3 bytes, SHA-256 "
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad)\n");
    const auto replaced = client.ask("PUT", "/files/a.txt", "", "new");
    EXPECT_EQ(replaced.status, 200U);
    EXPECT_EQ(get("/files/a.txt"), "new");
  });
}

TEST_F(site_upload_test, a_chunked_upload_is_put_together) {
  serve([&] {
    auto client = connect();
    client.say("PUT /files/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.say("3\r\nabc\r\n");
    client.say("A;ext=\"1\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 201U);
    EXPECT_EQ(client.ask("GET", "/files/a").body, "abc0123456789") << "the connection goes on";
  });
}

TEST_F(site_upload_test, a_large_chunked_upload_arrives_whole) {
  std::string content;
  for (int i = 0; i < 300'000; ++i)
    content += std::to_string(i);
  serve([&] {
    auto client = connect();
    std::string text = "PUT /files/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < content.size(); at += 100'000) {
      const auto piece = content.substr(at, 100'000);
      char size[16];
      std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
      text += size + piece + "\r\n";
    }
    client.say(text + "0\r\n\r\nGET /files/a HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 201U);
    EXPECT_EQ(client.read_answer().body, content);
  });
}

TEST_F(site_upload_test, a_malformed_chunk_is_refused_and_leaves_nothing) {
  serve([&] {
    for (const std::string_view chunk : {"x\r\nabc\r\n", "-1\r\nabc\r\n", "3\r\nabcd\r\n",
                                         "fffffffffffffffff\r\nabc", "3\nabc\r\n", " 3\r\nabc\r\n"}) {
      auto client = connect();
      client.say("PUT /files/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.say(std::string(chunk) + "0\r\n\r\n");
      EXPECT_EQ(client.read_answer().status, 400U) << chunk;
      client.finish();
      EXPECT_TRUE(client.is_ended());
    }
    EXPECT_EQ(ask("GET", "/files/a").status, 404U);
    EXPECT_EQ(data_.names("uploads"), "");
  });
}

TEST_F(site_upload_test, who_waits_for_100_gets_it_before_sending) {
  serve([&] {
    auto client = connect();
    client.say("PUT /files/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 100U);
    client.say("abc");
    EXPECT_EQ(client.read_answer().status, 201U);
  });
}

TEST_F(site_upload_test, who_waits_for_100_is_refused_before_sending) {
  file_bounds_.file_bytes = 100;
  serve([&] {
    auto client = connect();
    client.say("PUT /files/a HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n");
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 413U);
    EXPECT_EQ(answer.body, "file a is too large: it has 101 bytes, and 100 is the most\n");
    EXPECT_EQ(answer.field("Connection"), "close");
  });
}

TEST_F(site_upload_test, limits_are_told_while_the_body_is_still_coming) {
  file_bounds_.file_bytes = 1 << 20;
  serve([&] {
    const std::string large(4 << 20, 'x');
    EXPECT_EQ(ask("PUT", "/files/a", "", large).status, 413U);
    auto client = connect();
    client.say("PUT /files/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n400000\r\n" + large +
               "\r\n0\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 413U);
    EXPECT_EQ(data_.names("uploads"), "");
  });
}

TEST_F(site_upload_test, a_full_store_is_507) {
  file_bounds_.total_bytes = 10;
  serve([&] {
    EXPECT_EQ(ask("PUT", "/files/a", "", "0123456789").status, 201U);
    EXPECT_EQ(ask("PUT", "/files/b", "", "x").status, 507U);
  });
}

TEST_F(site_upload_test, lengths_that_lie_are_refused) {
  serve([&] {
    EXPECT_EQ(connect().ask("PUT", "/files/a", "Transfer-Encoding: chunked\r\n").status, 400U)
        << "beside a length";
    for (const std::string_view length : {"9223372036854775808", "18446744073709551615"}) {
      auto client = connect();
      client.say("PUT /files/a HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::string(length) + "\r\n\r\n");
      EXPECT_EQ(client.read_answer().status, 413U) << length;
    }
    for (const std::string_view length : {"18446744073709551616", "-1", "+5", "0x10", "5, 5", "5 5", ""}) {
      auto client = connect();
      client.say("PUT /files/a HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::string(length) + "\r\n\r\n");
      EXPECT_EQ(client.read_answer().status, 400U) << length;
    }
    auto without = connect();
    without.say("PUT /files/a HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(without.read_answer().status, 411U);
  });
}

TEST_F(site_upload_test, names_are_data) {
  serve([&] {
    for (const std::string_view name :
         {"..%2Fx", "%2e%2e", "..", ".ssh", "a%00b", "a%0Ab", "a%0Db", "%1B%5B31m", "a%5Cb",
          "%2Fetc%2Fpasswd", "%FF", "%E2%80%AEx", "a.", "%C0%AF"}) {
      const auto answer = ask("PUT", "/files/" + std::string(name), "", "x");
      EXPECT_EQ(answer.status, 400U) << name;
      EXPECT_TRUE(answer.body.contains("file name")) << answer.body;
    }
    EXPECT_EQ(ask("PUT", "/files/" + std::string(300, 'x'), "", "x").status, 400U);
    EXPECT_EQ(ask("PUT", "/files/a/b", "", "x").status, 404U);
    EXPECT_EQ(ask("PUT", "/files/../../x", "", "x").status, 404U);
    EXPECT_EQ(ask("PUT", "/rooms/a%20b/files/x", "", "x").status, 400U);
    EXPECT_EQ(data_.names("files"), "");
    EXPECT_EQ(ask("PUT", "/rooms/..%2F../files/x", "", "x").status, 201U)
        << "a room's name is harmless on the disk";
    EXPECT_EQ(data_.names("rooms"), "%23%2e%2e%2f%2e%2e");
  });
}

TEST_F(site_upload_test, conditions_hold_off_changes) {
  serve([&] {
    auto client = connect();
    EXPECT_EQ(client.ask("PUT", "/files/a", "If-None-Match: *\r\n", "first").status, 201U);
    EXPECT_EQ(ask("PUT", "/files/a", "If-None-Match: *\r\n", "second").status, 412U);
    const auto tag = client.ask("HEAD", "/files/a").field("ETag");
    EXPECT_EQ(ask("PUT", "/files/a", "If-Match: \"other\"\r\n", "second").status, 412U);
    EXPECT_EQ(client.ask("PUT", "/files/a", "If-Match: " + tag + "\r\n", "second").status, 200U);
    EXPECT_EQ(client.ask("DELETE", "/files/a", "If-Match: " + tag + "\r\n").status, 412U);
    EXPECT_EQ(client.ask("DELETE", "/files/a").status, 204U);
    EXPECT_EQ(client.ask("DELETE", "/files/a").status, 404U);
  });
}

TEST_F(site_upload_test, of_two_that_may_only_create_one_does) {
  serve([&] {
    auto first = connect();
    auto second = connect();
    first.say(
        "PUT /files/a HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\nContent-Length: 5\r\nExpect: "
        "100-continue\r\n\r\n");
    EXPECT_EQ(first.read_answer().status, 100U);
    EXPECT_EQ(second.ask("PUT", "/files/a", "If-None-Match: *\r\n", "other").status, 201U);
    first.say("first");
    EXPECT_EQ(first.read_answer().status, 412U);
    EXPECT_EQ(get("/files/a"), "other");
  });
}

TEST_F(site_upload_test, an_announced_digest_is_checked_before_the_file_shows) {
  serve([&] {
    auto client = connect();
    const std::string digest = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    const auto damaged = client.ask("PUT", "/files/a", "Repr-Digest: sha-256=:" + digest + ":\r\n", "abd");
    EXPECT_EQ(damaged.status, 400U);
    EXPECT_TRUE(damaged.body.starts_with("the content is damaged")) << damaged.body;
    EXPECT_EQ(client.ask("GET", "/files/a").status, 404U);
    EXPECT_EQ(client.ask("PUT", "/files/a", "Repr-Digest: sha-256=:" + digest + ":\r\n", "abc").status, 201U);
    EXPECT_EQ(client.ask("PUT", "/files/b", "Digest: SHA-256=" + digest + "\r\n", "abc").status, 201U);
    EXPECT_EQ(ask("PUT", "/files/c", "Repr-Digest: sha-256=:short:\r\n", "abc").status, 400U);
  });
}

TEST_F(site_upload_test, an_encoded_body_is_refused_instead_of_stored_as_something_else) {
  serve([&] { EXPECT_EQ(ask("PUT", "/files/a", "Content-Encoding: gzip\r\n", "abc").status, 415U); });
}

// Going on

TEST_F(site_upload_test, an_upload_that_broke_off_goes_on_where_it_ended) {
  serve([&] {
    {
      auto client = connect();
      client.say("PUT /files/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234");
      client.close();
    }
    const auto waiting = wait_for_partial("/files/a");
    EXPECT_EQ(waiting.field("Upload-Offset"), "5");
    EXPECT_EQ(waiting.field("Upload-Length"), "10");
    EXPECT_EQ(waiting.body, "5 of 10 bytes are here\n");
    EXPECT_EQ(ask("GET", "/files/a").status, 404U);
    const auto rest = ask("PUT", "/files/a", "Content-Range: bytes 5-9/10\r\n", "56789");
    EXPECT_EQ(rest.status, 201U) << rest.body;
    EXPECT_EQ(get("/files/a"), "0123456789");
    EXPECT_EQ(ask("GET", "/files/a?partial").status, 404U);
  });
}

TEST_F(site_upload_test, a_file_can_come_in_parts) {
  serve([&] {
    const auto first = ask("PUT", "/files/a", "Content-Range: bytes 0-3/10\r\n", "0123");
    EXPECT_EQ(first.status, 202U);
    EXPECT_EQ(first.field("Upload-Offset"), "4");
    EXPECT_EQ(ask("PUT", "/files/a", "Content-Range: bytes 4-6/10\r\n", "456").status, 202U);
    EXPECT_EQ(ask("PUT", "/files/a", "Content-Range: bytes 7-9/10\r\n", "789").status, 201U);
    EXPECT_EQ(get("/files/a"), "0123456789");
  });
}

TEST_F(site_upload_test, going_on_elsewhere_is_409_and_says_where) {
  serve([&] {
    ask("PUT", "/files/a", "Content-Range: bytes 0-3/10\r\n", "0123");
    for (const std::string_view range : {"3-9/10", "5-9/10"}) {
      const auto answer = ask("PUT", "/files/a", "Content-Range: bytes " + std::string(range) + "\r\n",
                              range[0] == '3' ? "3456789" : "56789");
      EXPECT_EQ(answer.status, 409U);
      EXPECT_EQ(answer.field("Upload-Offset"), "4");
    }
    EXPECT_EQ(ask("PUT", "/files/b", "Content-Range: bytes 4-9/10\r\n", "456789").field("Upload-Offset"),
              "0");
    EXPECT_EQ(ask("PUT", "/files/a", "Content-Range: bytes 4-9/10\r\n", "456789").status, 201U);
  });
}

TEST_F(site_upload_test, a_part_is_never_taken_for_the_whole) {
  serve([&] {
    for (const std::string_view range :
         {"bytes 0-3", "bytes */4", "bytes 0-3/*", "items 0-3/4", "bytes 0-3/2", "0-3/4"}) {
      const auto answer = ask("PUT", "/files/a", "Content-Range: " + std::string(range) + "\r\n", "0123");
      EXPECT_EQ(answer.status, 400U) << range;
    }
    EXPECT_EQ(ask("PUT", "/files/a", "Content-Range: bytes 0-9/10\r\n", "0123").status, 400U);
    EXPECT_EQ(ask("GET", "/files/a").status, 404U);
  });
}

TEST_F(site_upload_test, a_chunked_rest_that_is_too_short_costs_nothing_that_is_here) {
  serve([&] {
    ask("PUT", "/files/a", "Content-Range: bytes 0-3/10\r\n", "0123");
    auto client = connect();
    client.say(
        "PUT /files/a HTTP/1.1\r\nHost: x\r\nContent-Range: bytes 4-9/10\r\n"
        "Transfer-Encoding: chunked\r\n\r\n2\r\n45\r\n0\r\n\r\n");
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 400U);
    EXPECT_EQ(answer.field("Upload-Offset"), "6");
    EXPECT_EQ(client.ask("PUT", "/files/a", "Content-Range: bytes 6-9/10\r\n", "6789").status, 201U);
    EXPECT_EQ(get("/files/a"), "0123456789");
  });
}

TEST_F(site_upload_test, a_range_from_0_to_the_end_is_the_whole_file) {
  serve([&] {
    EXPECT_EQ(ask("PUT", "/files/a", "Content-Range: bytes 0-3/4\r\n", "0123").status, 201U);
    EXPECT_EQ(get("/files/a"), "0123");
  });
}

TEST_F(site_upload_test, an_upload_that_comes_too_slowly_is_told_and_kept) {
  options_.bounds.body_timeout = 100ms;
  serve([&] {
    auto client = connect();
    client.say("PUT /files/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234");
    EXPECT_EQ(client.read_answer().status, 408U);
    EXPECT_EQ(wait_for_partial("/files/a").field("Upload-Offset"), "5");
  });
}

TEST_F(site_upload_test, an_upload_that_a_stop_cuts_off_is_kept) {
  options_.bounds.stop_grace = 50ms;
  serve([&] {
    auto client = connect();
    client.say("PUT /files/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 100U);
    client.say("01234");
    stop_();
    EXPECT_EQ(client.read_answer().status, 408U);
  });
  EXPECT_TRUE(data_.names("uploads").ends_with(".10.part")) << data_.names("uploads");
}

// Rooms

TEST_F(site_upload_test, an_upload_into_a_room_is_announced_after_it_is_there) {
  serve([&] {
    EXPECT_EQ(ask("PUT", "/rooms/Team/files/a%20b.txt", "", "12345").status, 201U);
    ASSERT_EQ(announced_.size(), 1U);
    EXPECT_EQ(announced_[0].room, "#Team");
    EXPECT_EQ(announced_[0].name, "a b.txt");
    EXPECT_EQ(announced_[0].size_bytes, 5U);
    EXPECT_EQ(announced_[0].url, "http://" + address_.to_string() + "/rooms/Team/files/a%20b.txt");
    EXPECT_EQ(get("/rooms/%23team/files/a%20b.txt"), "12345");
    EXPECT_EQ(ask("GET", "/files/a%20b.txt").status, 404U);
  });
}

TEST_F(site_upload_test, links_start_as_configured_and_never_as_the_client_says) {
  options_.public_url = "https://files.example.org";
  serve([&] {
    ask("PUT", "/rooms/team/files/a", "", "1");
    EXPECT_EQ(announced_.at(0).url, "https://files.example.org/rooms/team/files/a");
  });
}

TEST_F(site_upload_test, files_for_everyone_and_failed_uploads_are_not_announced) {
  serve([&] {
    ask("PUT", "/files/a", "", "1");
    ask("PUT", "/rooms/team/files/a", "If-Match: \"x\"\r\n", "1");
    ask("PUT", "/rooms/team/files/a", "Content-Range: bytes 0-0/5\r\n", "1");
    EXPECT_TRUE(announced_.empty());
  });
}

TEST_F(site_upload_test, a_failed_announcement_is_told_and_the_file_stays) {
  announce_error_ = "the room is gone";
  serve([&] {
    const auto answer = ask("PUT", "/rooms/team/files/a", "", "1");
    EXPECT_EQ(answer.status, 201U);
    EXPECT_TRUE(answer.body.ends_with("but #team was not told: the room is gone\n")) << answer.body;
    EXPECT_EQ(get("/rooms/team/files/a"), "1");
  });
}

}  // namespace
}  // namespace hub::http
