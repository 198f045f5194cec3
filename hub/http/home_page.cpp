#include <fmt/format.h>

#include <algorithm>

#include <hub/http/field.hpp>
#include <hub/http/home_page.hpp>

namespace hub::http {
namespace {

constexpr std::string_view text_page = R"({description}

Chat     with any IRC client, at {host}, without TLS; or: leat chat -s {host}
Upload   curl -T FILE http://{host}/files/            a file for everyone
         curl -T FILE http://{host}/rooms/ROOM/files/ a file for a room, which is told of it
         curl -F file=@FILE http://{host}/files      the same, under the next free name
List     curl http://{host}/files                     ?format=json for programs
Download curl -OJ http://{host}/files/NAME            -C - goes on with one that broke off
Remove   curl -X DELETE http://{host}/files/NAME
)";

constexpr std::string_view html_page = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{description}</title>
<style>body {{ font: 1rem/1.5 sans-serif; max-width: 45rem; margin: 2rem auto; padding: 0 1rem }}
code {{ background: #8882; padding: .1em .3em }}</style>
<h1>{description}</h1>
<ul>
<li><a href="/files">Files for everyone</a>
<li>Chat with any IRC client at <code>{host}</code> (without TLS), or in a terminal: <code>leat chat -s {host}</code>
<li>Upload a file for everyone: <code>curl -T FILE http://{host}/files/</code>
<li>Upload a file for a room, which is told of it: <code>curl -T FILE http://{host}/rooms/ROOM/files/</code>
<li><form method="post" enctype="multipart/form-data" action="/files">Or from here:
<input type="file" name="file" multiple required> <button>Upload</button></form>
<li>Download: <code>curl -OJ http://{host}/files/NAME</code>; with <code>-C -</code> it goes on where it broke off
</ul>
)";

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    switch (letter) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += letter;
    }
  }
  return escaped;
}

}  // namespace

response home_page(std::string_view description, std::string_view host, bool html) {
  response answer;
  if (html) {
    answer.body = fmt::format(html_page, fmt::arg("description", escape_html(description)),
                              fmt::arg("host", escape_html(host)));
  } else {
    answer.body = fmt::format(text_page, fmt::arg("description", description), fmt::arg("host", host));
  }
  answer.add("Content-Type", html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8");
  answer.add("Vary", "Accept");
  answer.add("X-Content-Type-Options", "nosniff");
  answer.add("Content-Security-Policy",
             "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'");
  return answer;
}

bool prefers_html(std::string_view accept) {
  return std::ranges::any_of(split_list(accept), [](std::string_view element) {
    return same_word(without_parameters(element), "text/html") && quality_of(element) > 0;
  });
}

}  // namespace hub::http
