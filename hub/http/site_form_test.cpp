#include <hub/http/site_fixture.hpp>

namespace hub::http {
namespace {

constexpr std::string_view form_type = "Content-Type: multipart/form-data; boundary=B\r\n";

std::string part(std::string_view disposition, std::string_view content) {
  return "--B\r\nContent-Disposition: form-data; " + std::string(disposition) + "\r\n\r\n" +
         std::string(content) + "\r\n";
}

std::string file(std::string_view name, std::string_view content) {
  return part("name=\"file\"; filename=\"" + std::string(name) + '"', content);
}

class site_form_test : public site_fixture {
 protected:
  std::string get(std::string_view target) const { return ask("GET", target).body; }

  received post(std::string_view target, std::string_view body, std::string_view fields = "") const {
    return ask("POST", target, std::string(form_type) + std::string(fields), body);
  }
};

TEST_F(site_form_test, every_file_of_a_form_is_stored_and_told_of) {
  serve([&] {
    auto client = connect();
    const auto answer = client.ask("POST", "/files/", form_type,
                                   part("name=\"comment\"", "three files") + file("a.txt", "abc") +
                                       file("b", "") + file("c d", "1\r\n2") + "--B--\r\n");
    EXPECT_EQ(answer.status, 201U);
    EXPECT_EQ(answer.field("Location"), "");
    EXPECT_TRUE(
        answer.body.starts_with("stored /files/a.txt (3 bytes, SHA-256 "
                                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad)\n"
                                "stored /files/b (0 bytes, "))
        << answer.body;
    EXPECT_EQ(client.ask("GET", "/files/a.txt").body, "abc") << "the connection goes on";
    EXPECT_EQ(get("/files/b"), "");
    EXPECT_EQ(get("/files/c%20d"), "1\r\n2");
    EXPECT_EQ(data_.names("files"), "a.txt b c d");
  });
}

TEST_F(site_form_test, one_file_is_answered_with_its_address) {
  serve([&] {
    const auto answer = post("/files", file("a b.txt", "abc") + "--B--");
    EXPECT_EQ(answer.status, 201U);
    EXPECT_EQ(answer.field("Location"), "/files/a%20b.txt");
    EXPECT_EQ(answer.field("ETag"), ask("HEAD", "/files/a%20b.txt").field("ETag"));
  });
}

TEST_F(site_form_test, a_taken_name_is_left_alone) {
  serve([&] {
    EXPECT_EQ(ask("PUT", "/files/a.txt", "", "old").status, 201U);
    const auto answer = post("/files", file("a.txt", "new") + "--B--");
    EXPECT_EQ(answer.field("Location"), "/files/a%20%282%29.txt");
    EXPECT_EQ(get("/files/a.txt"), "old");
    EXPECT_EQ(get("/files/a%20(2).txt"), "new");
  });
}

TEST_F(site_form_test, a_browser_is_sent_on_to_the_listing) {
  serve([&] {
    const auto answer =
        post("/rooms/tea/files", file("a", "abc") + "--B--", "Accept: text/html,*/*;q=0.8\r\n");
    EXPECT_EQ(answer.status, 303U);
    EXPECT_EQ(answer.field("Location"), "/rooms/tea/files");
  });
}

TEST_F(site_form_test, files_for_a_room_are_announced_under_their_final_names) {
  serve([&] {
    EXPECT_EQ(post("/rooms/tea/files", file("a", "1") + file("a", "22") + "--B--").status, 201U);
    ASSERT_EQ(announced_.size(), 2U);
    EXPECT_EQ(announced_[0].name, "a");
    EXPECT_EQ(announced_[1].name, "a (2)");
    EXPECT_EQ(announced_[1].size_bytes, 2U);
    EXPECT_TRUE(announced_[1].url.ends_with("/rooms/tea/files/a%20%282%29")) << announced_[1].url;
  });
}

TEST_F(site_form_test, of_many_files_a_room_is_told_in_one_message) {
  serve([&] {
    std::string parts;
    for (int count = 0; count < 11; ++count)
      parts += file("a", "xy");
    EXPECT_EQ(post("/rooms/tea/files", parts + "--B--").status, 201U);
    ASSERT_EQ(announced_.size(), 1U);
    EXPECT_EQ(announced_[0].name, "11 files");
    EXPECT_EQ(announced_[0].size_bytes, 22U);
    EXPECT_TRUE(announced_[0].url.ends_with("/rooms/tea/files")) << announced_[0].url;
  });
}

TEST_F(site_form_test, a_field_in_which_no_file_was_chosen_is_none) {
  serve([&] {
    EXPECT_EQ(post("/files", file("", "") + file("a", "1") + "--B--").status, 201U);
    EXPECT_EQ(data_.names("files"), "a");
    const auto none = post("/files", file("", "") + "--B--");
    EXPECT_EQ(none.status, 400U);
    EXPECT_EQ(none.body, "the form brought no file\n");
    EXPECT_EQ(post("/files", "--B--").status, 400U);
    EXPECT_EQ(post("/files", file("", "something") + "--B--").body, "a file of the form needs a name\n");
  });
}

TEST_F(site_form_test, names_are_data) {
  serve([&] {
    for (const std::string_view name :
         {"../x", "/etc/passwd", "a%0D%0Ab", "..", ".ssh", "C:\\x", "\x1b[31m", "a\xff", "a."}) {
      const auto answer = post("/files", file(name, "x") + "--B--");
      EXPECT_EQ(answer.status, 400U) << name;
      EXPECT_TRUE(answer.body.contains("file name")) << answer.body;
    }
    EXPECT_EQ(post("/files", file(std::string(300, 'x'), "x") + "--B--").status, 400U);
    EXPECT_EQ(data_.names("files"), "");
    EXPECT_EQ(data_.names("uploads"), "");
    EXPECT_EQ(post("/files", file("a %22b%22", "x") + "--B--").field("Location"), "/files/a%20%22b%22");
  });
}

TEST_F(site_form_test, what_came_before_a_mistake_is_stored_and_told_of) {
  serve([&] {
    auto client = connect();
    const auto answer =
        client.ask("POST", "/files", form_type, file("a", "abc") + file("../b", "x") + "--B--");
    EXPECT_EQ(answer.status, 400U);
    EXPECT_TRUE(answer.body.starts_with("stored /files/a (3 bytes")) << answer.body;
    EXPECT_EQ(get("/files/a"), "abc");
    EXPECT_EQ(answer.field("Connection"), "close");
  });
}

TEST_F(site_form_test, a_form_that_is_cut_off_leaves_no_part_of_a_file) {
  serve([&] {
    const auto answer = post(
        "/files", file("a", "abc") + "--B\r\nContent-Disposition: form-data; name=f; filename=b\r\n\r\n123");
    EXPECT_EQ(answer.status, 400U);
    EXPECT_TRUE(answer.body.ends_with("the form is cut off before its last boundary\n")) << answer.body;
    EXPECT_EQ(data_.names("files"), "a");
    EXPECT_EQ(data_.names("uploads"), "");
    {
      auto client = connect();
      client.say("POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n" + std::string(form_type) +
                 "\r\n" + file("c", "123"));
      client.finish();
      EXPECT_TRUE(client.is_ended());
    }
    EXPECT_EQ(data_.names("files"), "a") << "the part has no boundary behind it";
    EXPECT_EQ(data_.names("uploads"), "");
  });
}

TEST_F(site_form_test, a_large_chunked_form_arrives_whole) {
  std::string content;
  for (int i = 0; i < 200'000; ++i)
    content += std::to_string(i) + "\r\n--";
  serve([&] {
    auto client = connect();
    std::string text =
        "POST /files HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + std::string(form_type) + "\r\n";
    const auto form = file("a", content) + "--B--\r\n";
    for (std::size_t at = 0; at < form.size(); at += 100'000) {
      const auto piece = form.substr(at, 100'000);
      char size[16];
      std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
      text += size + piece + "\r\n";
    }
    client.say(text + "0\r\n\r\nGET /files/a HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 201U);
    EXPECT_EQ(client.read_answer().body, content);
  });
}

TEST_F(site_form_test, limits_hold) {
  file_bounds_.file_bytes = 100'000;
  options_.bounds.form_parts = 3;
  serve([&] {
    EXPECT_EQ(post("/files", file("a", std::string(200'000, 'x')) + "--B--").status, 413U);
    EXPECT_EQ(post("/files", file("a", "") + file("b", "") + file("c", "") + file("d", "") + "--B--")
                  .body.substr(0, 5),
              "store");
    EXPECT_EQ(data_.names("files"), "a b c");
    EXPECT_EQ(data_.names("uploads"), "");
  });
}

TEST_F(site_form_test, what_is_no_such_form_is_415_before_it_is_sent) {
  serve([&] {
    for (const std::string_view type :
         {"", "Content-Type: text/plain\r\n", "Content-Type: multipart/form-data\r\n",
          "Content-Type: application/x-www-form-urlencoded\r\n"}) {
      auto client = connect();
      client.say("POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n" +
                 std::string(type) + "\r\n");
      const auto answer = client.read_answer();
      EXPECT_EQ(answer.status, 415U) << type;
      EXPECT_EQ(answer.field("Connection"), "close");
    }
    auto client = connect();
    client.say("POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n" +
               std::string(form_type) + "\r\n");
    EXPECT_EQ(client.read_answer().status, 100U);
  });
}

TEST_F(site_form_test, only_listings_take_forms) {
  serve([&] {
    EXPECT_EQ(post("/", "--B--").status, 405U);
    EXPECT_EQ(post("/files/a", "--B--").status, 405U);
    EXPECT_EQ(ask("OPTIONS", "/files").field("Allow"), "GET, HEAD, POST, OPTIONS");
  });
}

}  // namespace
}  // namespace hub::http
