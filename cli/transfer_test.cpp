// What a server may do to those who download from it, upload to it and list it.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <leat/go.hpp>
#include <leat/net/tcp.hpp>
#include <leat/wait_group.hpp>

#include <cli/download.hpp>
#include <cli/ls.hpp>
#include <cli/outcome.hpp>
#include <hub/files/scratch_folder.hpp>

namespace cli {
namespace {

using namespace std::chrono_literals;

// Answers the connections one after the other, each with its script, and then closes it.
class scripted_server {
 public:
  using script = std::function<void(leat::net::tcp_conn&)>;

  explicit scripted_server(std::vector<script> scripts) {
    serving_.go([this, all = std::move(scripts)] {
      for (const auto& one : all) {
        auto conn = listener_.accept();
        if (!conn) return;
        static_cast<void>(conn->set_deadline(30s));
        one(*conn);
      }
    });
  }
  ~scripted_server() {
    static_cast<void>(listener_.close());
    serving_.wait();
  }
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;

  std::string address() const { return listener_.local_address().to_string(); }

 private:
  leat::net::tcp_listener listener_ = leat::net::listen_tcp("127.0.0.1:0").value();
  leat::wait_group serving_;
};

// Reads up to the end of a header, or of a body that ends with `end`.
std::string hear(leat::net::tcp_conn& conn, std::string_view end = "\r\n\r\n") {
  std::string heard;
  for (char letter = 0; !heard.ends_with(end);) {
    const auto count = conn.read(std::as_writable_bytes(std::span(&letter, 1)));
    if (!count || *count == 0) break;
    heard += letter;
  }
  return heard;
}

scripted_server::script answers(std::string text) {
  return [text = std::move(text)](leat::net::tcp_conn& conn) {
    hear(conn);
    static_cast<void>(conn.write(text));
  };
}

constexpr std::string_view created = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";

class transfer_test : public testing::Test {
 protected:
  // Empty: it worked.
  std::string fetch(std::vector<scripted_server::script> scripts, bool resume = false) {
    std::string error;
    leat::run([&] {
      const scripted_server server(std::move(scripts));
      http_client client(server.address());
      progress_board board(1);
      const auto done =
          download(client, {.target = "/files/a", .name = "a", .to = folder_.path() / "a", .resume = resume},
                   board.begin("a"), [](std::string_view) {});
      if (!done) error = done.error();
    });
    return error;
  }

  // The status of the answer to an upload of "hello".
  static unsigned upload(scripted_server::script script) {
    unsigned status = 0;
    leat::run([&] {
      const scripted_server server({std::move(script)});
      http_client client(server.address(), 10s);
      const auto head =
          client.upload({.method = "PUT", .target = "/files/a", .fields = {}}, 5,
                        [](std::span<std::byte> piece) -> http_result<std::size_t> {
                          std::ranges::copy(std::as_bytes(std::span("hello", 5)), piece.begin());
                          return 5;
                        });
      if (head) status = head->status;
    });
    return status;
  }

  struct listed {
    int exit_code = 0;
    std::string output;
  };
  static listed list(const std::string& body, ls_options options = {}) {
    listed seen;
    testing::internal::CaptureStdout();
    leat::run([&] {
      const scripted_server server(
          {answers("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body)});
      options.server = server.address();
      seen.exit_code = ls(options);
    });
    seen.output = testing::internal::GetCapturedStdout();
    return seen;
  }

  hub::files::scratch_folder folder_;
};

// Downloads

TEST_F(transfer_test, a_version_that_changes_half_way_is_fetched_anew) {
  EXPECT_EQ(fetch({answers("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nETag: \"one\"\r\n\r\nAAA"),
                   answers("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nETag: \"two\"\r\n\r\nBBBBBB")}),
            "");
  EXPECT_EQ(folder_.read("a"), "BBBBBB");
}

TEST_F(transfer_test, a_rest_of_another_version_is_refused) {
  EXPECT_TRUE(fetch({answers("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nETag: \"one\"\r\n\r\nAAA"),
                     answers("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 3-5/6\r\n"
                             "Content-Length: 3\r\nETag: \"two\"\r\n\r\nBBB")})
                  .contains("another part than was asked for"));
  EXPECT_EQ(folder_.names(""), "a.part a.part.etag");
}

TEST_F(transfer_test, a_rest_that_is_longer_than_it_says_does_not_reach_the_disk) {
  EXPECT_TRUE(fetch({answers("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nETag: \"one\"\r\n\r\nAAA"),
                     answers("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 3-5/6\r\n"
                             "Content-Length: 50\r\nETag: \"one\"\r\n\r\n" +
                             std::string(50, 'B'))})
                  .contains("has sent more than the 6 bytes"));
  EXPECT_EQ(folder_.read("a.part"), "AAA");
}

TEST_F(transfer_test, a_complete_file_is_compared_by_what_the_server_tells_of_it) {
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nETag: \"x\"\r\n"
      "Repr-Digest: sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:\r\n\r\n";  // of "abc"
  folder_.write("a", "abc");
  EXPECT_EQ(fetch({answers(head)}, true), "");
  folder_.write("a", "xyz");
  EXPECT_TRUE(fetch({answers(head)}, true).contains("is another version"));
}

TEST_F(transfer_test, a_content_that_is_not_what_the_server_tells_is_thrown_away) {
  EXPECT_TRUE(fetch({answers("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nETag: \"x\"\r\nRepr-Digest: "
                             "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:\r\n\r\nxyz")})
                  .contains("it arrived damaged"));
  EXPECT_EQ(folder_.names(""), "");
}

TEST_F(transfer_test, what_a_refusal_says_cannot_command_the_terminal) {
  EXPECT_EQ(fetch({answers("HTTP/1.1 404 Not Found\r\nContent-Length: 11\r\n\r\n\x1b[31mgone\xc2\x9b\n")}),
            "\xEF\xBF\xBD[31mgone\xEF\xBF\xBD (404)");
}

// Uploads

TEST_F(transfer_test, a_100_that_comes_byte_by_byte_is_understood) {
  EXPECT_EQ(upload([](leat::net::tcp_conn& conn) {
              hear(conn);
              for (const char letter : std::string_view("HTTP/1.1 100 Continue\r\n\r\n")) {
                static_cast<void>(conn.write(std::string_view(&letter, 1)));
                leat::yield();
              }
              EXPECT_EQ(hear(conn, "hello"), "hello");
              static_cast<void>(conn.write(created));
            }),
            201U);
}

TEST_F(transfer_test, other_interim_responses_are_not_taken_for_the_answer) {
  EXPECT_EQ(upload([](leat::net::tcp_conn& conn) {
              hear(conn);
              static_cast<void>(conn.write("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"));
              EXPECT_EQ(hear(conn, "hello"), "hello");
              static_cast<void>(conn.write("HTTP/1.1 102 Processing\r\n\r\n"));
              static_cast<void>(conn.write(created));
            }),
            201U);
}

TEST_F(transfer_test, a_refusal_before_the_body_is_the_answer) {
  EXPECT_EQ(upload(answers("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")), 413U);
}

// Listings

TEST_F(transfer_test, names_in_a_listing_cannot_command_the_terminal) {
  const auto seen =
      list(R"({"files":[{"name":"\u001b[31mred\u202e\n","size":1}],"next":null})", {.names = true});
  EXPECT_EQ(seen.output, "\xEF\xBF\xBD[31mred\xEF\xBF\xBD\xEF\xBF\xBD\n");
}

TEST_F(transfer_test, values_of_other_kinds_than_expected_are_left_out) {
  const auto seen =
      list(R"({"files":[7,null,{"name":5,"size":-1,"modified":[1]}],"next":null})", {.json = true});
  EXPECT_EQ(seen.exit_code, exit_done);
  EXPECT_TRUE(seen.output.contains("\"size\": null")) << seen.output;
}

TEST_F(transfer_test, a_listing_that_is_nested_without_end_does_no_harm) {
  const std::size_t depth = 200'000;
  const auto seen = list(R"({"files":[{"name":"a","deep":)" + std::string(depth, '[') +
                             std::string(depth, ']') + R"(}],"next":null})",
                         {.names = true});
  EXPECT_EQ(seen.exit_code, exit_done);
  EXPECT_EQ(seen.output, "a\n");
}

TEST_F(transfer_test, pages_that_lead_nowhere_end) {
  EXPECT_EQ(list(R"({"files":[],"next":"/files"})").exit_code, exit_failed);
  EXPECT_EQ(list(R"({"files":[{"name":"a"}],"next":"http://elsewhere/"})").exit_code, exit_failed);
}

}  // namespace
}  // namespace cli
