// What a request must be, and what becomes of a connection.
#include <leat/chan.hpp>
#include <leat/go.hpp>
#include <leat/select.hpp>

#include <hub/http/site_fixture.hpp>

namespace hub::http {
namespace {

using namespace std::string_literals;

class site_request_test : public site_fixture {
 protected:
  // The status of the answer to exactly these bytes.
  unsigned status_of(std::string_view bytes) const {
    auto client = connect();
    client.say(bytes);
    return client.read_answer().status;
  }
};

TEST_F(site_request_test, the_home_page_is_text_for_tools_and_html_for_browsers) {
  serve([&] {
    const auto text = ask("GET", "/");
    EXPECT_EQ(text.status, 200U);
    EXPECT_EQ(text.field("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_TRUE(text.body.contains("curl -T FILE http://test/files/")) << text.body;
    const auto html = ask("GET", "/", "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n");
    EXPECT_EQ(html.field("Content-Type"), "text/html; charset=utf-8");
    EXPECT_TRUE(html.body.starts_with("<!doctype html>"));
  });
}

TEST_F(site_request_test, nothing_of_a_request_becomes_markup_or_a_command) {
  options_.description = "Ann's <files> & more";
  serve([&] {
    const auto page = ask("GET", "/", "Accept: text/html\r\n");
    EXPECT_TRUE(page.body.contains("<title>Ann&#39;s &lt;files&gt; &amp; more</title>")) << page.body;
    for (const std::string_view host : {"<script>", "a'&b", "$(id)", "a;id"})
      EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"), 400U) << host;
  });
}

TEST_F(site_request_test, a_page_from_elsewhere_whose_name_leads_here_gets_nothing) {
  options_.public_url = "http://files.example.org:8667";
  serve([&] {
    EXPECT_EQ(status_of("GET /files HTTP/1.1\r\nHost: rebound.example.com:8667\r\n\r\n"), 421U);
    EXPECT_EQ(status_of("PUT /files/a HTTP/1.1\r\nHost: rebound.example.com\r\nContent-Length: 1\r\n\r\nx"),
              421U);
    EXPECT_EQ(status_of("GET /files/a HTTP/1.1\r\nHost: files.example.org\r\n\r\n"), 404U);
    EXPECT_EQ(status_of("GET /health HTTP/1.1\r\nHost: files.example.org\r\n\r\n"), 200U);
  });
}

TEST_F(site_request_test, health_is_ok) {
  serve([&] { EXPECT_EQ(ask("GET", "/health").body, "ok\n"); });
}

TEST_F(site_request_test, unknown_addresses_are_404_and_unknown_methods_405_with_what_is_allowed) {
  serve([&] {
    for (const std::string_view target :
         {"/nothing", "/file/x", "/rooms", "/rooms/x", "/rooms/x/y", "/files/a/b", "//"})
      EXPECT_EQ(ask("GET", target).status, 404U) << target;
    const auto post = ask("POST", "/files/a");
    EXPECT_EQ(post.status, 405U);
    EXPECT_EQ(post.field("Allow"), "GET, HEAD, PUT, DELETE, OPTIONS");
    EXPECT_EQ(ask("DELETE", "/files").field("Allow"), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(ask("TRACE", "/").status, 405U);
    EXPECT_EQ(ask("get", "/").status, 405U) << "methods are case-sensitive";
    EXPECT_EQ(ask("FROB-nicate", "/health").status, 405U);
    EXPECT_EQ(ask("PUT", "/files/", "", "x").body,
              "an upload needs the file's name at the end of the address\n");
  });
}

TEST_F(site_request_test, options_tells_what_is_allowed) {
  serve([&] {
    EXPECT_EQ(ask("OPTIONS", "/files/a").field("Allow"), "GET, HEAD, PUT, DELETE, OPTIONS");
    EXPECT_EQ(ask("OPTIONS", "*").status, 204U);
  });
}

TEST_F(site_request_test, requests_follow_each_other_on_one_connection_also_unasked) {
  serve([&] {
    auto client = connect();
    client.say(
        "\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /health "
        "HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read_answer().body, "ok\n");
    EXPECT_EQ(client.read_answer().status, 200U);
    EXPECT_EQ(client.read_answer(true).status, 200U);
    EXPECT_EQ(client.ask("GET", "/health").status, 200U);
  });
}

TEST_F(site_request_test, a_header_may_come_byte_by_byte) {
  serve([&] {
    auto client = connect();
    for (const char letter : "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"s)
      client.say(std::string(1, letter));
    EXPECT_EQ(client.read_answer().body, "ok\n");
  });
}

TEST_F(site_request_test, the_connection_ends_when_the_client_wants_it) {
  serve([&] {
    auto client = connect();
    EXPECT_EQ(client.ask("GET", "/health", "Connection: close\r\n").field("Connection"), "close");
    EXPECT_TRUE(client.is_ended());
    auto old = connect();
    old.say("GET /health HTTP/1.0\r\n\r\n");
    EXPECT_EQ(old.read_answer().field("Connection"), "close");
    EXPECT_TRUE(old.is_ended());
    auto keeping = connect();
    keeping.say("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(keeping.read_answer().field("Connection"), "keep-alive");
    EXPECT_EQ(keeping.ask("GET", "/health").status, 200U);
  });
}

TEST_F(site_request_test, the_number_of_requests_is_limited) {
  options_.bounds.requests = 2;
  serve([&] {
    auto client = connect();
    EXPECT_EQ(client.ask("GET", "/health").field("Connection"), "");
    EXPECT_EQ(client.ask("GET", "/health").field("Connection"), "close");
    EXPECT_TRUE(client.is_ended());
  });
}

TEST_F(site_request_test, malformed_requests_are_400) {
  const std::string host = "Host: a\r\n";
  serve([&] {
    for (const auto& bytes : {
             "GET / HTTP/1.1\r\n\r\n"s,                        // no Host
             "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"s,  // two
             "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"s,
             "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"s,
             "GET  / HTTP/1.1\r\n" + host + "\r\n",
             "GET /\r\n" + host + "\r\n",
             "GET / HTTP/1.1 \r\n" + host + "\r\n",
             "GET / http/1.1\r\n" + host + "\r\n",
             "G\x01T / HTTP/1.1\r\n" + host + "\r\n",
             "GET / HTTP/1.1\nHost: a\n\n"s,
             "GET / HTTP/1.1\r\n" + host + "X:\rY: z\r\n\r\n",
             "GET / HTTP/1.1\r\n" + host + "X : y\r\n\r\n",
             "GET / HTTP/1.1\r\n" + host + "X: a\r\n b\r\n\r\n",
             "GET / HTTP/1.1\r\n" + host + "X: a\0b\r\n\r\n"s,
             "GET / HTTP/1.1\r\n" + host + ": y\r\n\r\n",
             "GET / HTTP/1.1\r\n" + host + "no colon\r\n\r\n",
             "GET files HTTP/1.1\r\n" + host + "\r\n",
             "GET /%zz HTTP/1.1\r\n" + host + "\r\n",
             "GET /a#b HTTP/1.1\r\n" + host + "\r\n",
             "PUT /files/a HTTP/1.1\r\n" + host + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
             "PUT /files/a HTTP/1.1\r\n" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
             "PUT /files/a HTTP/1.1\r\n" + host +
                 "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
             "PUT /files/a HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n",
             "\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" + host + "\r\n",
         }) {
      EXPECT_EQ(status_of(bytes), 400U) << testing::PrintToString(bytes);
    }
  });
}

TEST_F(site_request_test, what_this_server_does_not_do_is_named) {
  serve([&] {
    EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505U);
    EXPECT_EQ(status_of("PUT /files/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n"),
              501U);
    EXPECT_EQ(status_of("PUT /files/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
              501U);
    EXPECT_EQ(status_of("PUT /files/a HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\n"),
              417U);
  });
}

TEST_F(site_request_test, headers_have_a_limit) {
  serve([&] {
    EXPECT_EQ(status_of("GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 414U);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n"), 431U);
    std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 5000; ++i)
      many += "X: y\r\n";
    EXPECT_EQ(status_of(many + "\r\n"), 431U);
  });
}

TEST_F(site_request_test, a_header_that_comes_too_slowly_is_408) {
  options_.bounds.header_timeout = 100ms;
  serve([&] { EXPECT_EQ(status_of("GET / HTTP/1.1\r\n"), 408U); });
}

TEST_F(site_request_test, an_idle_connection_is_closed_without_a_word) {
  options_.bounds.idle_timeout = 100ms;
  serve([&] { EXPECT_TRUE(connect().is_ended()); });
}

TEST_F(site_request_test, a_body_that_nobody_wants_is_not_taken_for_a_request) {
  serve([&] {
    auto client = connect();
    EXPECT_EQ(client.ask("GET", "/health", "", "GET /files HTTP/1.1\r\nHost: a\r\n\r\n").body, "ok\n");
    EXPECT_EQ(client.ask("GET", "/health").body, "ok\n");
    auto large = connect();
    EXPECT_EQ(large.ask("POST", "/", "", std::string(100'000, 'x')).field("Connection"), "close");
    auto refused = connect();
    EXPECT_EQ(refused.ask("PUT", "/nowhere", "", "GET / HTTP/1.1\r\n\r\n").field("Connection"), "close");
    refused.finish();
    EXPECT_TRUE(refused.is_ended());
  });
}

TEST_F(site_request_test, an_unwanted_body_that_trickles_in_is_not_waited_for_for_ever) {
  options_.bounds.header_timeout = 200ms;
  serve([&] {
    auto client = connect();
    client.say("GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
    leat::chan<bool> ended;
    leat::go([&] {
      // Never silent for long enough to be given up for that.
      for (bool stop = false; !stop;) {
        client.say("x");
        leat::select(ended.on_receive([&](auto) { stop = true; }), leat::on_timeout(20ms, [] {}));
      }
      ended.send(true);
    });
    EXPECT_EQ(client.read_answer().field("Connection"), "close");
    ended.send(true);
    ended.receive();
  });
}

TEST_F(site_request_test, a_refusal_has_its_text_also_behind_a_head) {
  serve([&] {
    auto client = connect();
    client.say("HEAD /health HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHo st: a\r\n\r\n");
    EXPECT_EQ(client.read_answer(true).status, 200U);
    const auto refused = client.read_answer();
    EXPECT_EQ(refused.status, 400U);
    EXPECT_TRUE(refused.body.starts_with("the request is malformed")) << refused.body;
  });
}

TEST_F(site_request_test, a_client_that_leaves_in_the_middle_hurts_nobody) {
  serve([&] {
    for (const std::string_view part :
         {"", "G", "GET / HTTP/1.1\r\nHo", "PUT /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
          "PUT /files/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
      auto client = connect();
      client.say(part);
      client.close();
    }
    EXPECT_EQ(ask("GET", "/health").status, 200U);
  });
  EXPECT_EQ(data_.names("uploads"), "");
}

TEST_F(site_request_test, a_stop_ends_idle_connections_at_once) {
  options_.bounds.stop_grace = 60s;
  serve([&] {
    auto client = connect();
    EXPECT_EQ(client.ask("GET", "/health").status, 200U);
    stop_();
    EXPECT_TRUE(client.is_ended());
  });
}

TEST_F(site_request_test, a_stop_lets_a_transfer_end_within_its_grace) {
  options_.bounds.stop_grace = 30s;
  serve([&] {
    auto client = connect();
    client.say("PUT /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 100U);
    stop_();
    client.say("abc");
    EXPECT_EQ(client.read_answer().status, 201U);
    EXPECT_TRUE(client.is_ended());
  });
}

// Pages of others

TEST_F(site_request_test, a_page_from_elsewhere_changes_nothing) {
  serve([&] {
    ASSERT_EQ(ask("PUT", "/files/a", "", "mine").status, 201U);
    for (const std::string_view origin :
         {"http://example.org", "null", "", "http://test:8667", "http://test, http://test"}) {
      const auto field = "Origin: " + std::string(origin) + "\r\n";
      EXPECT_EQ(ask("PUT", "/files/a", field, "other").status, 403U) << origin;
      EXPECT_EQ(ask("DELETE", "/files/a", field).status, 403U) << origin;
      for (const std::string_view method : {"POST", "PATCH", "PUT", "DELETE"}) {
        for (const std::string_view target :
             {"/", "/files", "/files/a", "/rooms/tea/files/", "/uploads", "/uploads/x", "/nothing"})
          EXPECT_EQ(ask(method, target, field).status, 403U) << method << target << origin;
      }
      EXPECT_EQ(ask("GET", "/files/a", field).body, "mine") << "who may look may look";
      EXPECT_EQ(ask("OPTIONS", "/files/a", field).status, 204U);
      EXPECT_EQ(ask("OPTIONS", "/files/a", field).field("Access-Control-Allow-Origin"), "");
    }
  });
}

TEST_F(site_request_test, a_page_of_our_own_does) {
  options_.public_url = "https://files.example.org";
  serve([&] {
    EXPECT_EQ(ask("PUT", "/files/a", "Origin: http://test\r\n", "x").status, 201U)
        << "the Host of the request";
    EXPECT_EQ(ask("PUT", "/files/b", "Origin: https://files.example.org\r\n", "x").status, 201U);
  });
}

TEST_F(site_request_test, a_refused_page_is_told_before_it_sends_its_body) {
  serve([&] {
    auto client = connect();
    client.say(
        "PUT /files/a HTTP/1.1\r\nHost: x\r\nOrigin: http://y\r\nContent-Length: 5\r\nExpect: "
        "100-continue\r\n\r\n");
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 403U);
    EXPECT_EQ(answer.field("Connection"), "close");
  });
}

}  // namespace
}  // namespace hub::http
