#include <fmt/format.h>

#include <algorithm>

#include <hub/http/conditions.hpp>
#include <hub/http/content_coding.hpp>
#include <hub/http/download.hpp>
#include <hub/http/web_page.hpp>

namespace hub::http {
namespace {

// 'self' of connect-src covers the WebSocket on the same host (Content Security Policy Level 3,
// section 6.7.2.8). blob: is for pictures of files that are about to be uploaded.
constexpr const char* page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors "
    "'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

struct form {
  content_coding coding = content_coding::identity;
  std::string_view content;
};

form choose_form(const request& asked, const web_asset& asset) {
  const auto accepted = asked.field("Accept-Encoding").value_or("");
  const auto coding = choose_coding(accepted, {.gzip = !asset.gzip.empty(), .brotli = !asset.brotli.empty()});
  switch (coding) {
    case content_coding::gzip:
      return {coding, asset.gzip};
    case content_coding::brotli:
      return {coding, asset.brotli};
    case content_coding::identity:
      break;
  }
  return {coding, asset.raw};
}

// A strong tag is of the very bytes that are sent, so each form has its own.
std::string etag_of(const web_asset& asset, content_coding coding) {
  const auto name = name_of(coding);
  return name.empty() ? fmt::format("\"{}\"", asset.hash) : fmt::format("\"{}-{}\"", asset.hash, name);
}

}  // namespace

const web_asset* find_asset(std::span<const web_asset> assets, std::string_view path) {
  const auto found = std::ranges::find(assets, path, &web_asset::path);
  return found == assets.end() ? nullptr : &*found;
}

void send_asset(const request& asked, const web_asset& asset, answer_writer& out) {
  const bool is_page = asset.path == "/";
  const auto [coding, content] = choose_form(asked, asset);
  const auto etag = etag_of(asset, coding);
  response answer;
  answer.add("ETag", etag);
  answer.add("Cache-Control", is_page ? "no-cache" : "public, max-age=31536000, immutable");
  answer.add("Vary", is_page ? "Accept, Accept-Encoding" : "Accept-Encoding");
  switch (asked_conditions(asked).evaluate(validators{.etag = etag, .modified_s = 0}, true)) {
    case verdict::not_modified:
      answer.status = 304;
      out.send(answer);
      return;
    case verdict::failed:
      out.send(plain_answer(412, "the page is not the one that was expected"));
      return;
    case verdict::proceed:
      break;
  }
  answer.add("Content-Type", std::string(asset.type));
  if (coding != content_coding::identity) answer.add("Content-Encoding", std::string(name_of(coding)));
  answer.add("X-Content-Type-Options", "nosniff");
  answer.add("Referrer-Policy", "no-referrer");
  answer.add("Cross-Origin-Opener-Policy", "same-origin");
  answer.add("Content-Security-Policy", page_policy);
  out.send(answer, content);
}

}  // namespace hub::http
