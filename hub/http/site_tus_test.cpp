#include <hub/http/site_fixture.hpp>
#include <hub/http/tus_fields.hpp>

namespace hub::http {
namespace {

constexpr std::string_view version = "Tus-Resumable: 1.0.0\r\n";
constexpr std::string_view patch_type = "Content-Type: application/offset+octet-stream\r\n";
constexpr std::string_view sha1_of_abc = "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=";

class site_tus_test : public site_fixture {
 protected:
  std::string get(std::string_view target) const { return ask("GET", target).body; }

  received create(std::string_view fields, std::string_view body = "") const {
    return ask("POST", "/uploads", std::string(version) + std::string(fields), body);
  }

  static std::string metadata(std::string_view name, std::string_view room = "") {
    auto field = "Upload-Metadata: filename " + encode_base64(std::as_bytes(std::span(name)));
    if (!room.empty()) field += ",room " + encode_base64(std::as_bytes(std::span(room)));
    return field + "\r\n";
  }

  // The address of a new upload.
  std::string begin(std::uint64_t length, std::string_view name = "a.txt", std::string_view room = "") const {
    const auto answer = create("Upload-Length: " + std::to_string(length) + "\r\n" + metadata(name, room));
    EXPECT_EQ(answer.status, 201U) << answer.body;
    return answer.field("Location");
  }

  received patch(std::string_view where, std::uint64_t offset, std::string_view body,
                 std::string_view fields = "") const {
    return ask("PATCH", where, patch_fields(offset) + std::string(fields), body);
  }

  static std::string patch_fields(std::uint64_t offset) {
    return std::string(version) + std::string(patch_type) + "Upload-Offset: " + std::to_string(offset) +
           "\r\n";
  }

  received head(std::string_view where) const { return ask("HEAD", where, version); }

  std::string offset_of(std::string_view where) const { return head(where).field("Upload-Offset"); }

  // Waits until the server has noticed what became of a connection.
  void wait_for_offset(std::string_view where, std::string_view offset) const {
    while (offset_of(where) != offset)
      leat::yield();
  }
};

TEST_F(site_tus_test, a_file_comes_in_parts_and_shows_when_it_is_whole) {
  serve([&] {
    const auto begun = create("Upload-Length: 10\r\n" + metadata("a b.txt"));
    EXPECT_EQ(begun.status, 201U);
    EXPECT_EQ(begun.field("Upload-Offset"), "0");
    EXPECT_EQ(begun.field("Tus-Resumable"), "1.0.0");
    EXPECT_TRUE(begun.field("Upload-Expires").ends_with(" GMT"));
    const auto where = begun.field("Location");
    EXPECT_TRUE(where.starts_with("/uploads/")) << where;
    EXPECT_EQ(where.size(), std::string_view("/uploads/").size() + 32);
    const auto first = patch(where, 0, "01234");
    EXPECT_EQ(first.status, 204U);
    EXPECT_EQ(first.field("Upload-Offset"), "5");
    EXPECT_EQ(ask("GET", "/files/a%20b.txt").status, 404U);
    const auto told = head(where);
    EXPECT_EQ(told.status, 200U);
    EXPECT_EQ(told.field("Upload-Offset"), "5");
    EXPECT_EQ(told.field("Upload-Length"), "10");
    EXPECT_EQ(told.field("Upload-Metadata"), "filename YSBiLnR4dA==");
    EXPECT_EQ(told.field("Cache-Control"), "no-store");
    const auto last = patch(where, 5, "56789");
    EXPECT_EQ(last.status, 204U);
    EXPECT_EQ(last.field("Upload-Offset"), "10");
    EXPECT_EQ(last.field("Content-Location"), "/files/a%20b.txt");
    EXPECT_EQ(get("/files/a%20b.txt"), "0123456789");
  });
}

TEST_F(site_tus_test, who_missed_the_last_answer_is_told_again) {
  serve([&] {
    const auto where = begin(3);
    patch(where, 0, "abc");
    const auto told = head(where);
    EXPECT_EQ(told.field("Upload-Offset"), "3");
    EXPECT_EQ(told.field("Upload-Length"), "3");
    EXPECT_EQ(told.field("Content-Location"), "/files/a.txt");
    const auto more = patch(where, 3, "x");
    EXPECT_EQ(more.status, 409U);
    EXPECT_EQ(more.field("Upload-Offset"), "3");
  });
}

TEST_F(site_tus_test, an_upload_never_takes_the_place_of_a_file) {
  serve([&] {
    ask("PUT", "/files/a.txt", "", "old");
    EXPECT_EQ(patch(begin(3), 0, "new").field("Content-Location"), "/files/a%20%282%29.txt");
    EXPECT_EQ(get("/files/a.txt"), "old");
    EXPECT_EQ(get("/files/a%20(2).txt"), "new");
  });
}

TEST_F(site_tus_test, an_upload_can_bring_bytes_at_once) {
  serve([&] {
    const auto part = create("Upload-Length: 5\r\n" + std::string(patch_type) + metadata("a"), "012");
    EXPECT_EQ(part.status, 201U) << part.body;
    EXPECT_EQ(part.field("Upload-Offset"), "3");
    EXPECT_EQ(patch(part.field("Location"), 3, "34").status, 204U);
    const auto whole = create("Upload-Length: 3\r\n" + std::string(patch_type) + metadata("b"), "abc");
    EXPECT_EQ(whole.status, 201U);
    EXPECT_EQ(whole.field("Content-Location"), "/files/b");
    EXPECT_EQ(whole.field("Upload-Offset"), "3");
    EXPECT_TRUE(whole.field("Location").starts_with("/uploads/"));
    EXPECT_EQ(get("/files/a") + get("/files/b"), "01234abc");
    EXPECT_EQ(create("Upload-Length: 3\r\n" + metadata("c"), "abc").status, 415U);
  });
}

TEST_F(site_tus_test, an_empty_file_is_whole_when_it_begins) {
  serve([&] {
    const auto answer = create("Upload-Length: 0\r\n" + metadata("empty"));
    EXPECT_EQ(answer.status, 201U);
    EXPECT_EQ(answer.field("Content-Location"), "/files/empty");
    EXPECT_EQ(ask("GET", "/files/empty").status, 200U);
  });
}

TEST_F(site_tus_test, a_length_can_be_told_later) {
  serve([&] {
    const auto begun = create("Upload-Defer-Length: 1\r\n" + metadata("a"));
    EXPECT_EQ(begun.status, 201U);
    const auto where = begun.field("Location");
    EXPECT_EQ(head(where).field("Upload-Defer-Length"), "1");
    EXPECT_EQ(head(where).field("Upload-Length"), "");
    EXPECT_EQ(patch(where, 0, "0123").field("Upload-Offset"), "4");
    EXPECT_EQ(patch(where, 4, "45", "Upload-Length: 2\r\n").status, 400U);
    EXPECT_EQ(patch(where, 4, "45", "Upload-Length: 7\r\n").field("Upload-Offset"), "6");
    EXPECT_EQ(head(where).field("Upload-Length"), "7");
    EXPECT_EQ(patch(where, 6, "6", "Upload-Length: 8\r\n").status, 400U);
    EXPECT_EQ(patch(where, 6, "6").field("Content-Location"), "/files/a");
    const auto other = create("Upload-Defer-Length: 1\r\n").field("Location");
    patch(other, 0, "abc");
    EXPECT_EQ(patch(other, 3, "", "Content-Length: 0\r\nUpload-Length: 3\r\n").field("Content-Location"),
              "/files/upload");
  });
}

TEST_F(site_tus_test, a_file_for_a_room_is_announced_once_it_is_whole) {
  serve([&] {
    const auto where = begin(3, "a b", "tea");
    patch(where, 0, "ab");
    EXPECT_TRUE(announced_.empty());
    EXPECT_EQ(patch(where, 2, "c").field("Content-Location"), "/rooms/tea/files/a%20b");
    ASSERT_EQ(announced_.size(), 1U);
    EXPECT_EQ(announced_[0].room, "#tea");
    EXPECT_EQ(announced_[0].name, "a b");
    EXPECT_EQ(announced_[0].size_bytes, 3U);
    patch(begin(3, "a b", "#tea"), 0, "def");
    EXPECT_EQ(announced_.at(1).name, "a b (2)");
  });
}

TEST_F(site_tus_test, bytes_belong_at_the_end) {
  serve([&] {
    const auto where = begin(10);
    patch(where, 0, "0123");
    for (const std::uint64_t offset : {0U, 3U, 5U, 10U}) {
      const auto answer = patch(where, offset, "x");
      EXPECT_EQ(answer.status, 409U) << offset;
      EXPECT_EQ(answer.field("Upload-Offset"), "4");
      EXPECT_EQ(answer.field("Tus-Resumable"), "1.0.0");
    }
    EXPECT_EQ(patch(where, 4, "4567890").status, 413U) << "more than belongs there";
    EXPECT_EQ(offset_of(where), "4");
    EXPECT_EQ(patch(where, 4, "456789").status, 204U);
  });
}

TEST_F(site_tus_test, of_two_at_once_the_second_is_423) {
  serve([&] {
    const auto where = begin(10);
    auto first = connect();
    first.say("PATCH " + where + " HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n" +
              patch_fields(0) + "\r\n");
    EXPECT_EQ(first.read_answer().status, 100U);
    EXPECT_EQ(patch(where, 0, "x").status, 423U);
    EXPECT_EQ(ask("DELETE", where, version).status, 423U);
    first.say("0123456789");
    EXPECT_EQ(first.read_answer().status, 204U);
    EXPECT_EQ(get("/files/a.txt"), "0123456789");
  });
}

TEST_F(site_tus_test, what_came_before_a_connection_broke_is_kept) {
  serve([&] {
    const auto where = begin(10);
    {
      auto client = connect();
      client.say("PATCH " + where + " HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n" + patch_fields(0) +
                 "\r\n01234");
      client.close();
    }
    wait_for_offset(where, "5");
    EXPECT_EQ(patch(where, 5, "56789").status, 204U);
    EXPECT_EQ(get("/files/a.txt"), "0123456789");
  });
}

TEST_F(site_tus_test, an_upload_goes_on_after_the_server_has_stopped) {
  options_.bounds.stop_grace = 50ms;
  std::string where;
  serve([&] {
    where = begin(10);
    auto client = connect();
    client.say("PATCH " + where + " HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n" +
               patch_fields(0) + "\r\n");
    EXPECT_EQ(client.read_answer().status, 100U);
    client.say("01234");
    stop_();
    EXPECT_EQ(client.read_answer().status, 408U);
  });
  serve([&] {
    EXPECT_EQ(offset_of(where), "5");
    EXPECT_EQ(patch(where, 5, "56789").status, 204U);
    EXPECT_EQ(get("/files/a.txt"), "0123456789");
  });
}

TEST_F(site_tus_test, a_chunked_patch_that_is_too_long_leaves_the_upload_as_it_was) {
  serve([&] {
    const auto where = begin(3);
    auto client = connect();
    client.say("PATCH " + where + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + patch_fields(0) +
               "\r\n5\r\n01234\r\n0\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 400U);
    EXPECT_EQ(offset_of(where), "0");
    auto again = connect();
    again.say("PATCH " + where + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + patch_fields(0) +
              "\r\n3\r\nabc\r\n0\r\n\r\n");
    EXPECT_EQ(again.read_answer().status, 204U);
    EXPECT_EQ(get("/files/a.txt"), "abc");
  });
}

TEST_F(site_tus_test, bytes_without_their_checksum_are_forgotten) {
  serve([&] {
    const auto where = begin(6);
    const auto checksum = "Upload-Checksum: " + std::string(sha1_of_abc) + "\r\n";
    EXPECT_EQ(patch(where, 0, "abd", checksum).status, 460U);
    EXPECT_EQ(offset_of(where), "0");
    EXPECT_EQ(patch(where, 0, "abc", checksum).field("Upload-Offset"), "3");
    EXPECT_EQ(patch(where, 3, "abd", checksum).status, 460U) << "also of the last bytes";
    EXPECT_EQ(offset_of(where), "3");
    EXPECT_EQ(
        patch(where, 3, "abc", "Upload-Checksum: sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\r\n")
            .status,
        204U);
    EXPECT_EQ(get("/files/a.txt"), "abcabc");
    const auto other = begin(3);
    EXPECT_EQ(patch(other, 0, "abc", "Upload-Checksum: md5 kAFQmDzST7DWlj99KOF/cg==\r\n").status, 400U);
    EXPECT_EQ(patch(other, 0, "abc", "Upload-Checksum: sha1 abc\r\n").status, 400U);
    const auto at_once = create("Upload-Length: 3\r\n" + checksum + std::string(patch_type), "abd");
    EXPECT_EQ(at_once.status, 460U);
  });
}

TEST_F(site_tus_test, bytes_that_break_off_before_they_can_be_verified_are_forgotten) {
  serve([&] {
    const auto where = begin(10);
    patch(where, 0, "01");
    {
      auto client = connect();
      client.say("PATCH " + where + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nUpload-Checksum: " +
                 std::string(sha1_of_abc) + "\r\n" + patch_fields(2) + "\r\nab");
      client.finish();
      EXPECT_TRUE(client.is_ended());
    }
    EXPECT_EQ(offset_of(where), "2");
    EXPECT_EQ(patch(where, 2, "23456789").status, 204U);
    EXPECT_EQ(get("/files/a.txt"), "0123456789");
  });
}

TEST_F(site_tus_test, an_upload_can_be_given_up) {
  serve([&] {
    const auto where = begin(10);
    patch(where, 0, "01234");
    EXPECT_EQ(ask("DELETE", where, version).status, 204U);
    EXPECT_EQ(head(where).status, 404U);
    EXPECT_EQ(patch(where, 5, "56789").status, 404U);
    EXPECT_EQ(ask("DELETE", where, version).status, 404U);
    EXPECT_EQ(data_.names("uploads"), "");
  });
}

TEST_F(site_tus_test, options_tell_what_there_is) {
  file_bounds_.file_bytes = 12345;
  serve([&] {
    for (const std::string_view target :
         {"/uploads", "/uploads/", "/uploads/0123456789abcdef0123456789abcdef"}) {
      const auto answer = ask("OPTIONS", target);
      EXPECT_EQ(answer.status, 204U);
      EXPECT_EQ(answer.field("Tus-Resumable"), "1.0.0");
      EXPECT_EQ(answer.field("Tus-Version"), "1.0.0");
      EXPECT_EQ(answer.field("Tus-Max-Size"), "12345");
      EXPECT_EQ(answer.field("Tus-Checksum-Algorithm"), "sha1,sha256");
      EXPECT_EQ(answer.field("Tus-Extension"),
                "creation,creation-with-upload,creation-defer-length,termination,expiration,checksum");
    }
  });
}

TEST_F(site_tus_test, other_versions_are_412) {
  serve([&] {
    const auto where = begin(3);
    for (const std::string_view field :
         {"", "Tus-Resumable: 0.2.2\r\n", "Tus-Resumable: 1.0.0\r\nTus-Resumable: 1.0.0\r\n"}) {
      for (const std::string_view method : {"HEAD", "PATCH", "DELETE"}) {
        const auto answer = ask(method, where, field);
        EXPECT_EQ(answer.status, 412U) << method << field;
        EXPECT_EQ(answer.field("Tus-Version"), "1.0.0");
      }
      EXPECT_EQ(ask("POST", "/uploads", std::string(field) + "Upload-Length: 1\r\n").status, 412U);
    }
  });
}

TEST_F(site_tus_test, a_method_can_be_told_in_a_field) {
  serve([&] {
    const auto where = begin(3);
    const auto patched = ask("POST", where, patch_fields(0) + "X-HTTP-Method-Override: PATCH\r\n", "ab");
    EXPECT_EQ(patched.status, 204U);
    EXPECT_EQ(patched.field("Upload-Offset"), "2");
    auto client = connect();
    const auto told = client.ask(
        "POST", where, std::string(version) + "X-HTTP-Method-Override: HEAD\r\nContent-Length: 0\r\n");
    EXPECT_EQ(told.status, 200U);
    EXPECT_EQ(told.field("Upload-Offset"), "2");
    EXPECT_EQ(client.ask("POST", where, std::string(version) + "X-HTTP-Method-Override: DELETE\r\n").status,
              204U);
    EXPECT_EQ(head(where).status, 404U);
    EXPECT_EQ(ask("POST", begin(3), version).status, 405U);
    EXPECT_EQ(ask("POST", begin(3), std::string(version) + "X-HTTP-Method-Override: GET\r\n").status, 405U);
    EXPECT_EQ(ask("POST", "/files/a", "X-HTTP-Method-Override: DELETE\r\n").status, 405U)
        << "of uploads alone";
  });
}

TEST_F(site_tus_test, a_body_behind_a_method_that_was_told_in_a_field_is_no_request) {
  serve([&] {
    const std::string hidden =
        "PUT /files/smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\n\r\nx";
    for (const std::string method :
         {"OPTIONS", "HEAD", "DELETE", "GET", "TRACE", "PUT", "POST", "nonsense"}) {
      const auto where = begin(3);
      auto client = connect();
      static_cast<void>(client.ask(
          "POST", where, std::string(version) + "X-HTTP-Method-Override: " + method + "\r\n", hidden));
      EXPECT_EQ(ask("GET", "/files/smuggled").status, 404U) << method;
    }
    EXPECT_EQ(data_.names("files"), "");
  });
}

TEST_F(site_tus_test, what_is_malformed_is_refused) {
  serve([&] {
    for (const std::string_view fields :
         {"", "Upload-Length: x\r\n", "Upload-Length: -1\r\n", "Upload-Length: 1\r\nUpload-Length: 1\r\n",
          "Upload-Length: 1\r\nUpload-Defer-Length: 1\r\n", "Upload-Defer-Length: 0\r\n",
          "Upload-Length: 1\r\nUpload-Metadata: filename\tx y\r\n",
          "Upload-Length: 1\r\nUpload-Metadata: filename !\r\n",
          "Upload-Length: 1\r\nUpload-Metadata: filename Li4veA==\r\n",           // ../x
          "Upload-Length: 1\r\nUpload-Metadata: filename YQ0KYg==\r\n",           // CR LF
          "Upload-Length: 1\r\nUpload-Metadata: filename YQ==,room YSBi\r\n"}) {  // "a b"
      const auto answer = create(fields);
      EXPECT_EQ(answer.status, 400U) << fields;
      EXPECT_EQ(answer.field("Tus-Resumable"), "1.0.0");
    }
    for (const std::string_view length :
         {"9223372036854775808", "18446744073709551616", "99999999999999999999999"})
      EXPECT_EQ(create("Upload-Length: " + std::string(length) + "\r\n").status, 413U) << length;
    const auto where = begin(3);
    EXPECT_EQ(ask("PATCH", where, std::string(version) + std::string(patch_type), "abc").status, 400U);
    EXPECT_EQ(ask("PATCH", where, std::string(version) + "Upload-Offset: 0\r\n", "abc").status, 415U);
    EXPECT_EQ(
        ask("PATCH", where, std::string(version) + std::string(patch_type) + "Upload-Offset: -0\r\n", "abc")
            .status,
        400U);
    EXPECT_EQ(ask("GET", where, version).status, 405U);
    for (const std::string_view id : {"x", "..", "%2e%2e%2ffiles", "0123456789abcdef0123456789abcdeF",
                                      "0123456789abcdef0123456789abcdef"}) {
      const auto answer = head("/uploads/" + std::string(id));
      EXPECT_EQ(answer.status, 404U) << id;
      EXPECT_EQ(answer.field("Tus-Resumable"), "1.0.0") << id;
    }
    EXPECT_EQ(data_.names("files"), "");
  });
}

TEST_F(site_tus_test, metadata_may_be_empty_or_absent) {
  serve([&] {
    EXPECT_EQ(create("Upload-Length: 1\r\nupload-metadata:\r\n").status, 201U) << "as tuspy sends it";
    const auto nameless = create("Upload-Length: 1\r\n").field("Location");
    EXPECT_EQ(head(nameless).field("Upload-Metadata"), "");
    EXPECT_EQ(patch(nameless, 0, "x").field("Content-Location"), "/files/upload");
  });
}

TEST_F(site_tus_test, limits_hold) {
  file_bounds_.file_bytes = 100;
  file_bounds_.total_bytes = 120;
  file_bounds_.resumables = 2;
  serve([&] {
    EXPECT_EQ(create("Upload-Length: 101\r\n").status, 413U);
    ask("PUT", "/files/b", "", std::string(60, 'x'));
    EXPECT_EQ(create("Upload-Length: 61\r\n").status, 507U);
    const auto where = begin(60);
    EXPECT_EQ(create("Upload-Length: 60\r\n").status, 201U);
    EXPECT_EQ(create("Upload-Length: 1\r\n").status, 429U);
    EXPECT_EQ(patch(where, 0, std::string(60, 'x')).status, 204U);
    EXPECT_EQ(create("Upload-Length: 1\r\n").status, 507U);
  });
}

TEST_F(site_tus_test, who_waits_for_100_is_refused_before_sending) {
  serve([&] {
    const auto where = begin(10);
    auto client = connect();
    client.say("PATCH " + where + " HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n" +
               patch_fields(5) + "\r\n");
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 409U);
    EXPECT_EQ(answer.field("Connection"), "close");
  });
}

}  // namespace
}  // namespace hub::http
