#include <hub/http/site_fixture.hpp>

namespace hub::http {
namespace {

constexpr std::string_view browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";

class web_page_test : public site_fixture {
 protected:
  web_page_test() { options_.page = assets; }

  received get(std::string_view target, std::string_view fields = "") const {
    return ask("GET", target, fields);
  }

  static constexpr web_asset assets[] = {
      {.path = "/",
       .type = "text/html; charset=utf-8",
       .hash = "aa",
       .raw = "<!doctype html>",
       .gzip = {},
       .brotli = {}},
      {.path = "/assets/a-1.js",
       .type = "text/javascript; charset=utf-8",
       .hash = "bb",
       .raw = "as it is",
       .gzip = "zipped",
       .brotli = "br"},
  };
};

TEST_F(web_page_test, browsers_get_the_page_and_others_the_text) {
  serve([&] {
    const auto page = get("/", browser);
    EXPECT_EQ(page.status, 200U);
    EXPECT_EQ(page.body, "<!doctype html>");
    EXPECT_EQ(page.field("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(page.field("Cache-Control"), "no-cache");
    EXPECT_EQ(page.field("Vary"), "Accept, Accept-Encoding");
    const auto text = get("/", "Accept: */*\r\n");
    EXPECT_EQ(text.field("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(text.field("Vary"), "Accept");
  });
}

TEST_F(web_page_test, without_a_page_browsers_still_learn_how_to_go_on) {
  options_.page = {};
  serve([&] {
    EXPECT_NE(get("/", browser).body.find("Upload a file"), std::string::npos);
    EXPECT_EQ(get("/assets/a-1.js").status, 404U);
  });
}

TEST_F(web_page_test, the_page_may_load_only_what_is_its_own) {
  serve([&] {
    const auto page = get("/", browser);
    const auto policy = page.field("Content-Security-Policy");
    for (const auto* part :
         {"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self';",
          "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "trusted-types 'none'"})
      EXPECT_NE(policy.find(part), std::string::npos) << part;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(page.field("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(page.field("Referrer-Policy"), "no-referrer");
  });
}

TEST_F(web_page_test, what_it_loads_is_kept_for_ever) {
  serve([&] {
    const auto script = get("/assets/a-1.js");
    EXPECT_EQ(script.status, 200U);
    EXPECT_EQ(script.body, "as it is");
    EXPECT_EQ(script.field("Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(script.field("Content-Encoding"), "");
    EXPECT_EQ(script.field("X-Content-Type-Options"), "nosniff");
  });
}

TEST_F(web_page_test, each_form_is_sent_to_who_takes_it_under_a_tag_of_its_own) {
  serve([&] {
    const auto zipped = get("/assets/a-1.js", "Accept-Encoding: gzip, deflate\r\n");
    EXPECT_EQ(zipped.body, "zipped");
    EXPECT_EQ(zipped.field("Content-Encoding"), "gzip");
    EXPECT_EQ(zipped.field("ETag"), "\"bb-gzip\"");
    EXPECT_EQ(zipped.field("Vary"), "Accept-Encoding");
    const auto brotli = get("/assets/a-1.js", "Accept-Encoding: gzip, deflate, br, zstd\r\n");
    EXPECT_EQ(brotli.body, "br");
    EXPECT_EQ(brotli.field("ETag"), "\"bb-br\"");
    EXPECT_EQ(get("/assets/a-1.js").field("ETag"), "\"bb\"");
  });
}

TEST_F(web_page_test, who_has_it_is_told_so) {
  serve([&] {
    const auto again = get("/assets/a-1.js", "If-None-Match: \"bb\"\r\n");
    EXPECT_EQ(again.status, 304U);
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(again.field("ETag"), "\"bb\"");
    EXPECT_EQ(again.field("Vary"), "Accept-Encoding");
    EXPECT_EQ(get("/assets/a-1.js", "If-None-Match: \"bb\"\r\nAccept-Encoding: gzip\r\n").status, 200U)
        << "it has another form";
    EXPECT_EQ(get("/assets/a-1.js", "If-Match: \"x\"\r\n").status, 412U);
    EXPECT_EQ(get("/", std::string(browser) + "If-None-Match: \"aa\"\r\n").status, 304U);
  });
}

TEST_F(web_page_test, head_is_get_without_the_content) {
  serve([&] {
    const auto head = ask("HEAD", "/assets/a-1.js", "Accept-Encoding: gzip\r\n");
    EXPECT_EQ(head.status, 200U);
    EXPECT_EQ(head.field("Content-Length"), "6");
    EXPECT_EQ(head.field("ETag"), "\"bb-gzip\"");
  });
}

TEST_F(web_page_test, nothing_else_is_there_and_nothing_can_be_put_there) {
  serve([&] {
    for (const auto* target :
         {"/assets/", "/assets", "/assets/b.js", "/assets/..%2f", "/assets/a-1.js/x", "/assets/%00"})
      EXPECT_GE(get(target).status, 400U) << target;
    EXPECT_EQ(ask("PUT", "/assets/a-1.js", "", "mine").status, 405U);
    EXPECT_EQ(ask("DELETE", "/assets/a-1.js").status, 405U);
    EXPECT_EQ(get("/assets/a-1.js").body, "as it is");
  });
}

// Files of users are served from the page's own origin.

TEST_F(web_page_test, no_file_of_a_user_can_run_in_the_origin_of_the_page) {
  serve([&] {
    for (const auto* name : {"x.html", "x.htm", "x.xhtml", "x.svg", "x.SVG", "x.xml", "x.js", "x.mjs",
                             "x.css", "x.pdf", "x.swf", "x", "x.txt", "x.png", "x.mht", "x.wasm"}) {
      const auto path = std::string("/files/") + name;
      ASSERT_EQ(ask("PUT", path, "", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").status,
                201U);
      const auto file = get(path, browser);
      const auto policy = file.field("Content-Security-Policy");
      EXPECT_NE(policy.find("default-src 'none'"), std::string::npos) << name;
      EXPECT_NE(policy.find("sandbox"), std::string::npos) << name;
      EXPECT_EQ(policy.find("allow-"), std::string::npos) << name;
      EXPECT_EQ(file.field("X-Content-Type-Options"), "nosniff") << name;
      const auto type = file.field("Content-Type");
      const bool harmless = type.starts_with("text/plain") || type.starts_with("image/png") ||
                            type.starts_with("application/octet-stream") ||
                            type.starts_with("application/pdf");
      EXPECT_TRUE(harmless) << name << " is " << type;
    }
  });
}

}  // namespace
}  // namespace hub::http
