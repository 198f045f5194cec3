#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include <hub/http/http_date.hpp>
#include <hub/http/response.hpp>

namespace hub::http {
namespace {

constexpr std::pair<unsigned, std::string_view> reasons[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {423, "Locked"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {460, "Checksum Mismatch"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

}  // namespace

response plain_answer(unsigned status, std::string_view sentence) {
  response answer{.status = status, .fields = {}, .body = std::string(sentence) + '\n'};
  answer.add("Content-Type", "text/plain; charset=utf-8");
  answer.add("X-Content-Type-Options", "nosniff");
  return answer;
}

std::string render_head(const response& answer, std::optional<std::uint64_t> length, afterwards then,
                        std::int64_t now_s) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\nServer: leat\r\n", answer.status,
                                 reason_of(answer.status), format_http_date(now_s));
  for (const auto& [name, value] : answer.fields)
    fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
  if (length) fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", *length);
  if (then == afterwards::close) head += "Connection: close\r\n";
  if (then == afterwards::open_1_0) head += "Connection: keep-alive\r\n";
  return head + "\r\n";
}

std::string_view reason_of(unsigned status) {
  const auto* found = std::ranges::find(reasons, status, &std::pair<unsigned, std::string_view>::first);
  return found == std::end(reasons) ? "Unknown" : found->second;
}

}  // namespace hub::http
